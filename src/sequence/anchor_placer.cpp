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
    for (size_t first = 1, last = 1; first < count; first = last + 1) {
        for (last = first; last + 1 < count && source[last + 1] == source[first];) ++last;
        if (source[first] != source[first - 1] && out[first] == out[first - 1]) nudge(out, first, last);
    }
    for (const PathSegment& segment : source_.segments_of(slider)) {
        if (segment.type != CurveType::perfect || segment.count != 3) continue;
        const size_t i = segment.first - slider.first_anchor;
        const bool straight = collinear(out[i], out[i + 1], out[i + 2]);
        if (collinear(source[i], source[i + 1], source[i + 2])) {
            if (!straight) straighten(out, i);
        } else if (straight) {
            bend(out, i);
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

// Three anchors on a line that must be an arc: moves the middle one, and where that cannot help (both ends at
// one place) the end of the slider.
void AnchorPlacer::bend(std::vector<Vec2>& anchors, size_t first) const {
    const Vec2 start = anchors[first], middle = anchors[first + 1], end = anchors[first + 2];
    const bool end_moves = first + 3 == anchors.size();
    for (const Vec2 end_step : nudges) {
        for (const Vec2 step : nudges) {
            const Vec2 new_middle = middle + step, new_end = end + end_step;
            if (!inside(new_middle) || !inside(new_end) || collinear(start, new_middle, new_end)) continue;
            anchors[first + 1] = new_middle;
            anchors[first + 2] = new_end;
            return;
        }
        if (!end_moves) return;
    }
}

// An arc that is a line in the source: the middle goes halfway, and the end where whole pixels make it a
// line.
void AnchorPlacer::straighten(std::vector<Vec2>& anchors, size_t first) const {
    const Vec2 start = anchors[first];
    const Vec2 half = (anchors[first + 2] - start) * 0.5f;
    const float steps = fractional_ ? fraction : 1;
    // Towards the start, so that the end stays inside.
    const Vec2 arm{std::trunc(half.x * steps) / steps, std::trunc(half.y * steps) / steps};
    if (arm == Vec2{}) return;
    anchors[first + 1] = start + arm;
    anchors[first + 2] = start + arm * 2;
}

void AnchorPlacer::separate_end(std::vector<Vec2>& anchors) const {
    if (anchors.size() > 1) nudge(anchors, anchors.size() - 1, anchors.size() - 1);
}

}  // namespace osu
