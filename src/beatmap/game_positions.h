// What the game shows: objects moved apart where they stack, and every slider's head, ticks, repeats and
// tail.
#pragma once

#include <vector>

#include "beatmap/beatmap.h"

namespace osu {

// The radius of a circle is 64 px times this. 0 at the largest circle sizes, never negative.
float circle_scale(const Difficulty& difficulty);
// ms for which an object is visible before it is hit.
int approach_time(const Difficulty& difficulty);

// How far the game moves each object of a standard map so that stacked ones stay visible, in osu! pixels.
std::vector<Vec2> stack_offsets(const Beatmap& map);

}  // namespace osu
