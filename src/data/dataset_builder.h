// From folders of .osu and .osz to the reference's dataset folder (data/dataset_folder.h).
// Building again into the same folder adds what is new, in tracks of its own behind the last: every class
// index stands. A track is completed under another name and then renamed, in order, so a killed run leaves a
// whole dataset.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "beatmap/beatmap.h"
#include "data/packed_dataset.h"

namespace osu {

struct DatasetOptions {
    std::vector<std::filesystem::path> from;  // folders, at any depth, or single files
    std::filesystem::path out;
    std::set<GameMode> modes{GameMode::standard};
    uint64_t limit = 0;  // maps to add; 0: all
};

struct DatasetReport {
    uint64_t maps_found = 0, maps_added = 0, sets_added = 0;
    uint64_t maps_already_there = 0;  // of the found ones
    uint64_t maps_in_dataset = 0, sets_in_dataset = 0;
    std::vector<SkippedMap> skipped;

    std::map<std::string, uint64_t> skipped_by_reason() const;
};

// Shows its progress, writes OUT/dataset-report.json.
DatasetReport build_dataset(const DatasetOptions& options);

}  // namespace osu
