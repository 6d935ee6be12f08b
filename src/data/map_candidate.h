// Maps lying about, before a dataset takes them: what files there are, and what is known of each map. Texts
// stay on the disk, so that a hundred thousand maps fit the memory.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "beatmap/beatmap.h"
#include "beatmap/osu_db.h"
#include "data/game_folder.h"
#include "data/map_filter.h"

namespace osu {

// Where a file of a set is: on the disk, or an entry of a .osz.
struct MapPlace {
    std::string file;   // not a path, which keeps its parts too: six times the size
    std::string entry;  // empty outside of archives
    std::string name() const;
    std::string read(size_t limit) const;
};

// What the game's database says of a map, and the Songs folder that it speaks of.
struct KnownMap {
    DatabaseBeatmap entry;
    std::filesystem::path songs;
    bool take_changed = false;  // also where the file is no longer the one that the database speaks of
};

struct MapCandidate {
    MapPlace place;   // of a known map as the database names it, which the disk may spell otherwise
    std::string md5;  // of the file
    int64_t set_id = -1;
    std::string names;  // artist, title, creator: they stand for a set ID where there is none
    double density = 0;
    std::optional<double> stars;
    std::shared_ptr<const KnownMap> known;  // null without a database
};

struct ExaminedMap {
    MapCandidate candidate;
    MapSummary summary;
};

struct ExaminedFile {
    std::vector<ExaminedMap> maps;
    std::vector<SkippedMap> skipped;
};

// The files of the source that may hold maps, sorted; nothing below `except`. Not for a source with a
// database. `unread`: gets the folders that may not be looked into.
std::vector<std::string> find_map_files(const MapSource& source, const std::filesystem::path& except,
                                        std::vector<SkippedMap>& unread);

// Every map of one file: a .osu, a .osz, or one of lazer's (which often is no map, and then gives nothing).
// Never throws for what is wrong with the file: that is a skip with its reason.
ExaminedFile examine_file(const std::string& file);

// A map of the game's database; no file is looked at.
ExaminedFile examine_entry(const MapSource& source, DatabaseBeatmap entry, bool take_changed);

int drain_seconds(const Beatmap& map);  // as the game counts it; the map has objects

}  // namespace osu
