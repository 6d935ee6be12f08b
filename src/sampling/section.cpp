#include "sampling/section.h"

#include <algorithm>
#include <cassert>

namespace osu {

namespace {

// 1 for each datapoint with one that moves at most `context` before or behind it.
std::vector<uint8_t> near_moving(std::span<const uint8_t> fixed, int64_t context) {
    std::vector<uint8_t> near(fixed.size());
    const auto count = static_cast<int64_t>(fixed.size());
    int64_t done = 0;  // all before it is decided
    for (int64_t i = 0; i < count; ++i) {
        if (fixed[i]) continue;
        const int64_t end = std::min(i + context + 1, count);
        for (int64_t k = std::max(done, i - context); k < end; ++k) near[k] = 1;
        done = end;
    }
    return near;
}

}  // namespace

MapSection::MapSection(const Datapoints& map, std::span<const uint8_t> fixed, int64_t context) : map_(map) {
    assert(fixed.empty() || fixed.size() == map.size());
    const bool all = fixed.empty() || context == 0;
    const std::vector<uint8_t> near = all ? std::vector<uint8_t>(map.size(), 1) : near_moving(fixed, context);
    size_t slider = 0;
    for (uint32_t i = 0; i < map.size();) {
        const bool is_slider = is_slider_head(static_cast<PointType>(map.type[i]));
        const uint32_t end = is_slider ? static_cast<uint32_t>(slider_end(map.type, i)) : i + 1;
        const bool keep = std::find(near.begin() + i, near.begin() + end, 1) != near.begin() + end;
        if (keep && is_slider && slider < map.sliders.size()) sliders_.push_back(map.sliders[slider]);
        slider += is_slider;
        for (; i < end; ++i)
            if (keep) kept_.push_back(i);
    }
    type_ = of(map.type);
    time_ = of(map.time);
    distance_ = of(map.distance);
    position_ = of(map.position);
    if (map_.preempt <= 0) map_.preempt = usual_preempt(map);
}

Datapoints MapSection::view() const {
    return {type_, time_, distance_, position_, sliders_, map_.circle_radius, map_.preempt};
}

void MapSection::take(std::span<const float> map, std::span<float> section) const {
    const size_t width = map_.size(), kept = kept_.size(), channels = map.size() / width;
    assert(section.size() == channels * kept);
    for (size_t channel = 0; channel < channels; ++channel)
        for (size_t i = 0; i < kept; ++i) section[channel * kept + i] = map[channel * width + kept_[i]];
}

void MapSection::put(std::span<const float> section, std::span<float> map) const {
    const size_t width = map_.size(), kept = kept_.size(), channels = map.size() / width;
    assert(section.size() == channels * kept);
    for (size_t channel = 0; channel < channels; ++channel)
        for (size_t i = 0; i < kept; ++i) map[channel * width + kept_[i]] = section[channel * kept + i];
}

}  // namespace osu
