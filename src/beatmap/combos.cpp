#include "beatmap/combos.h"

namespace osu {

std::vector<ComboPlace> combo_places(const Beatmap& map) {
    const size_t colours = combo_colours_of(map).size();
    std::vector<ComboPlace> places;
    places.reserve(map.objects.size());
    size_t colour = 0, next_break = 0;
    int number = 0;
    bool after_spinner = true;  // so is the first object of a map
    for (const HitObject& object : map.objects) {
        bool after_break = false;
        for (; next_break < map.breaks.size() && map.breaks[next_break].end < object.start_time; next_break++)
            after_break = true;
        if (object.kind == ObjectKind::spinner) {
            after_spinner = true;
            places.push_back({0, false, colour % colours});
            continue;
        }
        const bool starts = object.new_combo || after_spinner || after_break;
        after_spinner = false;
        number = starts ? 1 : number + 1;
        if (starts) colour += 1 + (object.new_combo ? object.combo_skip : 0);
        places.push_back({number, !starts, colour % colours});
    }
    return places;
}

std::vector<Colour> combo_colours_of(const Beatmap& map) {
    if (!map.combo_colours.empty()) return map.combo_colours;
    return {{255, 192, 0}, {0, 202, 0}, {18, 124, 255}, {242, 24, 57}};
}

}  // namespace osu
