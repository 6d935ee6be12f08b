#include "beatmap/slider_path.h"

#include <algorithm>
#include <cmath>

#include "beatmap/curve.h"

namespace osu {
namespace {

constexpr int lazer_version = 128;

void flatten(CurveFlattener& curve, CurveType type, int degree, std::span<const Vec2> control) {
    if (control.empty()) return;
    switch (type) {
        case CurveType::linear: return curve.linear(control);
        case CurveType::perfect: return curve.perfect(control);
        case CurveType::catmull: return curve.catmull(control);
        case CurveType::bspline: return curve.bspline(control, degree);
        case CurveType::bezier: return curve.bezier(control);
    }
}

// One typed segment; `own` of its points are listed under its letter, the point shared with the next segment
// is not.
void flatten_segment(CurveFlattener& curve, const PathSegment& segment, std::span<const Vec2> control,
                     size_t own, int format_version) {
    CurveType type = segment.type;
    if (type == CurveType::perfect) {
        if (control.size() != 3) {
            type = CurveType::bezier;
        } else if (format_version < lazer_version && collinear(control[0], control[1], control[2])) {
            type = CurveType::linear;
        }
    }
    const size_t split_end = type == CurveType::catmull && format_version < lazer_version ? 2 : own;
    size_t start = 0;
    for (size_t i = 1; i + 1 < own && i < split_end; ++i) {
        if (control[i] != control[i - 1]) continue;
        flatten(curve, type, segment.degree, control.subspan(start, i - start));
        start = i;
    }
    flatten(curve, type, segment.degree, control.subspan(start));
}

float distance(Vec2 a, Vec2 b) {
    const Vec2 d = b - a;
    return std::sqrt(d.x * d.x + d.y * d.y);
}

}  // namespace

SliderPath::SliderPath(std::span<const Vec2> anchors, std::span<const PathSegment> segments,
                       double pixel_length, int format_version) {
    assign(anchors, segments, pixel_length, format_version);
}

SliderPath::SliderPath(const Beatmap& map, const HitObject& slider) {
    assign(map, slider);
}

void SliderPath::assign(const Beatmap& map, const HitObject& slider) {
    // Segments count their anchors from the map's first.
    const auto segments = map.segments_of(slider);
    thread_local std::vector<PathSegment> local;
    local.assign(segments.begin(), segments.end());
    for (PathSegment& segment : local) segment.first -= slider.first_anchor;
    assign(map.anchors_of(slider), local, slider.pixel_length, map.format_version);
}

void SliderPath::assign(std::span<const Vec2> anchors, std::span<const PathSegment> segments,
                        double pixel_length, int format_version) {
    points_.clear();
    cumulative_.clear();
    natural_length_ = 0;
    if (anchors.empty()) return;
    thread_local std::vector<Vec2> control;  // relative to the head
    control.clear();
    for (const Vec2 anchor : anchors) control.push_back(anchor - anchors[0]);
    CurveFlattener curve(points_, anchors.size());
    for (size_t i = 0; i < segments.size(); ++i) {
        const PathSegment& segment = segments[i];
        const std::span<const Vec2> points =
            std::span<const Vec2>(control).subspan(segment.first, segment.count);
        const bool last = i + 1 == segments.size();
        flatten_segment(curve, segment, points, last ? points.size() : points.size() - 1, format_version);
    }
    if (points_.empty()) points_.push_back({});
    fit_length(pixel_length);
    for (Vec2& point : points_) point = point + anchors[0];
}

// Whole pieces go, then the last one is cut or drawn out. As in the game, a path whose last two points are
// equal has no direction to grow in and stays short.
void SliderPath::fit_length(double pixel_length) {
    double total = 0;
    cumulative_.push_back(0);
    for (size_t i = 1; i < points_.size(); ++i) {
        total += static_cast<double>(distance(points_[i - 1], points_[i]));
        cumulative_.push_back(total);
    }
    natural_length_ = total;
    const size_t count = points_.size();
    if (!(pixel_length > 0) || pixel_length == total || count < 2) return;
    if (pixel_length > total) {
        if (points_[count - 1] == points_[count - 2]) return;
    } else {
        while (cumulative_[points_.size() - 2] >= pixel_length) {
            points_.pop_back();
            cumulative_.pop_back();
        }
    }
    const size_t last = points_.size() - 1;
    const Vec2 from = points_[last - 1];
    const float piece = distance(from, points_[last]);
    if (!(piece > 0)) return;
    points_[last] =
        from + (points_[last] - from) * static_cast<float>((pixel_length - cumulative_[last - 1]) / piece);
    cumulative_[last] = pixel_length;
}

double SliderPath::length() const {
    return cumulative_.empty() ? 0 : cumulative_.back();
}

double SliderPath::natural_length() const {
    return natural_length_;
}

Vec2 SliderPath::position_at(double progress) const {
    if (points_.empty()) return {};
    const double wanted = std::clamp(progress, 0.0, 1.0) * length();
    const auto found = std::lower_bound(cumulative_.begin(), cumulative_.end(), wanted);
    const auto i = static_cast<size_t>(found - cumulative_.begin());
    if (i == 0) return points_.front();
    if (i >= points_.size()) return points_.back();
    const double piece = cumulative_[i] - cumulative_[i - 1];
    if (piece <= 1e-7) return points_[i - 1];
    return points_[i - 1] +
           (points_[i] - points_[i - 1]) * static_cast<float>((wanted - cumulative_[i - 1]) / piece);
}

std::span<const Vec2> SliderPath::points() const {
    return points_;
}

}  // namespace osu
