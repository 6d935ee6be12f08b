// What the timing points say about the objects: called once, when a map has been read.
#pragma once

#include "beatmap/beatmap.h"

namespace osu {

void sort_timing_points(Beatmap& map);  // and finds red_lines and velocity_lines
void time_sliders(Beatmap& map);        // velocity, span duration and end time of every slider

}  // namespace osu
