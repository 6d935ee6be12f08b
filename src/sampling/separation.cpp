// What may cover what is decided once, from the source alone. Two objects are a pair when the later begins
// before the earlier has faded out, by the map's approach rate. But the spacing itself may lay one over the
// other: a stream of circles 30 px apart covers itself, and must. So of each pair the whole way that the
// cursor goes from the one to the other is added up, distances and slider lengths; where it is shorter than
// two circles side by side the source asks for the covering, and the pair is left alone.
//
// Pushing is local and greedy: pair by pair, both bodies move half of what is missing along the line between
// their nearest points, and what they run into on the other side is a pair of its own, met in this round or
// the next. It knows nothing of the spacing that it breaks; the chain (sampling/chain_fit.h) follows each
// round and puts that right, and a dozen rounds of the two agree wherever the field has room. A slider counts
// as points along its middle. Which two points of bodies that nearly touch are the nearest changes by a hair,
// and with them the line: hairs would become half a circle, and a map another where the machine rounds
// otherwise. So the line is the mean of those between all points, of which the near ones count most; where
// two bodies cross these cancel each other, no way is the shorter, and they are hardly moved.
#include "sampling/separation.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/same_math.h"

namespace osu {

namespace {

constexpr double fade_out = 240;     // ms that an object stays on the screen behind its end
constexpr uint32_t most_pairs = 24;  // an object has; broken maps have thousands of objects at one time
// As many diameters two objects are pushed apart, where the way between them is as long: what is pushed to
// touch is pulled over the other again by the chain that follows, by a few px.
constexpr float room = 1.2f;
constexpr float stack_share = 0.25f;  // of the diameter: nearer than this, two heads are meant as a stack
constexpr float stacked = 4;          // px: nobody sees less
constexpr float blur = 6;             // px, of what counts as near along two bodies
// What lies over another in the source is drawn over it where it is nearer than the first of these, down to
// the second.
constexpr float near_radii = 2, over_radii = 0.6f;

struct Gap {
    Vec2 apart;  // from the earlier to the later, where they are near
    float length = 1e9f;
};

Gap gap_between(Vec2 a, std::span<const Vec2> outline_a, Vec2 b, std::span<const Vec2> outline_b,
                float most) {
    const auto each = [&](auto look) {
        for (const Vec2 p : outline_a)
            for (const Vec2 q : outline_b) {
                const Vec2 apart = (b + q) - (a + p);
                look(apart, apart.x * apart.x + apart.y * apart.y);
            }
    };
    float least = 1e18f;
    each([&](Vec2, float square) { least = std::min(least, square); });
    Gap gap;
    gap.length = std::sqrt(least);
    if (gap.length >= most) return gap;
    Vec2 sum{0, 0};
    float all = 0;
    each([&](Vec2 apart, float square) {
        const auto weight = static_cast<float>(exponential((least - square) / (2 * blur * blur)));
        sum = sum + apart * weight;
        all += weight;
    });
    gap.apart = sum * (1 / all);
    return gap;
}

}  // namespace

Separation::Separation(std::span<const Object> objects, std::span<const float> distance, float radius,
                       double preempt)
    : radius_(radius) {
    const float diameter = 2 * radius;
    for (uint32_t later = 1; later < objects.size(); ++later) {
        if (!objects[later].apart) continue;
        float way = distance[later];  // that the cursor goes from the earlier to the later
        const uint32_t least = later > most_pairs ? later - most_pairs : 0;
        for (uint32_t earlier = later; earlier-- > least;) {
            const Object& before = objects[earlier];
            const bool near = objects[later].start - before.end <= preempt + fade_out;
            if (before.apart && near && way >= diameter)
                pairs_.push_back({earlier, later, std::min(way, room * diameter)});
            way += before.length + distance[earlier];
        }
    }
}

void Separation::allow(std::span<const Vec2> heads, std::span<const std::vector<Vec2>> outlines) {
    for (Pair& pair : pairs_) {
        const Vec2 a = heads[pair.earlier], b = heads[pair.later];
        pair.bodies_over =
            length(b - a) >= 2 * radius_ &&
            gap_between(a, outlines[pair.earlier], b, outlines[pair.later], 0).length < radius_;
    }
}

// What the later moves, seen from the earlier, so that the two do not cover one another.
Vec2 Separation::apart(const Pair& pair, const ChainFit::Body& a, const ChainFit::Body& b,
                       std::span<const Vec2> outline_a, std::span<const Vec2> outline_b) const {
    const Gap gap = gap_between(a.at, outline_a, b.at, outline_b, pair.distance);
    if (gap.length >= pair.distance) return {0, 0};
    const float diameter = 2 * radius_;
    const Vec2 heads = b.at - a.at, link = heads - a.leave;
    if (length(heads) <= stack_share * diameter) return heads * -1.0f;
    const float missing = pair.distance - gap.length, way = length(link);
    const bool over_head_before = pair.later == pair.earlier + 1 && length(heads) < diameter;
    if (!over_head_before || length(a.leave) == 0 || way <= radius_)
        return gap.apart * (missing / std::max(length(gap.apart), blur));
    // Where a slider ends is as far from the next as it must be: pushed straight away from the slider's head
    // that one would be pulled straight back. It goes around the end instead.
    const Vec2 across{-link.y / way, link.x / way}, inwards = playfield_size * 0.5f - b.at;
    float side = across.x * gap.apart.x + across.y * gap.apart.y;
    if (std::abs(side) < 0.1f * length(gap.apart)) side = across.x * inwards.x + across.y * inwards.y;
    return across * std::copysign(missing, side);
}

// … so that the one lies over the other.
Vec2 Separation::together(const ChainFit::Body& a, const ChainFit::Body& b, std::span<const Vec2> outline_a,
                          std::span<const Vec2> outline_b) const {
    const Gap gap = gap_between(a.at, outline_a, b.at, outline_b, near_radii * radius_);
    const float over = over_radii * radius_;
    if (gap.length >= near_radii * radius_ || gap.length <= over) return {0, 0};
    return gap.apart * ((over - gap.length) / std::max(length(gap.apart), blur));
}

float Separation::gap(const Pair& pair, std::span<const ChainFit::Body> bodies,
                      std::span<const std::vector<Vec2>> outlines) const {
    const ChainFit::Body &a = bodies[pair.earlier], &b = bodies[pair.later];
    const std::vector<Vec2>& outline = outlines[pair.earlier];
    const Vec2 heads = b.at - a.at;
    if (std::min(length(heads), length(heads - outline.back())) <= stacked)
        return std::numeric_limits<float>::infinity();
    if (pair.bodies_over) return length(heads);
    return gap_between(a.at, outline, b.at, outlines[pair.later], 0).length;
}

void Separation::push(std::span<ChainFit::Body> bodies, std::span<const std::vector<Vec2>> outlines) const {
    const Vec2 head{0, 0};
    for (const Pair& pair : pairs_) {
        ChainFit::Body &a = bodies[pair.earlier], &b = bodies[pair.later];
        if (a.fixed && b.fixed) continue;
        const std::span<const Vec2> outline_a = outlines[pair.earlier], outline_b = outlines[pair.later];
        const float share = a.fixed || b.fixed ? 1.0f : 0.5f;
        const auto move = [&](Vec2 by) {
            if (!a.fixed) a.at = a.at - by * share;
            if (!b.fixed) b.at = b.at + by * share;
        };
        if (pair.bodies_over) {
            move(together(a, b, outline_a, outline_b));
            move(apart(pair, a, b, {&head, 1}, {&head, 1}));
        } else {
            move(apart(pair, a, b, outline_a, outline_b));
        }
    }
}

}  // namespace osu
