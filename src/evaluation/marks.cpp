#include "evaluation/marks.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "sequence/sequence_path.h"

namespace osu {

namespace {

constexpr double outline_step = 8;  // px between the points that stand for a slider's body

Vec2 rounded(Vec2 p) {
    return {std::round(p.x), std::round(p.y)};
}

}  // namespace

PlacedObjects::PlacedObjects(const Datapoints& map, const Plan& plan, std::span<const Vec2> position)
    : map(map), plan(plan), radius(map.circle_radius > 0 ? map.circle_radius : circle_radius) {
    SliderPath path;
    for (const PlannedObject& object : plan.objects) {
        head.push_back(rounded(position[object.first]));
        path_end.push_back(head.back());
        outline.emplace_back();
        if (object.kind == ObjectKind::slider) {
            const size_t count = object.end - object.first;
            assign_path(path, map.type.subspan(object.first, count), position.subspan(object.first, count),
                        object.needed_length);
            path_end.back() = path.position_at(1);
            const auto pieces = static_cast<int>(std::clamp(path.length() / outline_step, 1.0, 200.0));
            for (int i = 0; i <= pieces; ++i)
                outline.back().push_back(path.position_at(static_cast<double>(i) / pieces));
        } else if (object.kind != ObjectKind::spinner) {
            outline.back().push_back(head.back());
        }
        leave.push_back(object.leave == object.first ? head.back() : path_end.back());
    }
}

bool PlacedObjects::joined(size_t i, double most_gap) const {
    if (i == 0 || i >= plan.objects.size()) return false;
    const PlannedObject &from = plan.objects[i - 1], &to = plan.objects[i];
    if (from.kind == ObjectKind::spinner || to.kind == ObjectKind::spinner) return false;
    return to.start > from.finish && to.start - from.finish <= most_gap;
}

bool PlacedObjects::joined_circles(size_t i, double most_gap) const {
    return joined(i, most_gap) && plan.objects[i - 1].kind == ObjectKind::circle &&
           plan.objects[i].kind == ObjectKind::circle;
}

float PlacedObjects::asked(size_t i) const {
    return length(map.position[plan.objects[i].first] - map.position[plan.objects[i - 1].leave]);
}

Marks note_marks(const Datapoints& map, const Plan& plan, std::span<const Vec2> position, double preempt) {
    MarksOfObject nothing;
    nothing.fill(std::numeric_limits<float>::quiet_NaN());
    Marks marks(plan.objects.size(), nothing);
    const PlacedObjects placed(map, plan, position);
    note_reading(placed, preempt, marks);
    note_streams(placed, marks);
    note_jumps(placed, marks);
    note_sliders(placed, marks);
    note_repeats(placed, marks);
    note_echoes(placed, marks);
    return marks;
}

}  // namespace osu
