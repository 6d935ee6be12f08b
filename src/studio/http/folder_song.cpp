#include "studio/http/folder_song.h"

#include <algorithm>

#include "base/error.h"
#include "base/file.h"
#include "beatmap/osz.h"
#include "data/digest.h"
#include "data/game_folder.h"

namespace osu::studio {

namespace fs = std::filesystem;

namespace {

constexpr size_t most_files = 5000, archive_limit = size_t{512} << 20;
constexpr int most_levels = 4;
constexpr size_t id_digits = 24;

class FolderSong : public Song {
  public:
    explicit FolderSong(const fs::path& path) : path_(path) {
        id = sha256_of("folder " + path.string()).substr(0, id_digits);
        name = path.filename().string();
        folder = path.string();
    }

    std::vector<std::string> names() const override {
        std::vector<std::string> names;
        std::error_code problem;
        for (fs::recursive_directory_iterator entry(path_, problem), end; !problem && entry != end;
             entry.increment(problem)) {
            std::error_code ignored;
            if (entry.depth() >= most_levels) entry.disable_recursion_pending();
            if (entry->is_regular_file(ignored))
                names.push_back(entry->path().lexically_relative(path_).generic_string());
            if (names.size() >= most_files) break;
        }
        std::sort(names.begin(), names.end());
        return names;
    }

    std::string read(std::string_view file, size_t limit) const override {
        const fs::path found = find_named(path_, file);
        if (found.empty()) fail("{} has no file '{}'", path_.string(), file);
        return read_file(found, limit);
    }

    Bytes content() const override { return {}; }

    std::string archive_with(const std::string& map_name, const std::string& text) const override {
        std::vector<OszArchive::NewEntry> entries;
        size_t size = text.size();
        for (const std::string& file : names()) {
            entries.push_back({file, read(file, file_size_limit)});
            size += entries.back().content.size();
            if (size > archive_limit)
                fail(Hint{"save the map beside the source, or take the .osu"},
                     "the files of {} are more than an archive may have", path_.string());
        }
        entries.push_back({map_name, text});
        return make_osz(entries);
    }

  private:
    const fs::path path_;
};

}  // namespace

std::shared_ptr<Song> open_folder_song(const fs::path& folder) {
    std::error_code problem;
    const fs::path path = fs::canonical(folder, problem);
    if (problem || !fs::is_directory(path, problem)) fail("{} is no folder", folder.string());
    return std::make_shared<FolderSong>(path);
}

fs::path save_beside(const fs::path& folder, const std::string& name, const std::string& text) {
    const fs::path stem = fs::path(name).stem();
    fs::path path = folder / name;
    for (int i = 2; !write_new_file(path, text); ++i)
        path = folder / fmt::format("{} ({}).osu", stem.string(), i);
    return path;
}

}  // namespace osu::studio
