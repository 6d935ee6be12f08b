// A map with other coordinates: each object's line is edited token by token, so that all else stays as it was
// written.
#include <algorithm>
#include <cctype>
#include <cmath>
#include <numbers>

#include <fmt/format.h>

#include "base/error.h"
#include "beatmap/numbers.h"
#include "beatmap/rewrite.h"
#include "beatmap/slider_path.h"
#include "sequence/anchor_placer.h"
#include "sequence/fitted_timing.h"
#include "sequence/line_edit.h"
#include "sequence/sequence.h"

namespace osu {
namespace {

// How far a slider's body may leave the playfield before it is turned back: about half a circle. Of the
// sliders that people made, one in a thousand goes further.
constexpr float body_margin = 30;      // px
constexpr int turn_step = 10;          // degrees
constexpr double worth_fitting = 0.5;  // px of difference in length
// A length that the source's path did not reach stays as it is written where what is played differs by less.
constexpr double same_length = 1;       // px …
constexpr double same_share = 0.02;     // … and of the length
constexpr double long_enough = 0.25;    // px that whole pixels may take from a path
constexpr int stretch_limit = 6;        // tries to make a path as long as it should be
constexpr double stretch_margin = 0.4;  // px beyond it, for what rounding takes

struct Placed {
    std::vector<Vec2> anchors;
    double length = 0;  // px, as it will be written
    bool fitted = false;
    bool reaches = true;  // the path is as long as what is to be played
};

class Remapper {
  public:
    Remapper(const Beatmap& source, const RemapOptions& options)
        : source_(source),
          options_(options),
          rewrite_(source),
          placer_(source, options.allow_offscreen),
          timing_(source) {}

    void put_object(const Sequence& sequence, std::span<const Vec2> position, size_t first, size_t end) {
        const uint32_t index = sequence.object[first];
        const HitObject& object = source_.objects[index];
        // The game spins in the middle of the field, wherever the file has it.
        if (object.kind != ObjectKind::circle && object.kind != ObjectKind::slider) return;
        if (object.kind == ObjectKind::circle) {
            const Vec2 place = placer_.place(position[first], object.position);
            return write_line(object, std::span(&place, 1), object.pixel_length);
        }
        const auto anchors = source_.anchors_of(object);
        wanted_.assign(anchors.size(), {});
        known_.assign(anchors.size(), false);
        for (size_t i = first; i < end; ++i) {
            const uint32_t anchor = sequence.anchor[i];
            if (sequence.type[i] > PointType::last_anchor || known_[anchor]) continue;
            wanted_[anchor] = position[i];
            known_[anchor] = true;
        }
        for (size_t i = 1; i < anchors.size(); ++i)
            if (!known_[i]) wanted_[i] = wanted_[i - 1];
        put_slider(index);
    }

    std::string finish() {
        timing_.write(rewrite_);
        const Metadata& metadata = source_.metadata;
        if (!options_.version.empty() && options_.version != metadata.version)
            rewrite_.set_value(Section::metadata, "Version", options_.version);
        // Old formats have no such line, which means the same as 0.
        if (options_.beatmap_id != metadata.beatmap_id)
            rewrite_.set_value(Section::metadata, "BeatmapID", std::to_string(options_.beatmap_id));
        return rewrite_.text();
    }

  private:
    const Beatmap& source_;
    const RemapOptions& options_;
    Rewrite rewrite_;
    AnchorPlacer placer_;
    FittedTiming timing_;
    SliderPath path_;
    std::vector<Vec2> wanted_, turned_;
    std::vector<bool> known_;
    std::vector<PathSegment> segments_;

    void put_slider(uint32_t index) {
        const HitObject& slider = source_.objects[index];
        Placed placed;
        if (!placer_.place_slider(slider, wanted_, placed.anchors)) return;
        path_.assign(source_, slider);
        // A negative one is none, and stays as it is written. Beyond max_coordinate the game drops the
        // slider.
        const double length =
            slider.pixel_length < 0 ? slider.pixel_length : std::min(path_.length(), max_coordinate);
        // Below v8 ticks go by length, so that another one would move them.
        const bool can_fit = options_.velocity == VelocityMode::fit && source_.format_version >= 8 &&
                             length > 0 && timing_.can_fit(index);
        if (!find_place(index, length, can_fit, placed)) place_at(index, 0, length, can_fit, placed);
        if (placed.fitted) placed.length = timing_.fit(index, length, placed.length);
        write_line(slider, placed.anchors, placed.length);
    }

    // Turns the slider about its head, which changes neither its shape nor its length, by the least angle
    // that keeps its body near the playfield; where none does and it was fitted, tries the length of the
    // source.
    bool find_place(uint32_t index, double length, bool can_fit, Placed& placed) {
        for (int fit = can_fit; fit >= 0; --fit) {
            for (int angle = 0; angle <= 180; angle = angle > 0 ? -angle : turn_step - angle) {
                place_at(index, angle, length, fit, placed);
                if (placed.reaches && (options_.allow_offscreen || body_inside())) return true;
            }
        }
        return false;
    }

    // Leaves the path of what it places in path_.
    void place_at(uint32_t index, int angle, double length, bool fit, Placed& placed) {
        const HitObject& slider = source_.objects[index];
        place_anchors(slider, angle, 1, placed.anchors);
        placed.fitted = false;
        if (fit) {
            draw(slider, placed.anchors, 0);
            placed.length = timing_.nearest_length(index, length, path_.natural_length());
            placed.fitted = std::abs(placed.length - length) > worth_fitting;
        }
        if (placed.fitted) return draw(slider, placed.anchors, placed.length);
        stretch(slider, angle, length, placed);
        placed.length = written_length(slider, placed.anchors, length);
    }

    // The slider's anchors turned and drawn out about the head.
    void place_anchors(const HitObject& slider, int angle, double scale, std::vector<Vec2>& anchors) {
        const Vec2 head = placer_.place(wanted_[0], slider.position);
        const auto cosine = static_cast<float>(scale * std::cos(angle * std::numbers::pi / 180));
        const auto sine = static_cast<float>(scale * std::sin(angle * std::numbers::pi / 180));
        turned_ = wanted_;
        for (size_t i = 1; (angle != 0 || scale != 1) && i < turned_.size(); ++i) {
            const Vec2 arm = wanted_[i] - head;
            turned_[i] = head + Vec2{arm.x * cosine - arm.y * sine, arm.x * sine + arm.y * cosine};
        }
        placer_.place_slider(slider, turned_, anchors);
    }

    // A path that ends in two equal points does not grow in the game, and what is doubled in the source stays
    // doubled: such a slider is drawn out until its path is as long as it should be. Leaves its path in
    // path_.
    void stretch(const HitObject& slider, int angle, double length, Placed& placed) {
        double scale = 1;
        for (int i = 0; i <= stretch_limit; ++i) {
            draw(slider, placed.anchors, length);
            placed.reaches = path_.length() > length - long_enough;
            if (placed.reaches || !(path_.length() > 0) || i == stretch_limit) return;
            scale *= (length + stretch_margin) / path_.length();
            place_anchors(slider, angle, scale, placed.anchors);
        }
    }

    // The length as it is written, where the game takes from it what it plays of the source: also of a path
    // that was shorter there and could not grow. Otherwise that which was played.
    double written_length(const HitObject& slider, std::span<const Vec2> anchors, double length) {
        const double written = slider.pixel_length;
        if (written == length || !(written > 0)) return length;
        draw(slider, anchors, written);
        const double difference = std::abs(path_.length() - length);
        if (difference <= std::min(same_length, same_share * length)) return written;
        draw(slider, anchors, length);
        return length;
    }

    void draw(const HitObject& slider, std::span<const Vec2> anchors, double length) {
        segments_.clear();
        for (PathSegment segment : source_.segments_of(slider)) {
            segment.first -= slider.first_anchor;
            segments_.push_back(segment);
        }
        path_.assign(anchors, segments_, length, source_.format_version);
    }

    bool body_inside() const {
        for (const Vec2 point : path_.points()) {
            if (point.x < -body_margin || point.x > playfield_size.x + body_margin) return false;
            if (point.y < -body_margin || point.y > playfield_size.y + body_margin) return false;
        }
        return true;
    }

    std::string number(float value) const {
        return source_.format_version < 128 ? fmt::format("{}", static_cast<int>(value))
                                            : fmt::format("{}", value);
    }

    // Coordinates that read as the new ones stay as they are written.
    void write_coordinate(LineEdit& edit, std::string_view token, float source, float value) const {
        if (value != source) edit.replace(trim(token), number(value));
    }

    void write_line(const HitObject& object, std::span<const Vec2> places, double length) {
        const std::string_view line = source_.line(object.line), text = without_comment(line);
        LineEdit edit(line);
        Fields fields(text);
        std::string_view field;
        for (int i = 0; fields.next(field); ++i) {
            if (i == 0) write_coordinate(edit, field, object.position.x, places[0].x);
            if (i == 1) write_coordinate(edit, field, object.position.y, places[0].y);
            if (object.kind != ObjectKind::slider) continue;
            if (i == 5) write_path(edit, field, source_.anchors_of(object), places);
            if (length == object.pixel_length) continue;
            if (i == 6 &&
                fields.rest().data() == field.data() + field.size())  // the line ends before the length
                edit.replace(trim(field), fmt::format("{},{}", trim(field), length));
            if (i == 7) edit.replace(trim(field), fmt::format("{}", length));
        }
        if (edit.changed()) rewrite_.replace(object.line, edit.text());
    }

    void write_path(LineEdit& edit, std::string_view path, std::span<const Vec2> source,
                    std::span<const Vec2> places) const {
        Fields parts(path, '|');
        size_t anchor = 1;
        for (std::string_view part; parts.next(part);) {
            if (std::isalpha(static_cast<unsigned char>(part[0]))) continue;
            Fields numbers(part, ':');
            std::string_view x, y;
            numbers.next(x), numbers.next(y);
            write_coordinate(edit, x, source[anchor].x, places[anchor].x);
            write_coordinate(edit, y, source[anchor].y, places[anchor].y);
            ++anchor;
        }
    }
};

}  // namespace

std::string remap(const Beatmap& source, std::span<const Vec2> position, const RemapOptions& options) {
    const Sequence sequence = to_sequence(source);
    if (position.size() != sequence.size()) {
        fail("{} positions for a map of {} datapoints", position.size(), sequence.size());
    }
    for (size_t i = 0; i < position.size(); ++i) {
        if (std::isfinite(position[i].x) && std::isfinite(position[i].y)) continue;
        fail(Hint{"a checkpoint or a training run that went wrong gives such coordinates"},
             "datapoint {} (at {} ms) has the coordinates {}, {}", i, sequence.time[i], position[i].x,
             position[i].y);
    }
    Remapper remapper(source, options);
    for (size_t first = 0, end = 0; first < sequence.size(); first = end) {
        while (end < sequence.size() && sequence.object[end] == sequence.object[first]) ++end;
        if (options.selected.empty() || options.selected[sequence.object[first]])
            remapper.put_object(sequence, position, first, end);
    }
    return remapper.finish();
}

}  // namespace osu
