// A beatmap: the text of a .osu file and what the game reads in it.
// The text is kept whole. Everything parsed knows its line, so that a rewritten map differs from its source
// in the lines that were meant to change and in nothing else (beatmap/rewrite.h).
#pragma once

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "beatmap/encoding.h"

namespace osu {

// osu! pixels; the playfield is 512 × 384, y grows downwards.
struct Vec2 {
    float x = 0, y = 0;
    bool operator==(const Vec2&) const = default;
};
inline Vec2 operator+(Vec2 a, Vec2 b) {
    return {a.x + b.x, a.y + b.y};
}
inline Vec2 operator-(Vec2 a, Vec2 b) {
    return {a.x - b.x, a.y - b.y};
}
inline Vec2 operator*(Vec2 a, float s) {
    return {a.x * s, a.y * s};
}
// Not std::hypot, whose last bit differs between C libraries.
inline float length(Vec2 a) {
    return static_cast<float>(std::sqrt(double{a.x} * a.x + double{a.y} * a.y));
}

constexpr Vec2 playfield_size{512, 384};

enum class GameMode : uint8_t { standard, taiko, fruits, mania };
std::string_view name_of(GameMode mode);  // as players say it: "osu!taiko"
enum class ObjectKind : uint8_t { circle, slider, spinner, hold };
enum class CurveType : uint8_t { bezier, linear, catmull, perfect, bspline };

// A piece of a slider path of one type. Its points are Beatmap::anchors[first, first + count); consecutive
// segments share their end point, which stands once for each. A doubled Bézier anchor stays one segment here,
// as in the text.
struct PathSegment {
    CurveType type = CurveType::bezier;
    uint16_t degree = 0;  // of a B-spline; 0 otherwise
    uint32_t first = 0, count = 0;
};

struct HitObject {
    ObjectKind kind = ObjectKind::circle;
    bool new_combo = false;  // as the file has it
    uint8_t combo_skip = 0;  // colours skipped at a new combo
    uint8_t hit_sound = 0;
    uint32_t line = 0;      // index into Beatmap::lines
    Vec2 position;          // whole numbers below format v128
    double start_time = 0;  // ms, as in the file (no shift for formats before v5)
    double end_time = 0;    // ms; equal to start_time for circles
    // Sliders:
    uint32_t first_anchor = 0, anchor_count = 0;  // into Beatmap::anchors, head included, in the text's order
    uint32_t first_segment = 0, segment_count = 0;  // into Beatmap::segments
    int32_t span_count = 0;                         // 1 + repeats
    double pixel_length = 0;     // as in the file; not above 0: the length of the path itself
    double span_duration = 0;    // ms
    double slider_velocity = 1;  // the multiplier of the green line in force, 0.1–10
};

struct TimingPoint {
    double time = 0;         // ms
    double beat_length = 0;  // ms when uninherited, else −100 / velocity multiplier
    int32_t meter = 4, sample_set = 0, sample_index = 0, volume = 100;
    bool uninherited = true;
    uint8_t effects = 0;  // bit 0: kiai, bit 3: omit the first bar line
    uint32_t line = 0;
    double velocity_multiplier() const;  // −100 / beat_length, 0.1–10; 1 where beat_length is not negative
};

struct Break {
    double start = 0, end = 0;  // ms
};

struct Colour {
    uint8_t red = 0, green = 0, blue = 0;
};

// A line that could not be read, as an editor counts lines (from 1).
struct Warning {
    uint32_t line = 0;
    std::string message;
};

// What is known of a map without its objects, wherever it comes from: a .osu, the game's database, a dataset,
// a checkpoint.
struct MapFacts {
    int64_t beatmap_id = 0, set_id = -1;  // 0 and −1 where they are unknown
    std::string creator, artist, title, version, tags;
    bool operator==(const MapFacts&) const = default;
};

struct Metadata : MapFacts {
    std::string title_unicode, artist_unicode, source;
};

struct Difficulty {
    float hp = 5, cs = 5, od = 5, ar = 5;  // AR is OD where the file has none
    double slider_multiplier = 1.4;        // clamped to 0.4–3.6
    double slider_tick_rate = 1;           // clamped to 0.5–8
};

enum class Section : uint8_t {
    none,
    general,
    editor,
    metadata,
    difficulty,
    events,
    timing_points,
    colours,
    hit_objects,
    unknown
};

struct Line {
    uint32_t offset = 0, length = 0;  // into Beatmap::text, without the line end
    Section section = Section::none;
};

struct Beatmap {
    std::string text;                    // every byte of the file; of one in UTF-16 as UTF-8
    Encoding encoding = Encoding::utf8;  // of the file
    std::vector<Line> lines;
    int format_version = 14;
    GameMode mode = GameMode::standard;
    double stack_leniency = 0.7;
    int32_t preview_time = -1;
    std::string audio_filename;
    Metadata metadata;
    Difficulty difficulty;
    std::vector<Colour> combo_colours;  // empty: the game's default
    std::vector<Break> breaks;
    std::vector<TimingPoint> timing_points;  // stable-sorted by time
    // The timing points that count, as indices, one for each time: of several red lines the last sets the
    // beat; the last green line sets the velocity, or the first red line where no green one stands at that
    // time.
    std::vector<uint32_t> red_lines, velocity_lines;
    std::vector<HitObject> objects;  // stable-sorted by time
    std::vector<Vec2> anchors;
    std::vector<PathSegment> segments;
    std::vector<Warning> warnings;  // the first 200 …
    uint32_t warning_count = 0;     // … all are counted

    std::string_view line(uint32_t index) const;  // without its line end
    std::span<const Vec2> anchors_of(const HitObject& slider) const;
    std::span<const PathSegment> segments_of(const HitObject& slider) const;
    // ms per beat (6–60 000) of the red line in force at a time; before the first the first; 1000 (60 BPM)
    // without any.
    double beat_length_at(double time) const;
    double velocity_multiplier_at(double time) const;  // 1 before the first timing point
};

// A larger text is an Error; the largest maps that people play have a tenth of it.
constexpr size_t beatmap_size_limit = size_t{64} << 20;

// Reads a map as the game does: what a line cannot mean is a warning, never the end. A missing or damaged
// first line is one too (the game reads such a file as v14), as long as a section of a beatmap follows;
// otherwise the text is no beatmap, which is an Error.
Beatmap parse_beatmap(std::string text);
Beatmap read_beatmap(
    const std::filesystem::path& path);  // parse_beatmap of the file; an Error names the path

}  // namespace osu
