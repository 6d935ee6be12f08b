#include "beatmap/hit_object_reader.h"

#include <algorithm>
#include <cmath>

#include "beatmap/numbers.h"

namespace osu {

namespace {

constexpr int first_fractional_version = 128;  // below it the game casts coordinates to whole numbers
constexpr int max_span_count = 9000;           // more, and the game drops the slider
// Of one slider. Of 556,000 sliders of real maps the one with the most has 11,085; a path takes memory for
// each.
constexpr size_t max_anchor_count = size_t{1} << 16;

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool read_coordinate(std::string_view text, int format_version, float& out) {
    if (!read_number(text, out, max_coordinate)) return false;
    if (format_version < first_fractional_version) out = std::trunc(out);
    return true;
}

// "normal bank:addition bank:custom index:volume:file name", each after the second optional.
const char* check_samples(std::string_view text, bool banks_only = false) {
    if (text.empty()) return nullptr;
    Fields fields(text, ':');
    const int count = banks_only ? 2 : 4;
    for (int i = 0; i < count; ++i) {
        std::string_view field;
        int32_t value;
        if (!fields.next(field)) return i < 2 ? "the hit sample has too few parts" : nullptr;
        if (!read_number(field, value)) return "the hit sample is not made of whole numbers";
    }
    return nullptr;
}

PathSegment read_curve_type(std::string_view text) {
    int32_t degree;
    switch (text[0]) {
        case 'B':
            if (read_number(text.substr(1), degree) && degree > 0)
                return {CurveType::bspline, static_cast<uint16_t>(std::min(degree, int32_t{UINT16_MAX}))};
            return {CurveType::bezier};
        case 'L': return {CurveType::linear};
        case 'P': return {CurveType::perfect};
        default: return {CurveType::catmull};
    }
}

// "B|x:y|x:y|L|x:y|…": a letter begins a segment at the point that follows it; that point ends the segment
// before.
const char* read_path(std::string_view text, HitObject& slider, Beatmap& map) {
    map.anchors.push_back(slider.position);
    Fields parts(text, '|');
    for (std::string_view part; parts.next(part);) {
        if (part.empty()) return "a point of the slider is empty";
        if (is_letter(part[0])) {
            PathSegment segment = read_curve_type(part);
            const bool first = map.segments.size() == slider.first_segment;
            if (!first && map.segments.back().first >= map.anchors.size())
                return "a curve of the slider has no point";
            segment.first = first ? slider.first_anchor : static_cast<uint32_t>(map.anchors.size());
            map.segments.push_back(segment);
            continue;
        }
        Fields numbers(part, ':');
        std::string_view x, y;
        Vec2 point;
        if (!numbers.next(x) || !numbers.next(y)) return "a point of the slider has no y";
        if (!read_coordinate(x, map.format_version, point.x) ||
            !read_coordinate(y, map.format_version, point.y))
            return "a point of the slider is not made of numbers within ±131072";
        // The old client's default, where the path does not begin with a letter.
        if (map.segments.size() == slider.first_segment)
            map.segments.push_back({CurveType::catmull, 0, slider.first_anchor});
        if (map.anchors.size() - slider.first_anchor == max_anchor_count)
            return "the slider has more than 65536 points";
        map.anchors.push_back(point);
    }
    const auto anchor_end = static_cast<uint32_t>(map.anchors.size());
    const auto segment_end = static_cast<uint32_t>(map.segments.size());
    for (uint32_t i = slider.first_segment; i < segment_end; ++i) {
        PathSegment& segment = map.segments[i];
        const uint32_t next = i + 1 < segment_end ? map.segments[i + 1].first : anchor_end;
        if (segment.first >= next) return "a curve of the slider has no point";
        segment.count = std::min(next + 1, anchor_end) - segment.first;
    }
    slider.anchor_count = anchor_end - slider.first_anchor;
    slider.segment_count = segment_end - slider.first_segment;
    return nullptr;
}

const char* read_slider(Fields& fields, HitObject& slider, Beatmap& map) {
    std::string_view path, spans, length, edge_sounds, edge_samples, samples;
    int32_t span_count;
    if (!fields.next(path) || !fields.next(spans)) return "the slider has no path or no number of spans";
    if (!read_number(spans, span_count)) return "the slider's number of spans is not a whole number";
    if (span_count > max_span_count) return "the slider has more than 9000 spans";
    slider.kind = ObjectKind::slider;
    slider.span_count = std::max(span_count, 1);
    if (fields.next(length)) {
        if (!read_number(length, slider.pixel_length, max_coordinate))
            return "the slider's length is not a number within ±131072";
    }
    if (fields.next(edge_sounds) && fields.next(edge_samples) && fields.next(samples))
        if (const char* problem = check_samples(samples, true)) return problem;
    if (!edge_samples.empty()) {
        Fields edges(edge_samples, '|');
        std::string_view edge;
        for (int i = 0; i <= slider.span_count && edges.next(edge); ++i)
            if (const char* problem = check_samples(edge)) return problem;
    }
    slider.first_anchor = static_cast<uint32_t>(map.anchors.size());
    slider.first_segment = static_cast<uint32_t>(map.segments.size());
    const char* problem = read_path(path, slider, map);
    if (problem) {
        map.anchors.resize(slider.first_anchor);
        map.segments.resize(slider.first_segment);
    }
    return problem;
}

const char* read_spinner(Fields& fields, HitObject& spinner) {
    std::string_view end, samples;
    if (!fields.next(end) || !read_number(end, spinner.end_time))
        return "the spinner's end time is not a number";
    spinner.kind = ObjectKind::spinner;
    spinner.end_time = std::max(spinner.end_time, spinner.start_time);
    return fields.next(samples) ? check_samples(samples) : nullptr;
}

const char* read_hold(Fields& fields, HitObject& hold) {
    std::string_view rest, end;
    hold.kind = ObjectKind::hold;
    if (!fields.next(rest) || rest.empty()) return nullptr;
    Fields parts(rest, ':');
    parts.next(end);
    if (!read_number(end, hold.end_time)) return "the hold note's end time is not a number";
    hold.end_time = std::max(hold.end_time, hold.start_time);
    return check_samples(parts.rest());
}

}  // namespace

const char* read_hit_object(std::string_view text, uint32_t line, Beatmap& map) {
    Fields fields(text);
    std::string_view x, y, time, type_text, sound_text, samples;
    if (!fields.next(x) || !fields.next(y) || !fields.next(time) || !fields.next(type_text) ||
        !fields.next(sound_text))
        return "the object has less than five fields";
    HitObject object;
    object.line = line;
    int32_t type, sound;
    if (!read_coordinate(x, map.format_version, object.position.x) ||
        !read_coordinate(y, map.format_version, object.position.y))
        return "the object's position is not made of numbers within ±131072";
    if (!read_number(time, object.start_time)) return "the object's time is not a number";
    if (!read_number(type_text, type)) return "the object's type is not a whole number";
    if (!read_number(sound_text, sound)) return "the object's hit sound is not a whole number";
    object.end_time = object.start_time;
    object.new_combo = type & 4;
    object.combo_skip = static_cast<uint8_t>(type >> 4 & 7);
    object.hit_sound = static_cast<uint8_t>(sound);

    const char* problem = nullptr;
    if (type & 1)
        problem = fields.next(samples) ? check_samples(samples) : nullptr;
    else if (type & 2)
        problem = read_slider(fields, object, map);
    else if (type & 8)
        problem = read_spinner(fields, object);
    else if (type & 128)
        problem = read_hold(fields, object);
    else
        problem = "the object is no circle, slider, spinner or hold note";
    if (!problem) map.objects.push_back(object);
    return problem;
}

}  // namespace osu
