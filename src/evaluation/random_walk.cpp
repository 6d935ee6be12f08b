#include "evaluation/random_walk.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/random.h"

namespace osu {

namespace {

// A long step from a corner has few ways to stay inside; where none is found, the one that leaves by least is
// taken.
constexpr int most_tries = 64;

float outside_by(Vec2 p) {
    return std::max({-p.x, p.x - playfield_size.x, 0.0f}) + std::max({-p.y, p.y - playfield_size.y, 0.0f});
}

}  // namespace

std::vector<Vec2> random_walk(const Datapoints& map, uint64_t seed) {
    Philox random(seed);
    const std::vector<uint32_t> from = came_from(map.type);
    const std::vector<float> asked = asked_distances(map);
    std::vector<Vec2> out;
    out.reserve(asked.size());
    for (size_t point = 0; point < asked.size(); ++point) {
        const float step = asked[point];
        const Vec2 at = point == 0 ? playfield_size * 0.5f : out[from[point]];
        Vec2 best{};
        for (int i = 0; i < most_tries; ++i) {
            const double angle = 2 * std::numbers::pi * random.uniform();
            const Vec2 next =
                at + Vec2{static_cast<float>(std::cos(angle)), static_cast<float>(std::sin(angle))} * step;
            if (i == 0 || outside_by(next) < outside_by(best)) best = next;
            if (outside_by(best) == 0) break;
        }
        out.push_back(best);
    }
    return out;
}

}  // namespace osu
