// Maps of a few datapoints for tests, and real ones as the ruler takes them.
#pragma once

#include <cmath>
#include <vector>

#include "evaluation/statistics.h"
#include "sequence/sequence.h"
#include "support/made_datapoints.h"

namespace osu::test {

struct HandMadeMap : MadeDatapoints {
    void add(PointType point, Vec2 at, double ms) {
        const Vec2 step = at - (position.empty() ? Vec2{256, 192} : position.back());
        distance.push_back(std::hypot(step.x, step.y));
        type.push_back(static_cast<uint8_t>(point));
        time.push_back(ms);
        position.push_back(at);
    }
    // With the lengths of the sliders that it has now; as long as it is not added to.
    Datapoints real() const {
        lengths_ = slider_lengths(type, position);
        Datapoints real = view();
        real.sliders = lengths_;
        return real;
    }

  private:
    mutable std::vector<SliderLengths> lengths_;
};

// Circles along these places, so many ms apart.
inline HandMadeMap circles(const std::vector<Vec2>& places, double gap) {
    HandMadeMap map;
    for (size_t i = 0; i < places.size(); ++i)
        map.add(PointType::circle, places[i], gap * static_cast<double>(i));
    return map;
}

inline HandMadeMap as_measured(const Sequence& sequence) {
    HandMadeMap map;
    for (size_t i = 0; i < sequence.size(); ++i)
        map.add(sequence.type[i], sequence.position[i], sequence.time[i]);
    return map;
}

}  // namespace osu::test
