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

enum class GamePointKind : uint8_t { circle, spinner, slider_head, slider_tick, slider_repeat, slider_tail };

struct GamePoint {
    GamePointKind kind = GamePointKind::circle;
    uint32_t object = 0;            // index into Beatmap::objects
    double time = 0, end_time = 0;  // ms as in the file; a tail is judged up to 36 ms before the slider's end
    Vec2 position;                  // stacked
};

// In the order of the objects, and within a slider span by span.
std::vector<GamePoint> game_points(const Beatmap& map);

}  // namespace osu
