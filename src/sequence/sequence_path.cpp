#include "sequence/sequence_path.h"

#include <algorithm>

namespace osu {

namespace {

CurveType curve_of(PointType anchor, CurveType before) {
    switch (anchor) {
        case PointType::bezier_anchor: return CurveType::bezier;
        case PointType::perfect_anchor: return CurveType::perfect;
        case PointType::catmull_anchor: return CurveType::catmull;
        default: return before;
    }
}

// px from the head to the last of the points of the path that are as near to `end` as any.
float length_to(const SliderPath& path, Vec2 end) {
    constexpr float as_near = 0.05f;  // px
    const auto points = path.points();
    float best = 0, nearest = length(points[0] - end), before = 0;
    for (size_t i = 1; i < points.size(); ++i) {
        const Vec2 step = points[i] - points[i - 1], to = end - points[i - 1];
        const float piece = length(step);
        if (!(piece > 0)) continue;
        float along = std::max((to.x * step.x + to.y * step.y) / piece, 0.0f);
        if (i + 1 < points.size()) along = std::min(along, piece);  // the last piece goes on straight
        const float off = length(to - step * (along / piece));
        if (off < nearest + as_near) {
            best = before + along;
            nearest = std::min(nearest, off);
        }
        before += piece;
    }
    return best;
}

}  // namespace

size_t slider_end(std::span<const uint8_t> type, size_t first) {
    size_t end = first + 1;
    while (end < type.size() && type[end] >= static_cast<uint8_t>(PointType::bezier_anchor)) {
        ++end;
        if (is_slider_end(static_cast<PointType>(type[end - 1]))) break;
    }
    return end;
}

void assign_path(SliderPath& path, std::span<const uint8_t> type, std::span<const Vec2> position,
                 double length) {
    thread_local std::vector<Vec2> anchors;
    thread_local std::vector<PathSegment> segments;
    anchors.assign(1, position[0]);
    segments.clear();
    PathSegment segment{CurveType::linear, 0, 0, 1};
    for (size_t i = 1; i < type.size(); ++i) {
        const auto point = static_cast<PointType>(type[i]);
        if (is_slider_end(point)) break;
        anchors.push_back(position[i]);
        ++segment.count;
        segment.type = curve_of(point, segment.type);
        if (point != PointType::red_anchor && point != PointType::last_anchor) continue;
        segments.push_back(segment);
        segment = {CurveType::linear, 0, static_cast<uint32_t>(anchors.size() - 1), 1};
    }
    if (segment.count > 1 || segments.empty()) segments.push_back(segment);
    path.assign(anchors, segments, length);
}

std::vector<SliderLengths> slider_lengths(std::span<const uint8_t> type, std::span<const Vec2> position) {
    std::vector<SliderLengths> lengths;
    SliderPath path;
    for (size_t i = 0; i < type.size(); ++i) {
        if (!is_slider_head(static_cast<PointType>(type[i]))) continue;
        const size_t count = slider_end(type, i) - i;
        assign_path(path, type.subspan(i, count), position.subspan(i, count), 0);
        const auto natural = static_cast<float>(path.natural_length());
        const bool ended = is_slider_end(static_cast<PointType>(type[i + count - 1]));
        lengths.push_back({natural, ended ? length_to(path, position[i + count - 1]) : natural});
    }
    return lengths;
}

}  // namespace osu
