// Times as the game's editor writes and copies them: 01:02:345, 1:02, and `01:02:345 (1,2,3) - `, which also
// names objects by their numbers in their combos.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>

#include "beatmap/beatmap.h"

namespace osu {

struct EditorTime {
    double ms = 0;
    std::vector<int> combo_numbers;  // empty where it is a time alone
};

// A time of the editor, or ms, from ten seconds on with a fraction, as osu!lazer has them. Error for anything
// else: smaller numbers with a point could be seconds.
EditorTime parse_editor_time(std::string_view text);

// Whether the text is a list of such, copied with their numbers.
bool names_objects(std::string_view text);

// The objects that a copied time names, as indices: from the first at that time on, one for each number.
// Error when the map has none of such a number there, or no object at that very time.
std::vector<size_t> objects_of(const Beatmap& map, const EditorTime& time);

std::string format_editor_time(double ms);  // "01:02:345"

// Lets a flag in ms take such a time.
CLI::Validator time_in_ms();

}  // namespace osu
