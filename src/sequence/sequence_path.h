// The paths of sliders from datapoints alone.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "beatmap/slider_path.h"
#include "sequence/sequence.h"

namespace osu {

inline bool is_slider_head(PointType type) {
    return type == PointType::slider_head || type == PointType::slider_head_new_combo;
}
inline bool is_slider_end(PointType type) {
    return type >= PointType::slider_end_1;
}

// The slider that begins at datapoint `first`: the index behind its last datapoint.
size_t slider_end(std::span<const uint8_t> type, size_t first);

// The path of a slider through its datapoints (its end is not looked at), cut or extended to this length; 0:
// its natural one. What the types do not say, doubled anchors and where curves meet, lies in its red anchors.
void assign_path(SliderPath& path, std::span<const uint8_t> type, std::span<const Vec2> position,
                 double length);

// px. A path is cut, or goes on straight, where the slider ends; 0: unknown.
struct SliderLengths {
    float path = 0;    // of all that the anchors draw
    float slider = 0;  // of one span
};

// Of all sliders of a map that is placed as its mapper placed it: one ends where its path comes nearest to
// its last datapoint.
std::vector<SliderLengths> slider_lengths(std::span<const uint8_t> type, std::span<const Vec2> position);

}  // namespace osu
