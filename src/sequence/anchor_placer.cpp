#include "sequence/anchor_placer.h"

#include <algorithm>
#include <cmath>

#include "beatmap/curve.h"
#include "beatmap/numbers.h"

namespace osu {
namespace {

constexpr int first_fractional_version = 128;
constexpr float fraction = 1000;     // steps a pixel where the format allows fractions
constexpr float same_place = 0.01f;  // px: what normalising and back may lose

// A point and its neighbours, a pixel away.
constexpr Vec2 nudges[] = {{0, 0}, {1, 0}, {-1, 0}, {0, 1}, {0, -1}, {1, 1}, {-1, -1}, {1, -1}, {-1, 1}};

bool same(Vec2 a, Vec2 b) {
    return std::abs(a.x - b.x) < same_place && std::abs(a.y - b.y) < same_place;
}

}  // namespace

AnchorPlacer::AnchorPlacer(const Beatmap& source, bool allow_offscreen)
    : source_(source), fractional_(source.format_version >= first_fractional_version) {
    // Beyond this limit the game drops the object.
    const auto limit = static_cast<float>(max_coordinate);
    low_ = allow_offscreen ? Vec2{-limit, -limit} : Vec2{0, 0};
    high_ = allow_offscreen ? Vec2{limit, limit} : playfield_size;
}

bool AnchorPlacer::inside(Vec2 point) const {
    return point.x >= low_.x && point.y >= low_.y && point.x <= high_.x && point.y <= high_.y;
}

Vec2 AnchorPlacer::place(Vec2 wanted, Vec2 source) const {
    if (same(wanted, source)) return source;
    const auto round = [&](float value) {
        return (fractional_ ? std::nearbyint(value * fraction) / fraction : std::nearbyint(value)) +
               0.0f;  // no −0
    };
    return {round(std::clamp(wanted.x, low_.x, high_.x)), round(std::clamp(wanted.y, low_.y, high_.y))};
}

bool AnchorPlacer::place_slider(const HitObject& slider, std::span<const Vec2> wanted,
                                std::vector<Vec2>& out) const {
    const std::span<const Vec2> source = source_.anchors_of(slider);
    const size_t count = source.size();
    out.resize(count);
    for (size_t i = 0; i < count; ++i) out[i] = place(wanted[i], source[i]);
    // Equal neighbours stay equal: at the head, else at the last anchor, else at the first of them.
    for (size_t first = 0, last = 0; first < count; first = last + 1) {
        for (last = first; last + 1 < count && source[last + 1] == source[first];) ++last;
        const Vec2 place = out[first > 0 && last + 1 == count ? last : first];
        std::fill(out.begin() + first, out.begin() + last + 1, place);
    }
    if (std::equal(out.begin(), out.end(), source.begin())) return false;
    // From head to end, so that what an arc moves is in place before the anchors behind it are looked at.
    const auto segments = source_.segments_of(slider);
    auto segment = segments.begin();
    for (size_t first = 1, last = 1; first < count; first = last + 1) {
        for (last = first; last + 1 < count && source[last + 1] == source[first];) ++last;
        if (source[first] != source[first - 1] && out[first] == out[first - 1]) nudge(out, first, last);
        for (; segment != segments.end(); ++segment) {
            const size_t start = segment->first - slider.first_anchor;
            if (start + segment->count > last + 1) break;
            if (segment->type == CurveType::perfect && segment->count == 3)
                shape_arc(out, source, start, last);
        }
    }
    return true;
}

// Anchors [first, last], all at one place, away from both their neighbours.
void AnchorPlacer::nudge(std::vector<Vec2>& anchors, size_t first, size_t last) const {
    for (const Vec2 step : nudges) {
        const Vec2 place = anchors[first] + step;
        if (!inside(place) || place == anchors[first - 1]) continue;
        if (last + 1 < anchors.size() && place == anchors[last + 1]) continue;
        std::fill(anchors.begin() + first, anchors.begin() + last + 1, place);
        return;
    }
}

// An arc from `first` whose end stands at all anchors up to `last`: straight where it is straight in the
// source, and only there.
void AnchorPlacer::shape_arc(std::vector<Vec2>& anchors, std::span<const Vec2> source, size_t first,
                             size_t last) const {
    const bool straight = collinear(anchors[first], anchors[first + 1], anchors[first + 2]);
    if (collinear(source[first], source[first + 1], source[first + 2]) == straight) return;
    const std::span<Vec2> all(anchors), middle = all.subspan(first + 1, 1),
                                        end = all.subspan(first + 2, last - first - 1);
    straight ? bend(middle, end, anchors[first]) : straighten(middle, end, anchors[first]);
}

// Three anchors on a line that must be an arc: moves the middle one, and where that cannot help (both ends at
// one place) the end.
void AnchorPlacer::bend(std::span<Vec2> middle, std::span<Vec2> end, Vec2 start) const {
    for (const Vec2 end_step : nudges) {
        for (const Vec2 step : nudges) {
            const Vec2 new_middle = middle[0] + step, new_end = end[0] + end_step;
            if (!inside(new_middle) || !inside(new_end) || collinear(start, new_middle, new_end)) continue;
            middle[0] = new_middle;
            std::fill(end.begin(), end.end(), new_end);
            return;
        }
    }
}

// An arc that is a line in the source: the middle goes halfway, and the end where whole pixels make it a
// line.
void AnchorPlacer::straighten(std::span<Vec2> middle, std::span<Vec2> end, Vec2 start) const {
    const Vec2 half = (end[0] - start) * 0.5f;
    const float steps = fractional_ ? fraction : 1;
    // Towards the start, so that the end stays inside.
    Vec2 arm{std::trunc(half.x * steps) / steps, std::trunc(half.y * steps) / steps};
    for (const Vec2 step : nudges) {
        if (arm != Vec2{}) break;
        if (inside(start + step * 2)) arm = step;
    }
    middle[0] = start + arm;
    std::fill(end.begin(), end.end(), start + arm * 2);
}

}  // namespace osu
