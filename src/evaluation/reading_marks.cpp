// Marks of what a player reads: distances after reverse sliders, what covers what, edges, streams.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "evaluation/marks.h"

namespace osu {

namespace {

constexpr float reverse_tolerance = 30;  // px
constexpr float stack_distance = 4;      // px: nobody sees less
constexpr uint32_t most_before = 24;     // broken maps have thousands of objects at one time
constexpr float near_edge = 8;           // px
constexpr double stream_gap = 130;       // ms: a quarter of a beat at 115 BPM
constexpr float least_spacing = 8;       // px in a stream: rounding turns shorter movements about
constexpr double least_bend = 3;         // degrees: straighter than this has no side
constexpr double degrees = 180 / std::numbers::pi;

bool ends_at_head(const PlannedObject& object) {
    return object.kind == ObjectKind::slider && object.leave == object.first;
}

float distance_to(Vec2 from, std::span<const Vec2> outline) {
    float least = std::numeric_limits<float>::infinity();
    for (const Vec2 p : outline) least = std::min(least, length(p - from));
    return least;
}

// The objects before `later` that are still there when it begins to appear, and that the map does not itself
// ask to lie under it: the whole asked way from them is at least that of two circles side by side. (One fades
// out while the other fades in, so neither is counted.)
template <class Visit>
void each_visible(const PlacedObjects& placed, uint32_t later, double preempt, Visit&& visit) {
    const auto& objects = placed.plan.objects;
    float way = 0;
    for (uint32_t before = later; before-- > (later > most_before ? later - most_before : 0);) {
        way += placed.asked(before + 1);
        const PlannedObject& earlier = objects[before];
        const bool visible = objects[later].start - preempt < earlier.finish;
        if (visible && earlier.kind != ObjectKind::spinner && way >= 2 * placed.radius) visit(before);
        way += static_cast<float>(earlier.needed_length);
    }
}

void note_covering(const PlacedObjects& placed, uint32_t later, double preempt, MarksOfObject& marks) {
    const Vec2 head = placed.head[later];
    const auto& outline = placed.outline[later];
    bool stacked = false, covered = false, head_over_body = false, body_over = false;
    each_visible(placed, later, preempt, [&](uint32_t before) {
        const float heads = length(head - placed.head[before]);
        if (heads <= stack_distance || length(head - placed.path_end[before]) <= stack_distance) {
            stacked = true;
            return;
        }
        covered = covered || heads < 2 * placed.radius;
        head_over_body = head_over_body || (placed.outline[before].size() > 1 &&
                                            distance_to(head, placed.outline[before]) < placed.radius);
        for (const Vec2 p : outline)
            body_over = body_over || distance_to(p, placed.outline[before]) < placed.radius;
    });
    mark_of(marks, Mark::covered) = covered && !stacked;
    mark_of(marks, Mark::head_over_body) = head_over_body && !stacked;
    if (outline.size() > 1) mark_of(marks, Mark::body_over) = body_over && !stacked;
}

bool in_stream(const PlacedObjects& placed, size_t i) {
    return placed.joined_circles(i, stream_gap) && placed.asked(i) >= least_spacing;
}

// Degrees, positive to the left as the screen has it; NaN where there is no turn of a stream at i.
std::vector<double> stream_turns(const PlacedObjects& placed) {
    std::vector<double> turns(placed.head.size(), std::numeric_limits<double>::quiet_NaN());
    for (size_t i = 1; i + 1 < turns.size(); ++i) {
        if (!in_stream(placed, i) || !in_stream(placed, i + 1)) continue;
        const Vec2 in = placed.movement(i), out = placed.movement(i + 1);
        const double cross = double{in.x} * out.y - double{in.y} * out.x;
        turns[i] = std::atan2(cross, double{in.x} * out.x + double{in.y} * out.y) * degrees;
    }
    return turns;
}

}  // namespace

void note_reading(const PlacedObjects& placed, double preempt, Marks& marks) {
    const auto& objects = placed.plan.objects;
    for (uint32_t i = 0; i < objects.size(); ++i) {
        if (objects[i].kind == ObjectKind::spinner) continue;
        if (i > 0 && ends_at_head(objects[i - 1]))
            mark_of(marks[i], Mark::reverse_spacing_off) =
                std::abs(length(placed.movement(i)) - placed.asked(i)) > reverse_tolerance;
        note_covering(placed, i, preempt, marks[i]);
        const Vec2 head = placed.head[i];
        const float to_edge =
            std::min({head.x, head.y, playfield_size.x - head.x, playfield_size.y - head.y});
        mark_of(marks[i], Mark::near_edge) = to_edge <= near_edge;
        mark_of(marks[i], Mark::on_edge) = to_edge <= 0;
        mark_of(marks[i], Mark::far_from_centre) = length(head - playfield_size * 0.5f);
    }
}

void note_streams(const PlacedObjects& placed, Marks& marks) {
    const std::vector<double> turns = stream_turns(placed);
    for (size_t i = 1; i < turns.size(); ++i) {
        if (std::isnan(turns[i]) || std::isnan(turns[i - 1])) continue;
        const double change = std::abs(std::remainder(turns[i] - turns[i - 1], 360));
        mark_of(marks[i], Mark::stream_turn_change) = static_cast<float>(change);
        if (std::min(std::abs(turns[i]), std::abs(turns[i - 1])) >= least_bend)
            mark_of(marks[i], Mark::stream_bend_flip) = (turns[i] > 0) != (turns[i - 1] > 0);
    }
}

}  // namespace osu
