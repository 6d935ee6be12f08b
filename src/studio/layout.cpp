#include "studio/layout.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "base/error.h"

namespace osu::studio {

namespace {

struct Box {
    Vec2 least{std::numeric_limits<float>::infinity(), std::numeric_limits<float>::infinity()};
    Vec2 most{-std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity()};
    void add(Vec2 p) {
        least = {std::min(least.x, p.x), std::min(least.y, p.y)};
        most = {std::max(most.x, p.x), std::max(most.y, p.y)};
    }
    Vec2 middle() const { return (least + most) * 0.5f; }
};

constexpr float rounding = 1;  // px: whole numbers and sums of floats are no reason to refuse

// How far [least, most] has to go to lie in [0, size]; where it is too long, to cover it.
float back_inside(float least, float most, float size) {
    if (most - least > size) return least > 0 ? -least : most < size ? size - most : 0;
    return least < 0 ? -least : most > size ? size - most : 0;
}

bool stays_put(const PlacedMap& map, uint32_t object) {
    return map.map().objects[object].kind == ObjectKind::spinner;
}

// Where the objects are hit and where their paths end: what the editor keeps in the field.
template <class Change>
Box box_of(const PlacedMap& map, std::span<const uint32_t> objects, Change&& change, bool with_ends = true) {
    Box box;
    for (const uint32_t i : objects) {
        if (stays_put(map, i)) continue;
        const ObjectShape& shape = map.shapes()[i];
        box.add(change(shape.position));
        if (with_ends && !shape.path.empty()) box.add(change(shape.path.back()));
    }
    return box;
}

const auto as_it_is = [](Vec2 p) { return p; };

// How far the changed objects have to go as one to lie in the field. Ends of paths may hang out where there
// is no room for them; heads may only where they are as far apart as they were. Error where they become
// farther.
template <class Change>
Vec2 back_inside(const PlacedMap& map, std::span<const uint32_t> objects, Change&& change) {
    const Box all = box_of(map, objects, change), heads = box_of(map, objects, change, false);
    const Box before = box_of(map, objects, as_it_is);
    const auto along = [&](float Vec2::*axis, const char* what) {
        const float size = playfield_size.*axis, long_now = all.most.*axis - all.least.*axis;
        const float most = std::max(size, before.most.*axis - before.least.*axis) + rounding;
        if (long_now > most)
            fail(Hint{"choose fewer objects, or another angle"},
                 "turned so, they would be {:.0f} px {}: the field has {:.0f}", long_now, what, size);
        const Box& box = long_now > size ? heads : all;
        return back_inside(box.least.*axis, box.most.*axis, size);
    };
    return {along(&Vec2::x, "wide"), along(&Vec2::y, "high")};
}

// Files before v128 have whole numbers: a path whose points are rounded one by one would lose its shape.
Vec2 whole(const PlacedMap& map, Vec2 by) {
    return map.map().format_version < 128 ? Vec2{std::round(by.x), std::round(by.y)} : by;
}

template <class Change>
std::vector<Vec2> changed(const PlacedMap& map, std::span<const uint32_t> objects, Change&& change) {
    const SourceMap& source = map.source();
    const Vec2 back = whole(map, back_inside(map, objects, change));
    std::vector<Vec2> positions(map.positions().begin(), map.positions().end());
    for (const uint32_t i : objects) {
        if (stays_put(map, i)) continue;
        const Vec2 head = change(map.shapes()[i].position) + back;
        // What rounding left outside; more is outside only of what was.
        Vec2 inside{std::clamp(head.x, 0.0f, playfield_size.x), std::clamp(head.y, 0.0f, playfield_size.y)};
        if (length(inside - head) > rounding) inside = head;
        for (uint32_t t = source.first[i]; t < source.first[i + 1]; ++t)
            positions[t] = change(positions[t]) + back + (inside - head);
    }
    return positions;
}

}  // namespace

std::vector<Vec2> moved(const PlacedMap& map, std::span<const uint32_t> objects, Vec2 by) {
    const Vec2 step = whole(map, by);
    return changed(map, objects, [=](Vec2 p) { return p + step; });
}

std::vector<Vec2> flipped(const PlacedMap& map, std::span<const uint32_t> objects, bool horizontally) {
    return changed(map, objects, [=](Vec2 p) {
        return horizontally ? Vec2{playfield_size.x - p.x, p.y} : Vec2{p.x, playfield_size.y - p.y};
    });
}

std::vector<Vec2> rotated(const PlacedMap& map, std::span<const uint32_t> objects, double degrees) {
    const Vec2 middle = box_of(map, objects, as_it_is).middle();
    const double angle = degrees * std::numbers::pi / 180;
    const auto cosine = static_cast<float>(std::cos(angle)), sine = static_cast<float>(std::sin(angle));
    return changed(map, objects, [=](Vec2 p) {
        const Vec2 arm = p - middle;
        return middle + Vec2{arm.x * cosine - arm.y * sine, arm.x * sine + arm.y * cosine};
    });
}

}  // namespace osu::studio
