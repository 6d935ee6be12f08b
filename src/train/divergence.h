// What to say of a loss that is no finite number.
#pragma once

#include <span>
#include <string>

#include "data/packed_dataset.h"
#include "data/windows.h"

namespace osu {

// The maps of the windows whose loss is not finite, a line each, the first eight; of all when there is no
// such window. `losses`: those of the batch, perhaps several times over (each rank's, zero where it knows
// nothing).
std::string maps_to_blame(const PackedDataset& dataset, const Batch& batch, std::span<const double> losses);

}  // namespace osu
