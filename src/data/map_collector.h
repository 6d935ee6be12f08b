// All new maps of the sources that the filter lets through, each once.
#pragma once

#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "data/map_candidate.h"

namespace osu {

struct DatasetOptions;
struct DatasetReport;
struct Listener;

struct CollectedMaps {
    std::vector<MapCandidate> fresh;
    std::map<uint32_t, MapCandidate> standing;  // one map of each track that stands, where audio is wanted
};

// `there`: MD5 of the maps that the dataset has, and their tracks. Counts in the report what it finds and
// leaves out. Error where a source lacks what the filter needs, or a database is damaged.
CollectedMaps collect_maps(const DatasetOptions& options,
                           const std::unordered_map<std::string, uint32_t>& there, DatasetReport& report,
                           const Listener& listener);

}  // namespace osu
