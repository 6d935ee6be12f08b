#include "sampling/placement_fit.h"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "base/random.h"

namespace osu {

namespace {

constexpr float least_scale = 0.5f, most_scale = 2;  // of a slider that does not have its length yet
// Rounds of pushing apart, of which the last do not push: streams and repeats have the last word. What the
// first of them have not parted is folded away.
constexpr int separations = 12, without_pushing = 2, pushed_before_folding = 5;
// Above this noise, in px, the predicted x₀ is a blur between all the maps that are possible, and the
// spacing of a blur means nothing. Between 30 and 2,000 the ruler hardly tells one bound from another.
constexpr double most_noise = 400;
constexpr int fit_iterations = 3, last_iterations = 12;
// px from the edges that objects are kept off, on the way and at the last step, where the spacing lets them:
// the network puts twice as many there as people do.
constexpr float edge_margin = 16, last_edge_margin = 8;
// They are kept off half to one and a half as far, each its own way: else those that are pushed there would
// stand in a row. A share of them may lie on an edge, as people's do.
constexpr float bold_share = 0.15f, least_shyness = 0.5f, most_shyness = 1.5f;
constexpr int partings = 4;         // of spots that spacing and sliders leave no place for
constexpr double stream_gap = 130;  // ms: what follows so closely is not folded, as a stream would break
constexpr float most_outline = 24;  // points along a slider

// Of an object by its time, the same for all seeds, and for a section as for its map.
float shyness_at(double time) {
    const float chance = Philox(0, static_cast<uint64_t>(std::llround(time))).uniform();
    if (chance < bold_share) return 0;
    return least_shyness + (most_shyness - least_shyness) * (chance - bold_share) / (1 - bold_share);
}

PointType point_type(uint8_t type) {
    return static_cast<PointType>(type);
}

}  // namespace

PlacementFit::PlacementFit(const Datapoints& asked, std::span<const uint8_t> fixed, bool inside)
    : type_(asked.type.begin(), asked.type.end()),
      radius_(asked.circle_radius),
      chain_(inside),
      position_(asked.type.size()),
      points_(asked.type.size()) {
    assert(asked.distance.size() == type_.size() && asked.time.size() == type_.size());
    assert(fixed.empty() || fixed.size() == type_.size());
    asked_ = asked_distances(asked);
    const std::vector<uint32_t> from = came_from(asked.type);
    for (size_t i = 0; i < type_.size(); ++i) {
        points_[i].distance = asked_[i];
        points_[i].linked = i == 0 ? asked_[0] >= 0 : from[i] + 1 == i;
        points_[i].fixed = !fixed.empty() && fixed[i] != 0;
    }
    find_objects(asked);
    if (asked.circle_radius > 0) separate(asked);
    fold_alike({});
}

void PlacementFit::find_objects(const Datapoints& asked) {
    size_t slider = 0;
    for (size_t i = 0; i < type_.size();) {
        Object object{static_cast<uint32_t>(i), static_cast<uint32_t>(i + 1)};
        object.shyness = shyness_at(asked.time[i]);
        if (is_slider_head(point_type(type_[i]))) {
            assert(slider < asked.sliders.size());
            object.slider = true;
            object.end = static_cast<uint32_t>(slider_end(type_, i));
            object.length = asked.sliders[slider++];
            const PointType last = point_type(type_[object.end - 1]);
            object.returns = last == PointType::slider_end_2 || last == PointType::slider_end_even;
        }
        objects_.push_back(object);
        i = object.end;
    }
    for (size_t i = 1; i < objects_.size(); ++i)
        if (asked.time[objects_[i].first] - asked.time[objects_[i - 1].first] <= stream_gap)
            objects_[i - 1].stream = objects_[i].stream = true;
    outlines_.assign(objects_.size(), {Vec2{0, 0}});
}

void PlacementFit::separate(const Datapoints& asked) {
    std::vector<Separation::Object> timed;
    std::vector<float> distance;
    // To the precision of the network's times, which the constraints were measured with.
    const auto time = [&](size_t i) { return static_cast<float>(asked.time[i] - asked.time[0]); };
    for (const Object& object : objects_) {
        const PointType type = point_type(type_[object.first]);
        timed.push_back({time(object.first), time(object.end - 1),
                         type != PointType::spinner_start && type != PointType::spinner_end,
                         object.length.slider});
        distance.push_back(asked_[object.first]);
    }
    separation_.emplace(timed, distance, asked.circle_radius,
                        asked.preempt > 0 ? asked.preempt : usual_preempt(asked));
    if (asked.position.empty()) return;
    std::vector<Vec2> heads;
    position_.assign(asked.position.begin(), asked.position.end());
    for (size_t i = 0; i < objects_.size(); ++i) {
        heads.push_back(position_[objects_[i].first]);
        if (objects_[i].slider && objects_[i].length.path > 0) outline(objects_[i], outlines_[i]);
    }
    separation_->allow(heads, outlines_);
    outlines_.assign(objects_.size(), {Vec2{0, 0}});
}

void PlacementFit::share_spots(std::span<const int32_t> spot) {
    assert(spot.size() == type_.size());
    std::vector<int32_t> object_at(type_.size(), -1);
    for (size_t i = 0; i < objects_.size(); ++i) {
        Object& object = objects_[i];
        object_at[object.first] = static_cast<int32_t>(i);
        if (spot[object.first] >= 0) object.spot = object_at[spot[object.first]];
    }
}

void PlacementFit::fold_alike(std::span<const Folding::Copies> parts) {
    std::vector<uint32_t> object_at(type_.size());
    std::vector<uint8_t> streams;
    for (uint32_t i = 0; i < objects_.size(); ++i) {
        object_at[objects_[i].first] = i;
        streams.push_back(objects_[i].stream);
    }
    std::vector<Folding::Copies> of_objects;
    for (const auto& [from, to, count] : parts) of_objects.push_back({object_at[from], object_at[to], count});
    folding_.emplace(streams, of_objects);
}

void hold_to(PlacementFit& fit, double noise, bool last, std::span<float> x,
             const PlacementFit::Between& between) {
    if (noise > most_noise) return;
    fit.apply(x, last ? last_iterations : fit_iterations, last ? last_edge_margin : edge_margin, between,
              last);
}

void PlacementFit::apply(std::span<float> x, int iterations, float margin, const Between& between,
                         bool last) {
    const size_t count = type_.size();
    assert(x.size() == 2 * count);
    for (size_t i = 0; i < count; ++i)
        points_[i].at = {x[i] * playfield_size.x, x[count + i] * playfield_size.y};
    chain_.apply(points_, iterations, 0);
    for (size_t i = 0; i < count; ++i) position_[i] = points_[i].at;
    // Sliders get their lengths, which moves their ends; then objects move as wholes to meet them.
    for (size_t i = 0; i < objects_.size(); ++i)
        if (objects_[i].slider && objects_[i].length.path > 0) shape(objects_[i], outlines_[i]);
    move_objects(iterations, margin, between, last);
    for (size_t i = 0; i < count; ++i) {
        if (points_[i].fixed) continue;
        x[i] = position_[i].x / playfield_size.x;
        x[count + i] = position_[i].y / playfield_size.y;
    }
}

// A path is as many times longer as its anchors are farther from its head.
void PlacementFit::shape(const Object& slider, std::vector<Vec2>& points) {
    const size_t count = slider.end - slider.first;
    const auto type = std::span(type_).subspan(slider.first, count);
    const auto position = std::span(position_).subspan(slider.first, count);
    const Vec2 head = position[0];
    if (!points_[slider.first].fixed) {
        assign_path(path_, type, position, 0);
        const auto natural = static_cast<float>(path_.natural_length());
        const float scale =
            natural > 0 ? std::clamp(slider.length.path / natural, least_scale, most_scale) : 1;
        for (Vec2& point : position.subspan(1)) point = head + (point - head) * scale;
    }
    const Vec2 end = outline(slider, points);
    if (is_slider_end(point_type(type.back()))) position.back() = end;
}

// Points along the path, from the head on; returns where it ends.
Vec2 PlacementFit::outline(const Object& slider, std::vector<Vec2>& points) {
    const size_t count = slider.end - slider.first;
    const auto position = std::span(position_).subspan(slider.first, count);
    assign_path(path_, std::span(type_).subspan(slider.first, count), position, slider.length.slider);
    points.assign(1, {0, 0});
    const float steps = std::clamp(std::ceil(slider.length.slider / radius_), 1.0f, most_outline);
    for (float i = 1; separation_ && i <= steps; ++i)
        points.push_back(path_.position_at(i / steps) - position[0]);
    return path_.position_at(1);
}

ChainFit::Body PlacementFit::body(const Object& object) const {
    ChainFit::Body body = points_[object.first];
    body.at = position_[object.first];
    body.linked = object.first > 0 || points_[0].linked;
    for (uint32_t i = object.first; i < object.end; ++i) {
        const Vec2 arm = position_[i] - body.at;
        body.low = {std::min(body.low.x, arm.x), std::min(body.low.y, arm.y)};
        body.high = {std::max(body.high.x, arm.x), std::max(body.high.y, arm.y)};
        body.leave = arm;
    }
    if (object.returns) body.leave = {0, 0};
    body.spot = object.spot;
    body.shyness = object.shyness;
    return body;
}

// The datapoints go with their bodies; of what comes back, the heads count.
void PlacementFit::let(const Between& between) {
    const size_t count = position_.size();
    row_.resize(2 * count);
    for (size_t i = 0; i < objects_.size(); ++i) {
        const Vec2 by = moved(i);
        for (uint32_t k = objects_[i].first; k < objects_[i].end; ++k) {
            row_[k] = (position_[k].x + by.x) / playfield_size.x;
            row_[count + k] = (position_[k].y + by.y) / playfield_size.y;
        }
    }
    between(row_);
    for (size_t i = 0; i < objects_.size(); ++i) {
        const uint32_t head = objects_[i].first;
        if (bodies_[i].fixed) continue;
        bodies_[i].at = {row_[head] * playfield_size.x, row_[count + head] * playfield_size.y};
    }
}

void PlacementFit::give_up_spots(int iterations) {
    for (int i = 0; i < partings && chain_.part_spots(bodies_); ++i) chain_.apply(bodies_, iterations);
    for (size_t i = 0; i < objects_.size(); ++i) objects_[i].spot = bodies_[i].spot;
}

void PlacementFit::move_objects(int iterations, float margin, const Between& between, bool last) {
    bodies_.clear();
    for (const Object& object : objects_) bodies_.push_back(body(object));
    for (int i = 0; separation_ && i < separations; ++i) {
        if (last && i == pushed_before_folding) folding_->apply(*separation_, bodies_, outlines_);
        if (i + without_pushing < separations) separation_->push(bodies_, outlines_);
        if (between) let(between);
        chain_.bring_inside(bodies_, margin);
        chain_.apply(bodies_, 1, margin);
    }
    if (margin > 0) chain_.apply(bodies_, iterations, margin);
    chain_.apply(bodies_, iterations);
    if (last) give_up_spots(iterations);
    for (size_t i = 0; i < objects_.size(); ++i) {
        const Vec2 by = moved(i);
        for (uint32_t k = objects_[i].first; k < objects_[i].end; ++k) position_[k] = position_[k] + by;
    }
}

}  // namespace osu
