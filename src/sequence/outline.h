// What the outline of a slider's body, points along its middle, is to a mapper: for what is asked of a result
// and for what is measured of it alike.
#pragma once

#include <span>

#include "beatmap/beatmap.h"

namespace osu {

// Whether it leaves its chord by a tenth of the chord's length.
bool is_curved(std::span<const Vec2> outline);

// Whether it lies around `centre`: nowhere nearer than `radius` (of a circle, px) or farther than four, and
// as near all along, within 6 px.
bool is_blanket(std::span<const Vec2> outline, Vec2 centre, float radius);

}  // namespace osu
