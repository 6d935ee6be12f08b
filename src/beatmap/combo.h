// Combos as the game counts them: which objects belong together, their numbers and colours.
#pragma once

#include <cstdint>
#include <vector>

#include "beatmap/beatmap.h"

namespace osu {

struct Combo {
    int number = 0;        // of the object in its combo, from 1; 0 of a spinner that nothing comes before
    uint32_t colour = 0;   // index into combo_colours()
    bool follows = false;  // the object goes on with the combo of the one before
};

std::vector<Combo> combos_of(const Beatmap& map);  // one for each object

// The map's own, else the game's.
std::vector<Colour> combo_colours(const Beatmap& map);

}  // namespace osu
