// Marks of the structure that people give a map: symmetry, equal angles, parallel sliders, blankets, repeats.
#include <algorithm>
#include <cmath>
#include <complex>
#include <limits>
#include <map>
#include <numbers>

#include "evaluation/marks.h"
#include "sequence/outline.h"

namespace osu {

namespace {

constexpr double longest_gap = 1000;     // ms between objects that one movement joins
constexpr double equal_gap_within = 8;   // ms
constexpr float symmetric_within = 8;    // px
constexpr float equal_angle_within = 8;  // degrees
constexpr float parallel_within = 8;     // degrees
constexpr float equal_length_within = 0.02f;
constexpr double spot_time = 3000;                               // ms
constexpr float same_spot = 1, missed_spot = 20, left_spot = 4;  // px
constexpr size_t repeat_length = 8, echo_length = 4;
constexpr float repeat_within = 15;   // px, root of the mean square
constexpr float least_echo = 45;      // px of extent: smaller figures are all alike
constexpr float echo_within = 0.15f;  // of the extent
constexpr double rhythm_grain = 16;   // ms
constexpr size_t most_repeats = 16;   // of one window that are looked at
constexpr float degrees = static_cast<float>(180 / std::numbers::pi);

using Shape = std::span<const Vec2>;

bool is_jump(const PlacedObjects& placed, size_t i) {
    return placed.joined_circles(i, longest_gap) && placed.asked(i) > 2 * placed.radius;
}

// Objects i − 3 to i are circles a jump apart, at equal gaps of time.
bool four_jump(const PlacedObjects& placed, size_t i) {
    if (i < 3 || i >= placed.head.size()) return false;
    const auto& objects = placed.plan.objects;
    const auto gap = [&](size_t at) { return objects[at].start - objects[at - 1].start; };
    for (const size_t at : {i - 2, i - 1, i})
        if (!is_jump(placed, at) || std::abs(gap(at) - gap(i)) > equal_gap_within) return false;
    return true;
}

// 0: straight back; 180: straight on.
float angle_at(const PlacedObjects& placed, size_t i) {
    const Vec2 in = placed.movement(i), out = placed.movement(i + 1);
    const float size = length(in) * length(out);
    if (!(size > 0)) return std::numeric_limits<float>::quiet_NaN();
    return std::acos(std::clamp(-(in.x * out.x + in.y * out.y) / size, -1.0f, 1.0f)) * degrees;
}

// b and c read backwards onto a and d: by a half turn …
bool turned(Vec2 a, Vec2 b, Vec2 c, Vec2 d) {
    return length(a + d - b - c) * 0.5f <= symmetric_within;  // between the middles of both pairs
}
// … or by the mirror in the line between them, which both pairs agree on.
bool mirrored(Vec2 a, Vec2 b, Vec2 c, Vec2 d) {
    const bool outer = length(d - a) >= length(c - b);
    if (!outer) return mirrored(b, a, d, c);
    const Vec2 across = d - a;
    const float size = length(across);
    if (!(size > symmetric_within)) return false;
    const Vec2 axis = across * (1 / size), middle = (a + d) * 0.5f;
    const float along = (b.x - middle.x) * axis.x + (b.y - middle.y) * axis.y;
    return length(b - axis * (2 * along) - c) * 0.5f <= symmetric_within;
}

void note_spots(const PlacedObjects& placed, size_t i, MarksOfObject& marks) {
    const auto& objects = placed.plan.objects;
    bool again = false, missed = false, left = false;
    for (size_t before = i; before-- > 0 && objects[before].start >= objects[i].start - spot_time;) {
        if (objects[before].kind == ObjectKind::spinner) continue;
        const float off = length(placed.head[i] - placed.head[before]);
        if (before + 1 < i && off <= same_spot) again = true;
        if (left && off <= missed_spot) missed = true;
        left = left || off > left_spot;
    }
    mark_of(marks, Mark::spot_again) = again;
    mark_of(marks, Mark::spot_missed) = missed && !again;
}

bool is_parallel(Vec2 a, Vec2 b) {
    const auto within = [](float angle) {
        return std::abs(std::remainder(angle, 180.0f)) <= parallel_within;
    };
    const float of_a = std::atan2(a.y, a.x) * degrees, of_b = std::atan2(b.y, b.x) * degrees;
    return within(of_a - of_b) || within(of_a + of_b);
}

// px, root of the mean square between two shapes of as many points, after the best movement, turn and mirror.
float unlikeness(Shape a, Shape b) {
    using Point = std::complex<double>;
    Point mean_a = 0, mean_b = 0, turn = 0, mirror = 0;
    const auto at = [](Vec2 p) { return Point(p.x, p.y); };
    for (size_t i = 0; i < a.size(); ++i) {
        mean_a += at(a[i]);
        mean_b += at(b[i]);
    }
    const auto count = static_cast<double>(a.size());
    double sizes = 0;
    for (size_t i = 0; i < a.size(); ++i) {
        const Point p = at(a[i]) - mean_a / count, q = at(b[i]) - mean_b / count;
        sizes += std::norm(p) + std::norm(q);
        turn += std::conj(p) * q;
        mirror += p * q;
    }
    const double square = (sizes - 2 * std::max(std::abs(turn), std::abs(mirror))) / count;
    return static_cast<float>(std::sqrt(std::max(0.0, square)));
}

// px from the mean, root of the mean square: what is all on one spot repeats everything.
float extent(Shape shape) {
    const std::vector<Vec2> point(shape.size());
    return unlikeness(shape, point);
}

// Kinds and gaps of objects [first, first + count).
std::vector<int> rhythm_of(const PlacedObjects& placed, size_t first, size_t count) {
    const auto& objects = placed.plan.objects;
    std::vector<int> rhythm;
    for (size_t i = first; i < first + count; ++i) {
        if (objects[i].kind == ObjectKind::spinner) return {};
        rhythm.push_back(static_cast<int>(objects[i].kind));
        if (i == first) continue;
        if (!(objects[i].start > objects[i - 1].start)) return {};
        rhythm.push_back(
            static_cast<int>(std::lround((objects[i].start - objects[i - 1].start) / rhythm_grain)));
    }
    return rhythm;
}

// Both stretches are of the same kinds at the same gaps, and all of their objects belong together.
bool same_rhythm(const PlacedObjects& placed, size_t first, size_t second, size_t count) {
    const auto& objects = placed.plan.objects;
    for (size_t i = 0; i < count; ++i) {
        if (objects[first + i].kind != objects[second + i].kind) return false;
        if (i > 0 && !(placed.joined(first + i, longest_gap) && placed.joined(second + i, longest_gap)))
            return false;
        const auto gap = [&](size_t at) { return objects[at].start - objects[at - 1].start; };
        if (i > 0 && std::abs(gap(first + i) - gap(second + i)) > equal_gap_within) return false;
    }
    return placed.joined(second, longest_gap);
}

}  // namespace

void note_jumps(const PlacedObjects& placed, Marks& marks) {
    const size_t count = placed.head.size();
    for (size_t i = 0; i < count; ++i) {
        if (placed.outline[i].empty()) continue;
        note_spots(placed, i, marks[i]);
        if (i + 1 < count && placed.joined(i, longest_gap) && placed.joined(i + 1, longest_gap)) {
            mark_of(marks[i], Mark::angle) = angle_at(placed, i);
            if (four_jump(placed, i + 1))
                mark_of(marks[i], Mark::equal_angle) =
                    std::abs(angle_at(placed, i) - angle_at(placed, i - 1)) <= equal_angle_within;
        }
        if (!four_jump(placed, i)) continue;
        const Vec2 a = placed.head[i - 3], b = placed.head[i - 2], c = placed.head[i - 1], d = placed.head[i];
        mark_of(marks[i], Mark::mirror) = mirrored(a, b, c, d);
        mark_of(marks[i], Mark::point_mirror) = turned(a, b, c, d);
    }
}

void note_sliders(const PlacedObjects& placed, Marks& marks) {
    const auto& objects = placed.plan.objects;
    size_t before = objects.size();
    for (size_t i = 0; i < objects.size(); ++i) {
        if (objects[i].kind != ObjectKind::slider) continue;
        if (before < i && std::abs(objects[i].needed_length - objects[before].needed_length) <=
                              equal_length_within * objects[before].needed_length)
            mark_of(marks[i], Mark::parallel_slider) = is_parallel(
                placed.path_end[before] - placed.head[before], placed.path_end[i] - placed.head[i]);
        before = i;
        if (!is_curved(placed.outline[i])) continue;
        bool blanket = false;
        for (const size_t next : {i - 1, i + 1}) {
            if (next >= objects.size() || !placed.joined(std::max(i, next), longest_gap)) continue;
            for (const Vec2 point : {placed.head[next], placed.path_end[next]})
                blanket = blanket || is_blanket(placed.outline[i], point, placed.radius);
        }
        mark_of(marks[i], Mark::blanket) = blanket;
    }
}

void note_repeats(const PlacedObjects& placed, Marks& marks) {
    const size_t count = placed.head.size();
    std::vector<Vec2> real;
    for (const PlannedObject& object : placed.plan.objects) real.push_back(placed.map.position[object.first]);
    const Shape heads = placed.head, real_heads = real;
    std::map<std::vector<int>, std::vector<size_t>> seen;
    for (size_t i = 0; i + repeat_length <= count; ++i) {
        const auto rhythm = rhythm_of(placed, i, repeat_length);
        const Shape shape = real_heads.subspan(i, repeat_length);
        if (rhythm.empty() || extent(shape) <= 2 * repeat_within) continue;
        auto& earlier = seen[rhythm];
        float kept = 0, repeats = 0;
        for (size_t k = earlier.size(); k-- > 0 && repeats < most_repeats;) {
            if (earlier[k] + repeat_length > i) continue;
            if (unlikeness(real_heads.subspan(earlier[k], repeat_length), shape) > repeat_within) continue;
            repeats += 1;
            kept += unlikeness(heads.subspan(earlier[k], repeat_length), heads.subspan(i, repeat_length)) <=
                    repeat_within;
        }
        if (repeats > 0) mark_of(marks[i], Mark::repeat_kept) = kept / repeats;
        earlier.push_back(i);
    }
}

void note_echoes(const PlacedObjects& placed, Marks& marks) {
    const Shape heads = placed.head;
    for (size_t i = 2 * echo_length; i <= heads.size(); ++i) {
        const size_t first = i - 2 * echo_length, second = i - echo_length;
        if (!same_rhythm(placed, first, second, echo_length)) continue;
        const Shape shape = heads.subspan(second, echo_length);
        const float size = extent(shape);
        if (size < least_echo) continue;
        mark_of(marks[i - 1], Mark::repeats_last_four) =
            unlikeness(heads.subspan(first, echo_length), shape) <= echo_within * size;
    }
}

}  // namespace osu
