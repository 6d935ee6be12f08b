// Held-out maps for validation.
#pragma once

#include <cstdint>
#include <vector>

#include "data/packed_dataset.h"

namespace osu {

struct Split {
    std::vector<uint32_t> train, validation;  // indices into the dataset
};

// About `share` of the beatmap sets go to validation, all maps of a set together. A set's side depends on its
// ID (its artist and title where it has none) and the seed alone, so it stays when the dataset grows.
Split split_by_set(const PackedDataset& dataset, double share, uint64_t seed);

}  // namespace osu
