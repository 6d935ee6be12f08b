// A beatmap as the network sees it, a sequence of datapoints, and back.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "beatmap/beatmap.h"

namespace osu {

// The 16 types of a datapoint; their numbers are the one-hot positions of the reference.
enum class PointType : uint8_t {
    circle,
    circle_new_combo,
    spinner_start,
    spinner_end,
    slider_head,
    slider_head_new_combo,
    bezier_anchor,
    perfect_anchor,
    catmull_anchor,
    red_anchor,
    last_anchor,
    slider_end_1,
    slider_end_2,
    slider_end_3,
    slider_end_even,
    slider_end_odd
};
constexpr int point_type_count = 16;

struct Sequence {
    std::vector<Vec2> position;  // osu! pixels
    std::vector<double> time;    // ms, as in the file
    std::vector<PointType> type;
    std::vector<uint32_t> object;  // index into Beatmap::objects
    // For a slider's anchors: the index of its (first) anchor among the object's, head 0; otherwise 0.
    std::vector<uint32_t> anchor;
    size_t size() const { return position.size(); }
};

// Standard mode only (Error otherwise). Objects in time order, no stacking.
Sequence to_sequence(const Beatmap& map);

// px from each datapoint to the one before; the first's to (256, 192).
std::vector<float> distances(const Sequence& sequence);

// All spans of a slider together, in whole ms, as the sequence has them, if it had this pixel length and
// velocity.
double whole_duration(const Beatmap& map, const HitObject& slider, double pixel_length,
                      double slider_velocity);

enum class VelocityMode : uint8_t { keep, fit };

struct RemapOptions {
    std::string version;  // the new difficulty name; empty: the source's
    int64_t beatmap_id = 0;
    VelocityMode velocity = VelocityMode::keep;
    bool allow_offscreen = false;   // otherwise every point is moved inside the playfield
    std::vector<uint8_t> selected;  // for each object, 0 where its line stays as it is; empty: all change
};

// The source map with the coordinates of its sequence replaced: its structure (curve types, doubled anchors,
// spans), times, hitsounds and every other byte stay. `position`: one for each datapoint of
// to_sequence(source), finite; those of slider ends have no place in the file and are not looked at. Points
// that stay where the source has them are never moved, the others are rounded as the format wants it, and by
// a pixel more where two anchors would fall together. velocity keep: pixel lengths and timing stay verbatim;
// a slider without a length gets in writing that of its path, and so does one whose path did not reach its
// length and would now be played by more than 2 % (or a pixel) longer; one that ends in two equal points, and
// so cannot grow, is drawn out. fit: a slider whose path wants
// another length gets it, with a sorted green line within 0.1–10 that keeps its duration, restored behind it.
std::string remap(const Beatmap& source, std::span<const Vec2> position, const RemapOptions& options);

}  // namespace osu
