// Datapoints that a test makes itself, and that live as long as this: fill the columns, take view().
#pragma once

#include <vector>

#include "sequence/datapoints.h"

namespace osu::test {

struct MadeDatapoints {
    std::vector<uint8_t> type;
    std::vector<double> time;
    std::vector<float> distance;
    std::vector<Vec2> position;
    std::vector<SliderLengths> sliders;
    float circle_radius = 0;

    Datapoints view() const { return {type, time, distance, position, sliders, circle_radius, 0}; }
};

}  // namespace osu::test
