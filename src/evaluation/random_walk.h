// The placement to beat: every datapoint at exactly the asked distance from where the cursor comes from, in a
// direction drawn evenly from those that stay inside the playfield.
#pragma once

#include <cstdint>
#include <vector>

#include "sequence/datapoints.h"

namespace osu {

std::vector<Vec2> random_walk(const Datapoints& map, uint64_t seed);

}  // namespace osu
