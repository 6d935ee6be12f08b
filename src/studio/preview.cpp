#include "studio/preview.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "beatmap/slider_path.h"
#include "studio/takes.h"

namespace osu::studio {

namespace {

constexpr auto least_pause = std::chrono::milliseconds(100);
constexpr int least_share = 50;  // of the time since the start, one part in so many at most

// The anchors that the datapoints stand for; a red one stands for two.
void place_anchors(const SourceMap& source, uint32_t object, std::span<const float> x,
                   std::vector<Vec2>& anchors) {
    const Sequence& sequence = source.datapoints.sequence();
    const auto all = source.map.anchors_of(source.map.objects[object]);
    const size_t tokens = sequence.size();
    std::vector<uint8_t> known(all.size());
    anchors.assign(all.size(), {});
    for (uint32_t t = source.first[object]; t < source.first[object + 1]; ++t) {
        const uint32_t anchor = sequence.anchor[t];
        if (sequence.type[t] > PointType::last_anchor || known[anchor]) continue;
        anchors[anchor] = {x[t] * playfield_size.x, x[tokens + t] * playfield_size.y};
        known[anchor] = 1;
    }
    for (size_t i = 1; i < all.size(); ++i)
        if (!known[i]) anchors[i] = anchors[i - 1];
}

}  // namespace

nlohmann::json preview_shapes(const SourceMap& source, std::span<const uint32_t> objects,
                              std::span<const float> x) {
    std::vector<ObjectShape> shapes;
    std::vector<Vec2> anchors;
    std::vector<PathSegment> segments;
    SliderPath path;
    const size_t tokens = source.datapoints.sequence().size();
    for (const uint32_t i : objects) {
        const HitObject& object = source.map.objects[i];
        const uint32_t first = source.first[i];
        ObjectShape shape;
        shape.position = {x[first] * playfield_size.x, x[tokens + first] * playfield_size.y};
        if (object.kind == ObjectKind::slider) {
            place_anchors(source, i, x, anchors);
            segments.assign(source.map.segments_of(object).begin(), source.map.segments_of(object).end());
            for (PathSegment& segment : segments) segment.first -= object.first_anchor;
            path.assign(anchors, segments, object.pixel_length, source.map.format_version);
            shape.path = simplified(path.points(), coarse_path);
        }
        shapes.push_back(std::move(shape));
    }
    return by_object(objects, shapes);
}

bool PreviewClock::due() const {
    const auto now = Clock::now();
    return now - last_ >= least_pause && spent_ * least_share <= now - started_;
}

void PreviewClock::begin() {
    begun_ = last_ = Clock::now();
}

void PreviewClock::end() {
    spent_ += Clock::now() - begun_;
}

}  // namespace osu::studio
