// What a mapper sees in a placement, noted at each of its objects: heads half under others, streams that
// shake, edges, and the structure that people give a map. docs/model.md defines every mark for others to
// count; figures are means of them over objects, and told_apart.h tells placements from real maps by them.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "evaluation/plan.h"

namespace osu {

enum class Mark : uint8_t {
    reverse_spacing_off,  // after a slider of an even number of spans: 30 px off the asked distance
    covered,              // its head lies partly over the head of an object that is still there
    head_over_body,       // … over the body of such a slider
    body_over,            // a slider's body lies over such an object
    near_edge,
    on_edge,
    stream_turn_change,  // degrees between the turn here and the one before, in a stream
    stream_bend_flip,    // a stream bends to the other side
    mirror,              // the four objects up to here are the same read backwards, mirrored …
    point_mirror,        // … or turned by 180°
    equal_angle,         // a jump's angle is the one before
    parallel_slider,     // with the slider before, of the same length: parallel or mirrored
    blanket,             // a curved slider lies around a neighbour
    spot_again,          // its head is exactly on a spot of the last three seconds
    spot_missed,         // … or beside one by a little
    repeat_kept,         // share of the real map's repeats of the eight objects from here that are repeats
    repeats_last_four,   // the four objects up to here repeat the four before
    angle,               // degrees, 0 to 180, of every turn
    far_from_centre,     // px
};
constexpr size_t mark_count = 19;

// Of each object of the plan; NaN where there is nothing to see. Shares are 0 or 1.
using MarksOfObject = std::array<float, mark_count>;
using Marks = std::vector<MarksOfObject>;

// `position`: px, one for each datapoint of the map; rounded as a file has them. `preempt`: ms for which the
// map shows an object before its time.
Marks note_marks(const Datapoints& map, const Plan& plan, std::span<const Vec2> position, double preempt);

// A placement made ready for looking at its objects, for the parts of note_marks().
struct PlacedObjects {
    PlacedObjects(const Datapoints& map, const Plan& plan, std::span<const Vec2> position);

    const Datapoints& map;
    const Plan& plan;
    float radius;                            // px of a circle
    std::vector<Vec2> head, leave;           // px; where the cursor comes and where it is let go
    std::vector<Vec2> path_end;              // px; of a slider's first span
    std::vector<std::vector<Vec2>> outline;  // px; along a slider's body, or the head alone; spinners: none

    // Objects i − 1 and i, neither a spinner, follow each other within so many ms.
    bool joined(size_t i, double most_gap) const;
    bool joined_circles(size_t i, double most_gap) const;  // … and both are circles
    Vec2 movement(size_t i) const { return head[i] - leave[i - 1]; }
    // px that the map asks between them.
    float asked(size_t i) const;
};

inline float& mark_of(MarksOfObject& marks, Mark mark) {
    return marks[static_cast<size_t>(mark)];
}

void note_reading(const PlacedObjects& placed, double preempt, Marks& marks);
void note_streams(const PlacedObjects& placed, Marks& marks);
void note_jumps(const PlacedObjects& placed, Marks& marks);
void note_sliders(const PlacedObjects& placed, Marks& marks);
void note_repeats(const PlacedObjects& placed, Marks& marks);
void note_echoes(const PlacedObjects& placed, Marks& marks);

}  // namespace osu
