// The combos of a map: each object's number in its own, and its colour.
#pragma once

#include <vector>

#include "beatmap/beatmap.h"

namespace osu {

struct ComboPlace {
    int number = 0;        // from 1; 0 for spinners, which have none
    bool follows = false;  // the object before, spinners aside, belongs to the same combo
    size_t colour = 0;     // index into combo_colours_of()
};

// For each object. A combo begins with a new-combo object, and behind spinners and breaks.
std::vector<ComboPlace> combo_places(const Beatmap& map);

// The map's own, or the game's default; the first combo takes the second, as in the game.
std::vector<Colour> combo_colours_of(const Beatmap& map);

}  // namespace osu
