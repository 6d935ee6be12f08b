// Music for a map that has none: a waltz (or what its metre says) made of the map's own timing. The bass
// keeps the beat, and a melody plays at its objects, the higher the higher they lie.
#pragma once

#include <string>

#include "beatmap/beatmap.h"

namespace osu::studio {

constexpr int waltz_rate = 32000;  // samples a second, mono, 16 bits

// A .wav.
std::string synthesise_waltz(const Beatmap& map);

}  // namespace osu::studio
