// The placement to beat: every datapoint at exactly the asked distance from the one before, in a direction
// drawn evenly from those that stay inside the playfield.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "beatmap/beatmap.h"

namespace osu {

std::vector<Vec2> random_walk(std::span<const float> distance, uint64_t seed);

}  // namespace osu
