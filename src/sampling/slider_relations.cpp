#include "sampling/slider_relations.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numbers>
#include <utility>

#include "base/same_math.h"
#include "sampling/alignment.h"
#include "sequence/outline.h"
#include "sequence/sequence_path.h"

namespace osu {

namespace {

constexpr double pi = std::numbers::pi;
constexpr double parallel_within = 8 * pi / 180;
constexpr float equal_length_within = 0.02f;
constexpr float usual_radius = 36.5f;  // px of a circle, where the map does not say
constexpr double longest_gap = 1000;   // ms between objects that belong together
constexpr int outline_points = 24;
constexpr int rounds = 2;  // of turning: a row of parallel sliders
// px of noise below which a prediction has directions worth holding on to.
constexpr double parallel_noise = 400, blanket_noise = 200;

bool is_slider(const Datapoints& map, const SliderRelations::Object& object) {
    return is_slider_head(static_cast<PointType>(map.type[object.first])) &&
           is_slider_end(static_cast<PointType>(map.type[object.end - 1]));
}

bool is_spinner(const Datapoints& map, const SliderRelations::Object& object) {
    const auto type = static_cast<PointType>(map.type[object.first]);
    return type == PointType::spinner_start || type == PointType::spinner_end;
}

double direction(std::span<const Vec2> position, const SliderRelations::Object& slider) {
    const Vec2 chord = position[slider.end - 1] - position[slider.first];
    return angle_of(chord.y, chord.x);
}

double half_turns_away(double angle) {
    return std::remainder(angle, pi);
}

std::vector<Vec2> outline_of(const Datapoints& map, const SliderRelations::Object& slider, double length) {
    const size_t count = slider.end - slider.first;
    SliderPath path;
    assign_path(path, map.type.subspan(slider.first, count), map.position.subspan(slider.first, count),
                length);
    std::vector<Vec2> outline;
    for (int i = 0; i <= outline_points; ++i)
        outline.push_back(path.position_at(static_cast<double>(i) / outline_points));
    return outline;
}

}  // namespace

SliderRelations::SliderRelations(const Datapoints& map, std::span<const uint8_t> fixed)
    : fixed_(fixed.begin(), fixed.end()), position_(map.size()) {
    assert(map.position.size() == map.size());
    std::vector<Object> objects;
    for (uint32_t i = 0; i < map.size(); i = objects.back().end) {
        const bool slider = is_slider_head(static_cast<PointType>(map.type[i]));
        objects.push_back({i, slider ? static_cast<uint32_t>(slider_end(map.type, i)) : i + 1});
    }
    if (map.sliders.empty()) return;
    find_parallels(map, objects);
    find_blankets(map, objects);
}

void SliderRelations::find_parallels(const Datapoints& map, std::span<const Object> objects) {
    size_t index = 0;  // of the slider
    const Object* before = nullptr;
    for (const Object& object : objects) {
        if (!is_slider_head(static_cast<PointType>(map.type[object.first]))) continue;
        const size_t own = index++;
        if (!is_slider(map, object)) continue;
        const Object* last = std::exchange(before, &object);
        if (!last || (stays(*last) && stays(object))) continue;
        const float length = map.sliders[own].slider, other = map.sliders[own - 1].slider;
        if (std::abs(length - other) > equal_length_within * other) continue;
        const double a = direction(map.position, *last), b = direction(map.position, object);
        if (std::abs(half_turns_away(b - a)) <= parallel_within)
            parallels_.push_back({*last, object, false});
        else if (std::abs(half_turns_away(b + a)) <= parallel_within)
            parallels_.push_back({*last, object, true});
    }
}

void SliderRelations::find_blankets(const Datapoints& map, std::span<const Object> objects) {
    const float radius = map.circle_radius > 0 ? map.circle_radius : usual_radius;
    size_t index = 0;
    for (size_t i = 0; i < objects.size(); ++i) {
        const Object& slider = objects[i];
        if (!is_slider_head(static_cast<PointType>(map.type[slider.first]))) continue;
        const size_t own = index++;
        if (!is_slider(map, slider) || stays(slider)) continue;
        const std::vector<Vec2> body = outline_of(map, slider, map.sliders[own].slider);
        if (!is_curved(body)) continue;
        bool found = false;
        for (const size_t next : {i - 1, i + 1}) {
            if (found || next >= objects.size() || is_spinner(map, objects[next])) continue;
            const Object &first = objects[std::min(i, next)], &second = objects[std::max(i, next)];
            if (map.time[second.first] - map.time[first.end - 1] > longest_gap) continue;
            for (const uint32_t around : {objects[next].first, objects[next].end - 1}) {
                if (found || !is_blanket(body, map.position[around], radius)) continue;
                const auto shape = map.position.subspan(slider.first, slider.end - slider.first);
                blankets_.push_back({slider, objects[next], around, {shape.begin(), shape.end()}});
                blankets_.back().figure.push_back(map.position[around]);
                found = true;
            }
        }
    }
}

void SliderRelations::turn(const Object& slider, double angle) {
    const Turn by = turn_by(angle);
    const auto cosine = static_cast<float>(by.cosine), sine = static_cast<float>(by.sine);
    const Vec2 head = position_[slider.first];
    for (uint32_t i = slider.first + 1; i < slider.end; ++i) {
        const Vec2 arm = position_[i] - head;
        position_[i] = head + Vec2{arm.x * cosine - arm.y * sine, arm.x * sine + arm.y * cosine};
    }
}

void SliderRelations::make_parallel(const Parallel& parallel) {
    const double a = direction(position_, parallel.before), b = direction(position_, parallel.slider);
    const double off = half_turns_away(parallel.mirrored ? b + a : b - a);
    const bool one_stays = stays(parallel.before) || stays(parallel.slider);
    const double share = one_stays ? off : off / 2;
    if (!stays(parallel.before)) turn(parallel.before, parallel.mirrored ? -share : share);
    if (!stays(parallel.slider)) turn(parallel.slider, -share);
}

void SliderRelations::make_blanket(const Blanket& blanket) {
    const size_t count = blanket.figure.size();
    std::vector<Vec2> now(position_.begin() + blanket.slider.first, position_.begin() + blanket.slider.end);
    now.push_back(position_[blanket.around]);
    std::vector<float> weight(count, 1);
    weight.back() = stays(blanket.neighbour) ? 1000.0f : static_cast<float>(count - 1) / 2;
    const Alignment to = align(blanket.figure, now, weight, true);
    for (size_t i = 0; i + 1 < count; ++i) position_[blanket.slider.first + i] = to(blanket.figure[i]);
    if (stays(blanket.neighbour)) return;
    const Vec2 move = to(blanket.figure.back()) - now.back();
    for (uint32_t i = blanket.neighbour.first; i < blanket.neighbour.end; ++i)
        position_[i] = position_[i] + move;
}

void SliderRelations::apply(std::span<float> x, double noise) {
    const size_t count = position_.size();
    assert(x.size() == 2 * count);
    if (noise > parallel_noise) return;
    for (size_t i = 0; i < count; ++i)
        position_[i] = {x[i] * playfield_size.x, x[count + i] * playfield_size.y};
    for (int round = 0; round < rounds; ++round)
        for (const Parallel& parallel : parallels_) make_parallel(parallel);
    if (noise <= blanket_noise)
        for (const Blanket& blanket : blankets_) make_blanket(blanket);
    for (size_t i = 0; i < count; ++i) {
        if (!fixed_.empty() && fixed_[i]) continue;
        x[i] = position_[i].x / playfield_size.x;
        x[count + i] = position_[i].y / playfield_size.y;
    }
}

}  // namespace osu
