#include "sequence/datapoints.h"

namespace osu {

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
      circle_radius_(54.4f - 4.48f * map.difficulty.cs)  // the game's formula
{
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
    return all;
}

}  // namespace osu
