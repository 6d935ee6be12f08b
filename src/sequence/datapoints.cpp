#include "sequence/datapoints.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace osu {

double preempt_of(float approach_rate) {
    const double over = approach_rate - 5;
    return 1200 - (over > 0 ? 150 : 120) * over;
}

// People's approach rates follow the gaps between objects: 1,500 ms for objects 550 ms apart, 600 for 150.
double usual_preempt(const Datapoints& map) {
    std::vector<double> gaps;
    double before = 0;
    for (size_t i = 0; i < map.size(); ++i) {
        const auto type = static_cast<PointType>(map.type[i]);
        if (type > PointType::slider_head_new_combo || type == PointType::spinner_end) continue;
        if (!gaps.empty()) gaps.back() = map.time[i] - before;
        gaps.push_back(0);
        before = map.time[i];
    }
    if (gaps.size() < 2) return preempt_of(5);
    gaps.pop_back();
    const auto middle = gaps.begin() + static_cast<std::ptrdiff_t>(gaps.size() / 2);
    std::nth_element(gaps.begin(), middle, gaps.end());
    return std::clamp(270 + 2.2 * *middle, preempt_of(10), preempt_of(2.5f));
}

std::vector<uint32_t> came_from(std::span<const uint8_t> type) {
    std::vector<uint32_t> from(type.size());
    uint32_t head = 0;
    for (uint32_t i = 1; i < type.size(); ++i) {
        const auto before = static_cast<PointType>(type[i - 1]);
        if (is_slider_head(before)) head = i - 1;
        const bool returned = before == PointType::slider_end_2 || before == PointType::slider_end_even;
        from[i] = returned ? head : i - 1;
    }
    return from;
}

std::vector<float> asked_distances(const Datapoints& map) {
    std::vector<float> asked(map.distance.begin(), map.distance.end());
    const std::vector<uint32_t> from = came_from(map.type);
    for (size_t i = 1; i < asked.size(); ++i) {
        if (from[i] + 1 == i) continue;
        assert(map.position.size() == map.size());
        asked[i] = length(map.position[i] - map.position[from[i]]);
    }
    return asked;
}

Datapoints view_of(const Sequence& sequence, std::span<const float> distance) {
    static_assert(sizeof(PointType) == 1);
    return {{reinterpret_cast<const uint8_t*>(sequence.type.data()), sequence.type.size()},
            sequence.time,
            distance,
            sequence.position};
}

MapDatapoints::MapDatapoints(const Beatmap& map)
    : sequence_(to_sequence(map)),
      distance_(distances(sequence_)),
      circle_radius_(54.4f - 4.48f * map.difficulty.cs),  // the game's formula
      preempt_(preempt_of(map.difficulty.ar)) {
    SliderPath path;
    for (size_t i = 0; i < sequence_.size(); ++i) {
        if (!is_slider_head(sequence_.type[i])) continue;
        path.assign(map, map.objects[sequence_.object[i]]);
        sliders_.push_back({static_cast<float>(path.natural_length()), static_cast<float>(path.length())});
    }
}

Datapoints MapDatapoints::view() const {
    Datapoints all = view_of(sequence_, distance_);
    all.sliders = sliders_;
    all.circle_radius = circle_radius_;
    all.preempt = preempt_;
    return all;
}

}  // namespace osu
