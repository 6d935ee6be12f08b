// One line of [HitObjects].
#pragma once

#include <string_view>

#include "beatmap/beatmap.h"

namespace osu {

// Appends the object to the map, with its anchors and segments; end times of sliders are not known yet.
// Returns what is wrong with the line, nullptr when nothing is; then nothing was appended.
const char* read_hit_object(std::string_view text, uint32_t line, Beatmap& map);

}  // namespace osu
