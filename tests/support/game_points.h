// What the game judges in a map: its circles, and of its sliders heads, ticks, repeats and tails. To hold
// stacks, slider paths and timing against what the game itself gives.
#pragma once

#include <cstdint>
#include <vector>

#include "beatmap/beatmap.h"

namespace osu::test {

enum class GamePointKind : uint8_t { circle, spinner, slider_head, slider_tick, slider_repeat, slider_tail };

struct GamePoint {
    GamePointKind kind = GamePointKind::circle;
    uint32_t object = 0;            // index into Beatmap::objects
    double time = 0, end_time = 0;  // ms as in the file; a tail is judged up to 36 ms before the slider's end
    Vec2 position;                  // stacked
};

// In the order of the objects, and within a slider span by span.
std::vector<GamePoint> game_points(const Beatmap& map);

}  // namespace osu::test
