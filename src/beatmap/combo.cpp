#include "beatmap/combo.h"

#include <iterator>

namespace osu {

namespace {

constexpr Colour default_colours[] = {{255, 192, 0}, {0, 202, 0}, {18, 124, 255}, {242, 24, 57}};

struct ComboCounter {
    const Beatmap& map;
    size_t colours, colour_index = 0, next_break = 0;
    int number = 0;
    bool after_spinner = true;  // so is the first object of a map

    // Whether the object goes on with the combo before it.
    bool advance(const HitObject& object) {
        bool after_break = false;
        for (; next_break < map.breaks.size() && map.breaks[next_break].end < object.start_time; next_break++)
            after_break = true;
        if (object.kind == ObjectKind::spinner) {
            after_spinner = true;
            return false;
        }
        const bool starts = object.new_combo || after_spinner || after_break;
        after_spinner = false;
        number = starts ? 1 : number + 1;
        if (starts) colour_index += 1 + (object.new_combo ? object.combo_skip : 0);
        return !starts;
    }
    // The first combo takes the second colour, as in the game.
    uint32_t colour() const { return static_cast<uint32_t>(colour_index % colours); }
};

}  // namespace

std::vector<Combo> combos_of(const Beatmap& map) {
    ComboCounter counter{map, combo_colours(map).size()};
    std::vector<Combo> combos;
    combos.reserve(map.objects.size());
    for (const HitObject& object : map.objects) {
        const bool follows = counter.advance(object);
        combos.push_back({counter.number, counter.colour(), follows});
    }
    return combos;
}

std::vector<Colour> combo_colours(const Beatmap& map) {
    if (!map.combo_colours.empty()) return map.combo_colours;
    return {std::begin(default_colours), std::end(default_colours)};
}

}  // namespace osu
