// Which maps a dataset takes, by what is known of them without their objects. The flags and their letters are
// those of the reference's dataset tool.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "beatmap/beatmap.h"
#include "beatmap/osu_db.h"
#include "data/game_folder.h"

namespace osu {

// What filters and the order of a dataset look at.
struct MapSummary : MapFacts {
    std::string md5;
    GameMode mode = GameMode::standard;
    uint64_t objects = 0;
    double density = 0;                  // objects a second of drain time
    std::optional<double> stars;         // without mods, in the map's own mode
    std::optional<RankedStatus> status;  // where a database tells it
    int year = 0;                        // of the file's last change; 0: unknown
};

// A map that a dataset cannot take, and why.
struct SkippedMap {
    std::string path, reason, detail;
};

struct MapFilter {
    std::string collection;  // of collection.db; empty: all maps
    std::optional<int64_t> min_set_id, max_set_id;
    std::set<RankedStatus> status;  // empty: all
    std::set<GameMode> modes{GameMode::standard};
    std::optional<double> min_stars, max_stars;
    std::vector<std::string> mappers;  // of one of them; empty: of anybody
    std::vector<std::string> exclude_tags;
    uint64_t min_objects = 0;

    bool needs_database() const { return !status.empty() || min_stars || max_stars; }
    // Why the map is not taken ("another mode"), null when it is. The collection is not looked at.
    const char* refuses(const MapSummary& map) const;
    // What the source lacks that this filter needs; empty when it has all.
    std::string missing_in(const MapSource& source) const;
};

// Words of the tags, which stand between spaces or commas; letter case does not count.
bool has_tag(std::string_view tags, std::string_view tag);

}  // namespace osu
