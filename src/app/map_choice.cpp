#include "app/map_choice.h"

#include <algorithm>

#include <fmt/core.h>

#include "app/sample_names.h"
#include "app/source_map.h"
#include "base/error.h"
#include "base/file.h"
#include "base/text.h"

namespace osu {

namespace {

namespace fs = std::filesystem;

bool takes_all(const std::string& difficulty) {
    return difficulty.empty() || equal_but_for_case(difficulty, "all");
}

// What one path gives.
class Choosing {
  public:
    Choosing(const std::string& difficulty, ChosenMaps& chosen) : difficulty_(difficulty), chosen_(chosen) {}

    void add_maps_of(const std::string& archive, bool with_results);
    void add_folder(const std::string& folder, const fs::path& results);

  private:
    const std::string& difficulty_;
    ChosenMaps& chosen_;

    void add(const OszMap& map, const std::string& path, const std::string& entry, bool with_results);
    void add_file(const std::string& file);
    void add_unreadable(const std::string& file, const std::error_code& why);
};

// What cannot be read has no name to choose it by.
void Choosing::add(const OszMap& map, const std::string& path, const std::string& entry, bool with_results) {
    const bool taken = map.problem.empty()
                           ? map.mode == GameMode::standard &&
                                 (takes_all(difficulty_) || contains_but_for_case(map.version, difficulty_))
                           : takes_all(difficulty_);
    if (!taken) return;
    if (!with_results && is_placed_version(map.version))
        ++chosen_.results;
    else
        chosen_.maps.push_back({path, entry});
}

void Choosing::add_maps_of(const std::string& archive, bool with_results) {
    std::vector<OszMap> maps;
    try {
        maps = OszArchive(archive).maps();
    } catch (const Error&) {
        if (takes_all(difficulty_)) chosen_.maps.push_back({archive, ""});
        return;
    }
    for (const OszMap& map : maps) add(map, archive, map.file_name, with_results);
}

void Choosing::add_file(const std::string& file) {
    if (!is_map_name(file)) {
        if (is_archive(file)) add_maps_of(file, false);
        return;
    }
    OszMap map{.file_name = file};
    try {
        const Beatmap read = read_beatmap(file);
        map.mode = read.mode;
        map.version = read.metadata.version;
    } catch (const Error& error) {
        map.problem = error.what();
    }
    add(map, file, "", false);
}

// A link that leads round and round.
void Choosing::add_unreadable(const std::string& file, const std::error_code& why) {
    if (takes_all(difficulty_) && (is_map_name(file) || is_archive_name(file)))
        chosen_.maps.push_back({file, ""});
    else
        chosen_.unread.push_back(fmt::format("{}: {}", file, why.message()));
}

size_t count_maps(const fs::path& folder) {
    size_t count = 0;
    std::error_code problem;
    for (fs::recursive_directory_iterator walk(folder, problem), end; !problem && walk != end;
         walk.increment(problem)) {
        const std::string file = walk->path().string();
        count += is_map_name(walk->path().filename().string()) || is_archive_name(file);
    }
    return count;
}

void Choosing::add_folder(const std::string& folder, const fs::path& results) {
    std::vector<std::string> files;
    std::error_code ended;
    fs::recursive_directory_iterator walk(folder, ended), end;
    if (ended) fail("cannot read {}: {}", folder, ended.message());
    for (; walk != end; walk.increment(ended)) {
        const std::string path = walk->path().string();
        std::error_code problem, ignored;
        const fs::file_status status = walk->status(problem);
        if (fs::is_regular_file(status)) {
            files.push_back(path);
        } else if (fs::is_directory(status) && !walk->is_symlink(ignored)) {
            const std::string why = why_unreadable(path);
            const bool has_results = why.empty() && fs::equivalent(path, results, ignored);
            if (why.empty() && !has_results) continue;
            walk.disable_recursion_pending();
            if (has_results)
                chosen_.results += count_maps(path);
            else
                chosen_.unread.push_back(fmt::format("{}: {}", path, why));
        } else if (problem && status.type() != fs::file_type::not_found) {
            add_unreadable(path, problem);
        }
    }
    if (ended) chosen_.unread.push_back(fmt::format("{}: {}", folder, ended.message()));
    std::sort(files.begin(), files.end());
    for (const std::string& file : files) add_file(file);
}

// `results`, `unread`: of this path.
[[noreturn]] void fail_without_maps(const std::string& path, const std::string& difficulty, size_t results,
                                    std::span<const std::string> unread) {
    std::string hint = takes_all(difficulty) ? "osu!standard maps alone are placed"
                                             : "--difficulty all takes every osu!standard map";
    if (results > 0)
        hint = fmt::format("{} there {} of this program: give the file itself to place {} anew", results,
                           results == 1 ? "is a result" : "are results", results == 1 ? "it" : "one");
    if (!unread.empty()) hint = "cannot read " + unread.front();
    fail(Hint{hint}, "{} has no map{}", path, takes_all(difficulty) ? "" : " " + difficulty);
}

}  // namespace

ChosenMaps choose_maps(std::span<const std::string> paths, const std::string& difficulty,
                       const fs::path& results) {
    ChosenMaps chosen;
    Choosing choosing(difficulty, chosen);
    for (const std::string& path : paths) {
        const size_t before = chosen.maps.size(), results_before = chosen.results,
                     unread_before = chosen.unread.size();
        std::error_code problem;  // told where it is read
        if (fs::is_directory(path, problem))
            choosing.add_folder(path, results);
        else if (!equal_but_for_case(difficulty, "all"))
            chosen.maps.push_back({path, difficulty});
        else if (is_archive(path))
            choosing.add_maps_of(path, true);
        else  // the one that it is
            chosen.maps.push_back({path, ""});
        if (chosen.maps.size() == before)
            fail_without_maps(path, difficulty, chosen.results - results_before,
                              std::span(chosen.unread).subspan(unread_before));
    }
    return chosen;
}

}  // namespace osu
