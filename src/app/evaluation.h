// How well generated positions keep the spacing that was asked for, on maps that the network has not seen.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "data/packed_dataset.h"

namespace osu {

struct PlacementFigures {
    std::string name;
    double spacing_mean_px = 0,
           spacing_median_px = 0;  // |generated − asked| distance to the datapoint before
    double off_field_share = 0;    // datapoints outside the playfield, before any clamping
};

// Positions for a map: (2, T) in [0, 1] on the playfield.
using Placement = std::function<std::vector<float>(const DatasetMap& map)>;

// Over all datapoints of all maps.
PlacementFigures measure(const std::string& name, const PackedDataset& dataset,
                         std::span<const uint32_t> maps, const Placement& place);

}  // namespace osu
