#include "evaluation/plan.h"

#include <algorithm>

#include "sequence/sequence_path.h"

namespace osu {

namespace {

constexpr double longest_gap = 1000;  // ms between objects that one movement joins
constexpr float least_movement = 2;   // px: shorter ones have no direction
constexpr double stream_gap = 140;    // ms
constexpr double overlap_time = 500;  // ms
constexpr uint32_t most_pairs = 24;   // an object has; broken maps have thousands of objects at one time

// The end of the object that begins at `first`.
uint32_t end_of(std::span<const uint8_t> type, uint32_t first) {
    const uint32_t i = first + 1;
    switch (static_cast<PointType>(type[first])) {
        case PointType::spinner_start:
            return i < type.size() && static_cast<PointType>(type[i]) == PointType::spinner_end ? i + 1 : i;
        case PointType::slider_head:
        case PointType::slider_head_new_combo: return static_cast<uint32_t>(slider_end(type, first));
        default: return i;
    }
}

ObjectKind kind_of(PointType type) {
    if (is_slider_head(type)) return ObjectKind::slider;
    if (type == PointType::spinner_start || type == PointType::spinner_end) return ObjectKind::spinner;
    return ObjectKind::circle;
}

std::vector<PlannedObject> find_objects(const Datapoints& map) {
    std::vector<PlannedObject> objects;
    const auto count = static_cast<uint32_t>(map.type.size());
    for (uint32_t first = 0; first < count;) {
        const auto type = static_cast<PointType>(map.type[first]);
        PlannedObject object;
        object.kind = kind_of(type);
        object.new_combo = type == PointType::circle_new_combo || type == PointType::slider_head_new_combo;
        object.first = first;
        object.end = end_of(map.type, first);
        const auto last = static_cast<PointType>(map.type[object.end - 1]);
        const bool returns = last == PointType::slider_end_2 || last == PointType::slider_end_even;
        object.leave = returns ? first : object.end - 1;
        object.start = map.time[first];
        object.finish = std::max(object.start, map.time[object.end - 1]);
        if (type <= PointType::slider_head_new_combo) objects.push_back(object);  // no stray anchors
        first = object.end;
    }
    return objects;
}

void find_needed_lengths(const Datapoints& map, Plan& plan) {
    size_t slider = 0;
    for (PlannedObject& object : plan.objects)
        if (object.kind == ObjectKind::slider) object.needed_length = map.sliders[slider++].slider;
}

// The movement from the object before to `index`; its length in the real map, −1 where there is none.
float movement(const Datapoints& map, const std::vector<PlannedObject>& objects, size_t index) {
    if (index == 0 || index >= objects.size()) return -1;
    const PlannedObject &from = objects[index - 1], &to = objects[index];
    if (from.kind == ObjectKind::spinner || to.kind == ObjectKind::spinner) return -1;
    if (to.start - from.finish > longest_gap) return -1;
    return length(map.position[to.first] - map.position[from.leave]);
}

FlowKind flow_kind(float in, float out, double gap) {
    if (std::max(in, out) < circle_radius) return FlowKind::stack;
    if (gap <= stream_gap) return FlowKind::stream;
    return std::min(in, out) > 2 * circle_radius ? FlowKind::jump : FlowKind::step;
}

void find_turns(const Datapoints& map, Plan& plan) {
    const auto& objects = plan.objects;
    for (uint32_t i = 1; i + 1 < objects.size(); ++i) {
        const float in = movement(map, objects, i), out = movement(map, objects, i + 1);
        if (in < least_movement || out < least_movement) continue;
        const double gap =
            std::max(objects[i].start - objects[i - 1].finish, objects[i + 1].start - objects[i].finish);
        plan.turns.push_back(
            {i, flow_kind(in, out, gap), !plan.turns.empty() && plan.turns.back().object + 1 == i});
    }
}

void find_pairs(const Datapoints& map, Plan& plan) {
    const auto& objects = plan.objects;
    for (uint32_t later = 1; later < objects.size(); ++later) {
        const uint32_t least = later > most_pairs ? later - most_pairs : 0;
        for (uint32_t earlier = later; earlier-- > least;) {
            const PlannedObject &a = objects[earlier], &b = objects[later];
            if (a.kind == ObjectKind::spinner || b.kind == ObjectKind::spinner) continue;
            if (b.start - a.finish > overlap_time) continue;
            const bool asked =
                earlier + 1 == later && std::min(length(map.position[b.first] - map.position[a.leave]),
                                                 map.distance[b.first]) < 2 * circle_radius;
            if (!asked) plan.pairs.push_back({earlier, later});
        }
    }
}

}  // namespace

Plan make_turn_plan(const Datapoints& map) {
    Plan plan{find_objects(map), {}, {}};
    find_turns(map, plan);
    return plan;
}

Plan make_plan(const Datapoints& map) {
    Plan plan = make_turn_plan(map);
    find_needed_lengths(map, plan);
    find_pairs(map, plan);
    return plan;
}

}  // namespace osu
