// Invented osu!stable and osu!lazer folders, as the game would have them.
#pragma once

#include <string>
#include <vector>

#include <fmt/format.h>

#include "beatmap/osu_db.h"
#include "data/dataset_builder.h"
#include "data/digest.h"
#include "support/database_writer.h"
#include "support/small_maps.h"
#include "support/temporary_folder.h"

namespace osu::test {

// A player's folder: maps are added to Songs and to the database, which write() puts down.
class StableFolder {
  public:
    explicit StableFolder(std::filesystem::path path) : path_(std::move(path)) {}

    // Returns the entry, to be changed before write().
    DatabaseBeatmap& add(const SmallMap& map, double stars, RankedStatus status = RankedStatus::ranked) {
        const std::string text = text_of(map);
        DatabaseBeatmap entry;
        entry.artist = map.artist;
        entry.title = map.title;
        entry.creator = map.creator;
        entry.version = map.version;
        entry.audio_file = "Song.OGG";
        entry.md5 = md5_of(text);
        entry.folder = fmt::format("{} {} - {}", map.set_id, map.artist, map.title);
        entry.osu_file =
            fmt::format("{} - {} ({}) [{}].osu", map.artist, map.title, map.creator, map.version);
        entry.source = "film";
        entry.tags = "some tags";
        entry.status = status;
        entry.circles = static_cast<uint16_t>(map.circles);
        entry.ar = 9.3f;
        entry.cs = 4.2f;
        entry.hp = 5;
        entry.od = 8;
        entry.slider_velocity = 1.4;
        entry.stars[map.mode] = {{0, stars}, {64, stars * 1.5}};
        entry.drain_time = 2;
        entry.total_time = 3250;
        entry.beatmap_id = static_cast<int32_t>(map.beatmap_id);
        entry.set_id = static_cast<int32_t>(map.set_id);
        entry.stack_leniency = 0.5f;
        entry.mode = static_cast<GameMode>(map.mode);
        entry.online_offset = -7;
        entry.modified = 635'000'000'000'000'000;  // 2013-03-24
        write_text(path_ / "Songs" / entry.folder / entry.osu_file, text);
        write_text(path_ / "Songs" / entry.folder / "Song.OGG", "sound of " + map.title);
        maps_.push_back(entry);
        return maps_.back();
    }

    void write(const std::vector<Collection>& collections = {}, const DatabaseLayout& layout = {}) {
        write_text(path_ / "osu!.db", write_osu_database(maps_, layout));
        if (!collections.empty()) write_text(path_ / "collection.db", write_collection_database(collections));
    }

    const std::filesystem::path& path() const { return path_; }
    std::vector<DatabaseBeatmap>& maps() { return maps_; }
    MapSource source() const { return recognise_source(path_); }

  private:
    std::filesystem::path path_;
    std::vector<DatabaseBeatmap> maps_;
};

inline std::filesystem::path write_lazer_file(const std::filesystem::path& game, const std::string& content) {
    const std::string name = sha256_of(content);
    const auto file = game / "files" / name.substr(0, 1) / name.substr(0, 2) / name;
    write_text(file, content);
    return file;
}

}  // namespace osu::test
