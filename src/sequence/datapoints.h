// The datapoints of one map, whoever holds them: a sequence read from a beatmap, a packed dataset, a test.
// What datasets take and hand out, and what sampling, its constraints, the ruler and its pictures work on.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "beatmap/beatmap.h"
#include "sequence/sequence_path.h"

namespace osu {

// A view of T datapoints.
struct Datapoints {
    std::span<const uint8_t> type;           // PointType
    std::span<const double> time;            // ms
    std::span<const float> distance;         // px to the datapoint before, the first's to the field's centre
    std::span<const Vec2> position;          // px, as the mapper placed them
    std::span<const SliderLengths> sliders;  // of each slider in order; empty where nobody asked for them
    float circle_radius = 0;                 // px; 0: objects may cover one another
    double preempt = 0;                      // ms that an object is on the screen before its time; 0: unknown

    size_t size() const { return type.size(); }
};

// ms that an object is on the screen before its time, by the game's rule for the approach rate; and what
// people choose for a map of this rhythm, where nobody says it.
double preempt_of(float approach_rate);
double usual_preempt(const Datapoints& map);

// The datapoint that the cursor comes from to each one: the one before; behind a slider with an even number
// of spans its head, where its ball ends. Of the first: itself.
std::vector<uint32_t> came_from(std::span<const uint8_t> type);

// px from each datapoint to where the cursor comes from, as the mapper has it: what a placement keeps.
// Differs from `distance`, which measures from the path's end for the network, behind sliders with an even
// number of spans alone; for those it needs the positions.
std::vector<float> asked_distances(const Datapoints& map);

// Of a sequence and its distances(), without sliders and radius.
Datapoints view_of(const Sequence& sequence, std::span<const float> distance);

// A beatmap with all that is known of its datapoints.
class MapDatapoints {
  public:
    // Error as to_sequence().
    explicit MapDatapoints(const Beatmap& map);

    const Sequence& sequence() const { return sequence_; }
    Datapoints view() const;

  private:
    Sequence sequence_;
    std::vector<float> distance_;
    std::vector<SliderLengths> sliders_;
    float circle_radius_;
    double preempt_;
};

}  // namespace osu
