// All new maps of the sources that the filter lets through, each once.
#pragma once

#include <string>
#include <unordered_set>
#include <vector>

#include "data/dataset_builder.h"
#include "data/map_candidate.h"

namespace osu {

// `there`: MD5 of the maps that the dataset has. Counts in the report what it finds and leaves out. Error
// where a source lacks what the filter needs, or a database is damaged.
std::vector<MapCandidate> collect_maps(const DatasetOptions& options,
                                       const std::unordered_set<std::string>& there, DatasetReport& report);

}  // namespace osu
