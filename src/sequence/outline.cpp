#include "sequence/outline.h"

#include <algorithm>
#include <limits>

namespace osu {

namespace {

constexpr float least_curve = 0.1f;  // of the chord
constexpr float blanket_within = 6;  // px between the nearest and the farthest point
constexpr float most_radii = 4;      // from the outline to what it lies around

}  // namespace

bool is_curved(std::span<const Vec2> outline) {
    const Vec2 chord = outline.back() - outline.front();
    const float size = length(chord);
    float most = 0;
    for (const Vec2 point : outline) {
        const Vec2 to = point - outline.front();
        most = std::max(most, size > 0 ? std::abs(chord.x * to.y - chord.y * to.x) / size : length(to));
    }
    return most >= least_curve * std::max(size, 1.0f);
}

bool is_blanket(std::span<const Vec2> outline, Vec2 centre, float radius) {
    float least = std::numeric_limits<float>::infinity(), most = 0;
    for (const Vec2 point : outline) {
        least = std::min(least, length(point - centre));
        most = std::max(most, length(point - centre));
    }
    return most - least <= blanket_within && least >= radius && most <= most_radii * radius;
}

}  // namespace osu
