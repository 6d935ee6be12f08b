// What is asked of a map's placement, read from its real sequence: the objects, the length that each slider
// needs, the turns between objects and their kinds, the pairs that may cover one another. The same plan
// measures every placement of the map.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "beatmap/beatmap.h"
#include "sequence/datapoints.h"

namespace osu {

// A circle of CS 4. A packed dataset does not know its maps' circle sizes, and most lie near it.
constexpr float circle_radius = 36.5f;  // px

// Datapoints [first, end) that are one object.
struct PlannedObject {
    ObjectKind kind = ObjectKind::circle;
    bool new_combo = false;
    uint32_t first = 0, end = 0;
    uint32_t leave = 0;            // the datapoint that the cursor leaves from
    double start = 0, finish = 0;  // ms
    double needed_length = 0;      // px of a slider's path, one span; 0: unknown
};

// Turns differ with what surrounds them: `stack`, circles that cover each other's middle; `stream`, objects
// within 140 ms (a quarter of a beat at 107 BPM) of one another; `jump`, further apart than two circles side
// by side; `step`, the rest.
enum class FlowKind : uint8_t { stack, stream, jump, step };
constexpr size_t flow_kinds = 4;

// At an object, between the movement towards it and the one away from it.
struct PlannedTurn {
    uint32_t object = 0;
    FlowKind kind = FlowKind::step;
    bool follows_turn = false;  // the turn before this one in the list is at the object before
};

struct PlannedPair {
    uint32_t earlier = 0, later = 0;  // objects
};

struct Plan {
    std::vector<PlannedObject> objects;
    std::vector<PlannedTurn> turns;
    // Within 500 ms of each other, unless the asked spacing itself lays one over the other.
    std::vector<PlannedPair> pairs;
};

// Of a map with its sliders' lengths.
Plan make_plan(const Datapoints& map);
// With turns alone, which cost little.
Plan make_turn_plan(const Datapoints& map);

}  // namespace osu
