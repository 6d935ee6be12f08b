// What the ruler counts on one placement of a map. Statistics of maps add up to those of a set of maps.
#pragma once

#include <array>
#include <span>
#include <vector>

#include "evaluation/plan.h"

namespace osu {

// Datapoints by what they are: circles, spinners, slider heads, inner anchors, last anchors, slider ends.
enum class PointGroup : uint8_t { circle, spinner, head, anchor, last_anchor, slider_end };
constexpr size_t point_groups = 6;
PointGroup group_of(uint8_t type);

// Turns by their kind and angle: one bin for each 15°, the first about 0 (straight on). A turn that goes the
// way of the one before is positive, so that a circling line and a zigzag differ.
constexpr size_t angle_bins = 24;
using AngleHistogram = std::array<double, angle_bins>;
using FlowHistogram = std::array<AngleHistogram, flow_kinds>;

// The bin of each of the plan's turns; no_turn for the first of a row and where there is no direction.
constexpr uint8_t no_turn = 255;
std::vector<uint8_t> turn_bins(const Plan& plan, std::span<const Vec2> position);

void count_turns(const Plan& plan, std::span<const Vec2> position, FlowHistogram& flow);

// √ of the Jensen–Shannon divergence in bits: 0 for equal distributions, 1 for such as share nothing. NaN
// when one is empty.
double jensen_shannon_distance(std::span<const double> a, std::span<const double> b);

// The mean over the kinds of turns, weighted by how often `flow` has them.
double flow_distance(const FlowHistogram& flow, const FlowHistogram& real);

struct Statistics {
    struct Spacing {
        double points = 0, asked = 0, error = 0;  // px, summed
        double off = 0;                           // points that are off by more than a mapper lets pass
    };
    std::array<Spacing, point_groups> spacing;
    std::vector<float> spacing_errors;  // px, |placed − asked| of each datapoint

    double objects = 0, outside = 0;  // circles and sliders; those that begin off the field
    double overlapping = 0;           // partly cover an earlier object
    double stacked = 0;               // lie on an earlier one's head or end

    double sliders = 0, bodies_outside = 0;
    double end_miss = 0;                // px, summed: from the placed end to where the game puts it
    std::vector<float> slider_lengths;  // path ÷ needed, of each slider

    FlowHistogram flow{};

    Statistics& operator+=(const Statistics& other);
};

// `position`: px, one for each datapoint of the map, before any clamping.
Statistics measure(const Datapoints& map, const Plan& plan, std::span<const Vec2> position);

}  // namespace osu
