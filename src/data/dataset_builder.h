// From the maps of players' folders to a dataset to train on: the reference's folder, or a pack without one.
// Building again into the same place adds what is new, in tracks of its own behind the last: every class
// index stands. A killed run leaves a whole dataset, and the next one ends where an undisturbed one would
// have ended.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/progress.h"
#include "data/game_folder.h"
#include "data/map_filter.h"

namespace osu {

struct DatasetOptions {
    std::vector<MapSource> sources;
    std::filesystem::path out;   // dataset folder …
    std::filesystem::path pack;  // … or, where that is empty, the pack to write
    MapFilter filter;
    bool take_changed = false;                        // maps that differ from what osu!.db says of them
    bool with_audio = false;                          // into the folder
    bool dry_run = false;                             // finds and counts, takes nothing
    uint64_t limit = 0;                               // maps to add; 0: all
    std::function<void(uint32_t)> before_track = {};  // before a track of the folder gets its name
};

struct DatasetReport {
    uint64_t maps_found = 0, maps_added = 0, sets_added = 0;
    uint64_t maps_already_there = 0;  // of the found ones
    uint64_t maps_in_dataset = 0, sets_in_dataset = 0;
    std::map<std::string, uint64_t> filtered;  // by reason
    std::vector<SkippedMap> skipped;           // what the filter lets through and cannot be taken
    std::vector<SkippedMap> without_audio;     // sets, where audio was asked for

    // Of the maps to take: by year of the file's last change (0: unknown), by whole stars (−1: unknown), by
    // mapper.
    std::map<int, uint64_t> by_year, by_stars;
    std::map<std::string, uint64_t> by_mapper;

    std::map<std::string, uint64_t> skipped_by_reason() const;
};

// Writes dataset-report.json into the folder, or beside the pack (not in a dry run).
DatasetReport build_dataset(const DatasetOptions& options, const Listener& listener = {});
std::filesystem::path report_file(const DatasetOptions& options);
std::string report_json(const DatasetOptions& options, const DatasetReport& report);  // what stands in it

}  // namespace osu
