#include "studio/song.h"

#include <algorithm>
#include <mutex>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"
#include "beatmap/numbers.h"
#include "beatmap/osz.h"
#include "data/digest.h"

namespace osu::studio {

using nlohmann::json;

namespace {

constexpr size_t id_digits = 24;

class ArchiveSong : public Song {
  public:
    ArchiveSong(Bytes bytes, const std::string& given)
        : bytes_(std::move(bytes)), archive_(bytes_.view, given) {}
    std::vector<std::string> names() const override {
        std::vector<std::string> names;
        for (const OszEntry& entry : archive_.entries()) names.push_back(entry.name);
        return names;
    }
    std::string read(std::string_view file, size_t limit) const override {
        const std::lock_guard turn(mutex_);  // an archive has one place to read at
        return archive_.read(file, limit);
    }
    Bytes content() const override { return bytes_; }
    std::string archive_with(const std::string& map_name, const std::string& text) const override {
        const OszArchive::NewEntry entry{map_name, text};
        return archive_.copy_with({&entry, 1});
    }

  private:
    Bytes bytes_;
    OszArchive archive_;
    mutable std::mutex mutex_;
};

class LoneMap : public Song {
  public:
    LoneMap(Bytes bytes, std::string file) : bytes_(std::move(bytes)), file_(std::move(file)) {}
    std::vector<std::string> names() const override { return {file_}; }
    std::string read(std::string_view file, size_t) const override {
        if (!equal_but_for_case(file, file_)) fail("{} is a map alone, without {}", name, file);
        return std::string(bytes_.text());
    }
    Bytes content() const override { return bytes_; }
    std::string archive_with(const std::string& map_name, const std::string& text) const override {
        const OszArchive::NewEntry entries[] = {{file_, std::string(bytes_.text())}, {map_name, text}};
        return make_osz(entries);
    }

  private:
    Bytes bytes_;
    const std::string file_;
};

// The last part of a name, without what no entry of an archive may have.
std::string file_name_of(const std::string& name) {
    std::string file = printable(name.substr(name.find_last_of("/\\") + 1));
    std::replace(file.begin(), file.end(), ':', '_');
    if (!is_map_name(file)) file += ".osu";
    return file == ".osu" ? "map.osu" : file;
}

const char* mode_name(GameMode mode) {
    constexpr const char* names[] = {"osu", "taiko", "fruits", "mania"};
    return names[static_cast<size_t>(mode)];
}

json described(const Song& song, const std::string& file) {
    json map{{"file", to_utf8(file)}, {"version", ""}, {"mode", "osu"}, {"beatmapId", 0}};
    try {
        const Beatmap parsed = parse_beatmap(song.read(file, beatmap_size_limit));
        map["version"] = to_utf8(parsed.metadata.version);
        map["mode"] = mode_name(parsed.mode);
        map["beatmapId"] = parsed.metadata.beatmap_id;
        if (parsed.mode != GameMode::standard)
            map["problem"] = "a map of another game mode";
        else if (parsed.objects.empty())
            map["problem"] = "it has no hit objects";
    } catch (const Error& error) {
        map["problem"] = to_utf8(error.what());
    }
    return map;
}

}  // namespace

Bytes Bytes::of(std::string content) {
    const auto owner = std::make_shared<const std::string>(std::move(content));
    return {owner, std::as_bytes(std::span(*owner))};
}

bool Song::has(std::string_view wanted) const {
    std::string name(wanted);
    std::replace(name.begin(), name.end(), '\\', '/');
    const std::vector<std::string> all = names();
    return std::any_of(all.begin(), all.end(),
                       [&](const std::string& one) { return equal_but_for_case(one, name); });
}

std::shared_ptr<Song> open_song(Bytes bytes, std::string name) {
    name = printable(name.substr(name.find_last_of("/\\") + 1));
    if (name.empty()) name = "map";
    if (bytes.view.empty()) fail("{} is empty", name);
    std::string id = sha256_of(bytes.text()).substr(0, id_digits);
    std::shared_ptr<Song> song;
    if (bytes.text().starts_with("PK")) {
        song = std::make_shared<ArchiveSong>(std::move(bytes), name);
    } else {
        if (bytes.view.size() > beatmap_size_limit) fail("{} is larger than any map", name);
        try {
            parse_beatmap(std::string(bytes.text()));
        } catch (const Error&) {
            fail(Hint{"drop an .osz, an .olz, or an .osu"}, "{} is neither a beatmap nor an archive of some",
                 name);
        }
        song = std::make_shared<LoneMap>(std::move(bytes), file_name_of(name));
    }
    song->id = std::move(id);
    song->name = std::move(name);
    return song;
}

json described(const Song& song) {
    json maps = json::array();
    for (const std::string& file : song.names())
        if (is_map_name(file)) maps.push_back(described(song, file));
    if (maps.empty()) fail("{} holds no map", song.name);
    return {{"source", song.id}, {"name", to_utf8(song.name)}, {"maps", std::move(maps)}};
}

}  // namespace osu::studio
