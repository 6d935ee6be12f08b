#include "sequence/sequence.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "beatmap/curve.h"
#include "beatmap/slider_path.h"

namespace osu {
namespace {

PointType end_type(int32_t spans) {
    if (spans <= 1) return PointType::slider_end_1;
    if (spans == 2) return PointType::slider_end_2;
    if (spans == 3) return PointType::slider_end_3;
    return spans % 2 == 0 ? PointType::slider_end_even : PointType::slider_end_odd;
}

// Where a circle's line ends before the hit sample (maps of old formats), the reference takes the combo skip
// for the new combo, and its checkpoints have learned such circles so. The map itself keeps its new combo.
bool sees_new_combo(const Beatmap& map, const HitObject& circle) {
    const std::string_view line = map.line(circle.line);
    return std::count(line.begin(), line.end(), ',') >= 5 ? circle.new_combo : circle.combo_skip > 0;
}

class Writer {
  public:
    explicit Writer(const Beatmap& map) : map_(map) { reserve(); }

    void put(uint32_t object, PointType type, Vec2 position, double time, uint32_t anchor = 0) {
        out_.position.push_back(position);
        out_.time.push_back(time);
        out_.type.push_back(type);
        out_.object.push_back(object);
        out_.anchor.push_back(anchor);
    }

    void put_object(uint32_t index) {
        const HitObject& object = map_.objects[index];
        switch (object.kind) {
            case ObjectKind::slider: return put_slider(index, object);
            case ObjectKind::circle:
                return put(index,
                           sees_new_combo(map_, object) ? PointType::circle_new_combo : PointType::circle,
                           object.position, object.start_time);
            default:  // a hold note, too, is a spinner to this mode
                put(index, PointType::spinner_start, object.position, object.start_time);
                put(index, PointType::spinner_end, object.position, object.end_time);
        }
    }

    Sequence sequence() { return std::move(out_); }

  private:
    const Beatmap& map_;
    Sequence out_;
    SliderPath path_;

    void reserve() {
        const size_t most = map_.anchors.size() + 2 * map_.objects.size();
        out_.position.reserve(most);
        out_.time.reserve(most);
        out_.type.reserve(most);
        out_.object.reserve(most);
        out_.anchor.reserve(most);
    }

    void put_slider(uint32_t index, const HitObject& slider) {
        const auto anchors = map_.anchors_of(slider);
        const auto count = static_cast<uint32_t>(anchors.size());
        const double duration = duration_of(slider, anchors), span = duration / slider.span_count;
        put(index, slider.new_combo ? PointType::slider_head_new_combo : PointType::slider_head,
            slider.position, slider.start_time);
        for (const PathSegment& segment : map_.segments_of(slider)) {
            const uint32_t first = segment.first - slider.first_anchor, last = first + segment.count - 1;
            // Where two curves meet is a corner, whatever their types.
            if (first > 0) put_inner(index, slider, PointType::red_anchor, first, span);
            for (uint32_t i = first + 1; i < last; ++i) {
                PointType type;
                if (inner_type(segment, anchors, i, type)) put_inner(index, slider, type, i, span);
            }
        }
        put(index, PointType::last_anchor, anchors.back(), slider.start_time + span, count - 1);
        path_.assign(map_, slider);
        put(index, end_type(slider.span_count), path_.position_at(1), slider.start_time + duration);
    }

    double duration_of(const HitObject& slider, std::span<const Vec2> anchors) const {
        // Where the path alone gives the length, the reader has computed it.
        const bool extends = anchors.size() > 1 && anchors.back() != anchors[anchors.size() - 2];
        if (!extends || !(slider.pixel_length > 0)) return std::trunc(slider.end_time - slider.start_time);
        return whole_duration(map_, slider, slider.pixel_length, slider.slider_velocity);
    }

    void put_inner(uint32_t index, const HitObject& slider, PointType type, uint32_t anchor, double span) {
        const double share = static_cast<double>(anchor) / (slider.anchor_count - 1);
        put(index, type, map_.anchors[slider.first_anchor + anchor], slider.start_time + share * span,
            anchor);
    }

    // False for the second of two equal Bézier points, which is no datapoint.
    static bool inner_type(const PathSegment& segment, std::span<const Vec2> anchors, uint32_t i,
                           PointType& type) {
        if (segment.type == CurveType::linear) {
            type = PointType::red_anchor;
        } else if (segment.type == CurveType::catmull) {
            type = PointType::catmull_anchor;
        } else if (segment.type == CurveType::perfect && segment.count == 3 &&
                   !collinear(anchors[i - 1], anchors[i], anchors[i + 1])) {
            type = PointType::perfect_anchor;
        } else if (anchors[i] == anchors[i + 1]) {
            type = PointType::red_anchor;
        } else {
            type = PointType::bezier_anchor;
            return anchors[i] != anchors[i - 1];
        }
        return true;
    }
};

}  // namespace

// Whole milliseconds: the old client counts in them, and so does what checkpoints were trained on. The order
// of the operations is the reference's too: it decides on which side of a whole number the product falls.
double whole_duration(const Beatmap& map, const HitObject& slider, double pixel_length,
                      double slider_velocity) {
    const double px_per_beat = map.difficulty.slider_multiplier * 100 * slider_velocity;
    const double beats = pixel_length * slider.span_count / px_per_beat;
    return std::trunc(beats * map.beat_length_at(slider.start_time));
}

Sequence to_sequence(const Beatmap& map) {
    if (map.mode != GameMode::standard) {
        fail(Hint{"only maps of the standard mode can be read as a sequence"},
             "the map is for {}, not for osu!", name_of(map.mode));
    }
    Writer writer(map);
    for (uint32_t i = 0; i < map.objects.size(); ++i) writer.put_object(i);
    return writer.sequence();
}

std::vector<float> distances(const Sequence& sequence) {
    std::vector<float> out(sequence.size());
    Vec2 before{256, 192};
    for (size_t i = 0; i < out.size(); ++i) {
        const Vec2 step = sequence.position[i] - before;
        out[i] = std::sqrt(step.x * step.x + step.y * step.y);
        before = sequence.position[i];
    }
    return out;
}

}  // namespace osu
