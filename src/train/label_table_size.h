// Whether the label table of so many classes can be held at all. A class is the number that a map's name
// begins with, so one oddly numbered map makes a table of a hundred million rows, and "out of memory" would
// not say why.
#pragma once

#include <cstdint>

#include "model/config.h"

namespace osu {

// Error when its weights, gradients, moments and average alone take more than `memory` bytes.
void check_label_table(const DitConfig& config, uint64_t memory);

// Bytes of this machine's memory; UINT64_MAX where that is not known.
uint64_t machine_memory();

}  // namespace osu
