#include "sampling/structure.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace osu {

namespace {

constexpr size_t window = 8;           // objects that make a repeat; any longer one is taken whole
constexpr size_t farthest = 4000;      // objects to look back: no map of people's has more
constexpr double same_time = 8;        // ms
constexpr double repeat_rms = 12;      // px between parts that a mapper made alike
constexpr double slider_rms = 6;       // px between anchors of sliders of one shape
constexpr size_t sliders_between = 4;  // objects from a slider to the one that it is like
constexpr int rounds = 3;              // of averaging: copies of copies
constexpr float fixed_weight = 1000;

// What a datapoint is to a rhythm: a new combo is no part of it.
uint8_t kind(uint8_t type) {
    switch (static_cast<PointType>(type)) {
        case PointType::circle_new_combo: return static_cast<uint8_t>(PointType::circle);
        case PointType::slider_head_new_combo: return static_cast<uint8_t>(PointType::slider_head);
        default: return type;
    }
}

// Whether object b is to the one before it what a is.
template <class Object>
bool alike(const Datapoints& map, std::span<const Object> objects, size_t a, size_t b, bool first) {
    const Object &p = objects[a], &q = objects[b];
    if (p.end - p.first != q.end - q.first) return false;
    for (uint32_t i = 0; i < p.end - p.first; ++i)
        if (kind(map.type[p.first + i]) != kind(map.type[q.first + i])) return false;
    if (first) return true;
    const double gap_a = map.time[p.first] - map.time[objects[a - 1].first];
    const double gap_b = map.time[q.first] - map.time[objects[b - 1].first];
    return std::abs(gap_a - gap_b) <= same_time;
}

Vec2 centre_of(std::span<const Vec2> points) {
    Vec2 sum{};
    for (const Vec2 point : points) sum = sum + point;
    return points.empty() ? sum : sum * (1 / static_cast<float>(points.size()));
}

Vec2 turned(Vec2 arm, const Structure::Tie& tie) {
    if (tie.mirrored) arm.x = -arm.x;
    return {arm.x * tie.cosine - arm.y * tie.sine, arm.x * tie.sine + arm.y * tie.cosine};
}
Vec2 turned_back(Vec2 arm, const Structure::Tie& tie) {
    const Vec2 back{arm.x * tie.cosine + arm.y * tie.sine, arm.y * tie.cosine - arm.x * tie.sine};
    return {tie.mirrored ? -back.x : back.x, back.y};
}

// Fills in the best rotation, or mirroring and rotation, and returns the root mean square that is left, in
// px.
double align(std::span<const Vec2> position, Structure::Tie& tie) {
    const auto a = position.subspan(tie.from, tie.count), b = position.subspan(tie.to, tie.count);
    const Vec2 centre_a = centre_of(a), centre_b = centre_of(b);
    double squares = 0, cosine[2]{}, sine[2]{};
    for (size_t i = 0; i < a.size(); ++i) {
        const Vec2 p = a[i] - centre_a, q = b[i] - centre_b;
        squares += double{p.x} * p.x + double{p.y} * p.y + double{q.x} * q.x + double{q.y} * q.y;
        for (int mirrored = 0; mirrored < 2; ++mirrored) {
            const double x = mirrored ? -p.x : p.x;
            cosine[mirrored] += x * q.x + double{p.y} * q.y;
            sine[mirrored] += x * q.y - double{p.y} * q.x;
        }
    }
    const double fit[2] = {std::hypot(cosine[0], sine[0]), std::hypot(cosine[1], sine[1])};
    tie.mirrored = fit[1] > fit[0] * 1.0001 + 1e-3;
    const double best = fit[tie.mirrored];
    tie.cosine = best > 0 ? static_cast<float>(cosine[tie.mirrored] / best) : 1;
    tie.sine = best > 0 ? static_cast<float>(sine[tie.mirrored] / best) : 0;
    return std::sqrt(std::max(0.0, squares - 2 * best) / static_cast<double>(a.size()));
}

}  // namespace

Structure::Structure(const Datapoints& map, std::span<const uint8_t> fixed, std::span<const Vec2> stay)
    : fixed_(fixed.begin(), fixed.end()), sum_(map.size()), weight_(map.size()) {
    if (stay.empty()) stay = map.position;
    position_.assign(stay.begin(), stay.end());
    assert(map.position.size() == map.size());
    std::vector<Object> objects;
    for (uint32_t i = 0; i < map.size(); i = objects.back().end) {
        const bool slider = is_slider_head(static_cast<PointType>(map.type[i]));
        objects.push_back({i, slider ? static_cast<uint32_t>(slider_end(map.type, i)) : i + 1});
    }
    find_repeats(map, objects);
    find_sliders(map, objects);
}

// From the front: each part is tied to the longest that came before it and is like it, and of equally long
// ones to the first, so that the copies of a chorus hang together.
void Structure::find_repeats(const Datapoints& map, std::span<const Object> objects) {
    for (size_t later = window; later + window <= objects.size();) {
        Tie best;
        size_t longest = 0;
        for (size_t earlier = later > farthest ? later - farthest : 0; earlier + window <= later; ++earlier) {
            size_t length = 0;
            while (earlier + length < later && later + length < objects.size() &&
                   alike(map, objects, earlier + length, later + length, length == 0))
                ++length;
            for (; length >= window && length > longest; length -= std::max<size_t>(1, length / 8)) {
                const uint32_t from = objects[earlier].first, to = objects[later].first;
                Tie tie{from, to, objects[later + length - 1].end - to};
                if (align(map.position, tie) > repeat_rms) continue;
                best = tie;
                longest = length;
                break;
            }
        }
        if (longest > 0) ties_.push_back(best);
        later += std::max<size_t>(longest, 1);
    }
}

void Structure::find_sliders(const Datapoints& map, std::span<const Object> objects) {
    size_t before = objects.size();
    for (size_t i = 0; i < objects.size(); ++i) {
        if (!is_slider_head(static_cast<PointType>(map.type[objects[i].first]))) continue;
        if (before < i && i - before <= sliders_between && alike(map, objects, before, i, true)) {
            Tie tie{objects[before].first, objects[i].first, objects[i].end - objects[i].first};
            if (align(map.position, tie) <= slider_rms) ties_.push_back(tie);
        }
        before = i;
    }
}

void Structure::average() {
    const auto weight_of = [&](size_t i) { return !fixed_.empty() && fixed_[i] ? fixed_weight : 1.0f; };
    for (size_t i = 0; i < position_.size(); ++i) {
        weight_[i] = weight_of(i);
        sum_[i] = position_[i] * weight_[i];
    }
    for (const Tie& tie : ties_) {
        const Vec2 from = centre_of(std::span(position_).subspan(tie.from, tie.count));
        const Vec2 to = centre_of(std::span(position_).subspan(tie.to, tie.count));
        for (uint32_t i = 0; i < tie.count; ++i) {
            const size_t a = tie.from + i, b = tie.to + i;
            const float weight_a = weight_of(a), weight_b = weight_of(b);
            sum_[b] = sum_[b] + (to + turned(position_[a] - from, tie)) * weight_a;
            weight_[b] += weight_a;
            sum_[a] = sum_[a] + (from + turned_back(position_[b] - to, tie)) * weight_b;
            weight_[a] += weight_b;
        }
    }
    for (size_t i = 0; i < position_.size(); ++i)
        if (weight_of(i) != fixed_weight) position_[i] = sum_[i] * (1 / weight_[i]);
}

void Structure::apply(std::span<float> x, std::span<const uint32_t> kept) {
    const size_t count = kept.empty() ? position_.size() : kept.size();
    assert(x.size() == 2 * count);
    if (ties_.empty()) return;
    const auto in_map = [&](size_t i) { return kept.empty() ? i : kept[i]; };
    for (size_t i = 0; i < count; ++i)
        position_[in_map(i)] = {x[i] * playfield_size.x, x[count + i] * playfield_size.y};
    for (int round = 0; round < rounds; ++round) average();
    for (size_t i = 0; i < count; ++i) {
        if (!fixed_.empty() && fixed_[in_map(i)]) continue;
        x[i] = position_[in_map(i)].x / playfield_size.x;
        x[count + i] = position_[in_map(i)].y / playfield_size.y;
    }
}

}  // namespace osu
