#include "evaluation/statistics.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "sequence/sequence_path.h"

namespace osu {

namespace {

constexpr float field_slack = 0.5f;  // px: the file holds whole ones
constexpr float stack_distance = 4;  // px: nobody sees less
constexpr float plainly_off = 15;    // px of spacing: a mapper takes it for a mistake
constexpr float outline_step = 12;   // px between the points that stand for a slider's body
constexpr double least_length = 1;   // px of a slider that is measured

bool off_field(Vec2 p) {
    return p.x < -field_slack || p.x > playfield_size.x + field_slack || p.y < -field_slack ||
           p.y > playfield_size.y + field_slack;
}

void count_spacing(const Datapoints& map, std::span<const Vec2> position, Statistics& out) {
    const std::vector<uint32_t> from = came_from(map.type);
    const std::vector<float> asked = asked_distances(map);
    out.spacing_errors.reserve(position.size());
    for (size_t i = 0; i < position.size(); ++i) {
        const Vec2 before = i == 0 ? playfield_size * 0.5f : position[from[i]];
        const float error = std::abs(length(position[i] - before) - asked[i]);
        Statistics::Spacing& group = out.spacing[static_cast<size_t>(group_of(map.type[i]))];
        group.points += 1;
        group.asked += asked[i];
        group.error += error;
        group.off += error > plainly_off ? 1 : 0;
        out.spacing_errors.push_back(error);
    }
}

// Points that stand for an object: its middle, or the line along a slider's body.
using Outline = std::vector<Vec2>;

Outline outline_of(const SliderPath& path) {
    Outline out;
    const auto pieces = static_cast<int>(std::clamp(path.length() / outline_step, 1.0, 200.0));
    for (int i = 0; i <= pieces; ++i) out.push_back(path.position_at(static_cast<double>(i) / pieces));
    return out;
}

float distance_between(const Outline& a, const Outline& b) {
    float least = std::numeric_limits<float>::infinity();
    for (const Vec2 p : a)
        for (const Vec2 q : b) least = std::min(least, length(p - q));
    return least;
}

void count_slider(const Datapoints& map, const PlannedObject& object, std::span<const Vec2> position,
                  Outline& outline, Statistics& out) {
    thread_local SliderPath path;
    const auto type = map.type.subspan(object.first, object.end - object.first);
    const auto points = position.subspan(object.first, type.size());
    assign_path(path, type, points, object.needed_length);
    outline = outline_of(path);
    if (object.needed_length < least_length) return;
    const auto body = path.points();
    out.sliders += 1;
    out.bodies_outside += std::any_of(body.begin(), body.end(), off_field);
    out.end_miss += length(points.back() - path.position_at(1));
    out.slider_lengths.push_back(static_cast<float>(path.natural_length() / object.needed_length));
}

void count_overlaps(const Plan& plan, std::span<const Vec2> position, const std::vector<Outline>& outlines,
                    Statistics& out) {
    for (size_t i = 0; i < plan.pairs.size();) {
        const uint32_t later = plan.pairs[i].later;
        const Vec2 head = position[plan.objects[later].first];
        bool stacked = false, overlapping = false;
        for (; i < plan.pairs.size() && plan.pairs[i].later == later; ++i) {
            const PlannedObject& earlier = plan.objects[plan.pairs[i].earlier];
            if (length(head - position[earlier.first]) <= stack_distance ||
                length(head - position[earlier.end - 1]) <= stack_distance)
                stacked = true;
            else if (!overlapping)
                overlapping =
                    distance_between(outlines[plan.pairs[i].earlier], outlines[later]) < 2 * circle_radius;
        }
        out.stacked += stacked;
        out.overlapping += overlapping;
    }
}

}  // namespace

PointGroup group_of(uint8_t type) {
    switch (static_cast<PointType>(type)) {
        case PointType::circle:
        case PointType::circle_new_combo: return PointGroup::circle;
        case PointType::spinner_start:
        case PointType::spinner_end: return PointGroup::spinner;
        case PointType::slider_head:
        case PointType::slider_head_new_combo: return PointGroup::head;
        case PointType::last_anchor: return PointGroup::last_anchor;
        default:
            return static_cast<PointType>(type) < PointType::last_anchor ? PointGroup::anchor
                                                                         : PointGroup::slider_end;
    }
}

std::vector<uint8_t> turn_bins(const Plan& plan, std::span<const Vec2> position) {
    std::vector<uint8_t> bins;
    bool left = true;
    for (const PlannedTurn& turn : plan.turns) {
        const PlannedObject &before = plan.objects[turn.object - 1], &at = plan.objects[turn.object],
                            &after = plan.objects[turn.object + 1];
        const Vec2 in = position[at.first] - position[before.leave];
        const Vec2 out = position[after.first] - position[at.leave];
        const double cross = double{in.x} * out.y - double{in.y} * out.x;
        const double dot = double{in.x} * out.x + double{in.y} * out.y;
        const bool was_left = left;
        left = cross >= 0;
        const double angle = (was_left ? 1 : -1) * std::atan2(cross, dot);
        const auto bin = std::lround(angle / (2 * std::numbers::pi) * angle_bins) + long{angle_bins};
        const bool known = turn.follows_turn && (cross != 0 || dot != 0);
        bins.push_back(known ? static_cast<uint8_t>(bin % long{angle_bins}) : no_turn);
    }
    return bins;
}

void count_turns(const Plan& plan, std::span<const Vec2> position, FlowHistogram& flow) {
    const std::vector<uint8_t> bins = turn_bins(plan, position);
    for (size_t i = 0; i < bins.size(); ++i)
        if (bins[i] != no_turn) flow[static_cast<size_t>(plan.turns[i].kind)][bins[i]] += 1;
}

double jensen_shannon_distance(std::span<const double> a, std::span<const double> b) {
    double sum_a = 0, sum_b = 0, divergence = 0;
    for (const double value : a) sum_a += value;
    for (const double value : b) sum_b += value;
    if (!(sum_a > 0) || !(sum_b > 0)) return std::numeric_limits<double>::quiet_NaN();
    for (size_t i = 0; i < a.size(); ++i) {
        const double p = a[i] / sum_a, q = b[i] / sum_b, middle = (p + q) / 2;
        if (p > 0) divergence += 0.5 * p * std::log2(p / middle);
        if (q > 0) divergence += 0.5 * q * std::log2(q / middle);
    }
    return std::sqrt(std::max(0.0, divergence));
}

double flow_distance(const FlowHistogram& flow, const FlowHistogram& real) {
    double sum = 0, weights = 0;
    for (size_t kind = 0; kind < flow_kinds; ++kind) {
        const double distance = jensen_shannon_distance(flow[kind], real[kind]);
        if (std::isnan(distance)) continue;
        double weight = 0;
        for (const double value : flow[kind]) weight += value;
        sum += weight * distance;
        weights += weight;
    }
    return sum / weights;
}

Statistics& Statistics::operator+=(const Statistics& other) {
    for (size_t i = 0; i < point_groups; ++i) {
        spacing[i].points += other.spacing[i].points;
        spacing[i].asked += other.spacing[i].asked;
        spacing[i].error += other.spacing[i].error;
        spacing[i].off += other.spacing[i].off;
    }
    const auto append = [](std::vector<float>& to, const std::vector<float>& from) {
        to.insert(to.end(), from.begin(), from.end());
    };
    append(spacing_errors, other.spacing_errors);
    append(slider_lengths, other.slider_lengths);
    objects += other.objects;
    outside += other.outside;
    overlapping += other.overlapping;
    stacked += other.stacked;
    sliders += other.sliders;
    bodies_outside += other.bodies_outside;
    end_miss += other.end_miss;
    for (size_t kind = 0; kind < flow_kinds; ++kind)
        for (size_t bin = 0; bin < angle_bins; ++bin) flow[kind][bin] += other.flow[kind][bin];
    return *this;
}

Statistics measure(const Datapoints& map, const Plan& plan, std::span<const Vec2> position) {
    Statistics out;
    count_spacing(map, position, out);
    std::vector<Outline> outlines(plan.objects.size());
    for (size_t i = 0; i < plan.objects.size(); ++i) {
        const PlannedObject& object = plan.objects[i];
        if (object.kind == ObjectKind::spinner) continue;
        out.objects += 1;
        out.outside += off_field(position[object.first]);
        if (object.kind == ObjectKind::slider)
            count_slider(map, object, position, outlines[i], out);
        else
            outlines[i].push_back(position[object.first]);
    }
    count_overlaps(plan, position, outlines, out);
    count_turns(plan, position, out.flow);
    return out;
}

}  // namespace osu
