// What the timing points say about the objects.
#pragma once

#include "beatmap/beatmap.h"

namespace osu {

// Both once, when a map has been read.
void sort_timing_points(Beatmap& map);  // and finds red_lines and velocity_lines
void time_sliders(Beatmap& map);        // velocity, span duration and end time of every slider

// px of path between the ticks of a slider whose ball moves at `velocity` px/ms; 0: it has none.
double tick_distance(const Beatmap& map, const HitObject& slider, double velocity);

}  // namespace osu
