// The path of a slider as the game computes it: every segment flattened to lines, then cut or extended to the pixel
// length of the file.
#pragma once

#include <span>
#include <vector>

#include "beatmap/beatmap.h"

namespace osu {

class SliderPath {
  public:
    // pixel_length 0: the natural length. The path starts at anchors[0] (absolute osu! pixels).
    SliderPath(std::span<const Vec2> anchors, std::span<const PathSegment> segments, double pixel_length);
    SliderPath(const Beatmap& map, const HitObject& slider);

    double length() const;                   // px, after cutting or extending
    double natural_length() const;           // px, of the flattened anchors
    Vec2 position_at(double progress) const; // 0: head, 1: end of the first span
    std::span<const Vec2> points() const;    // the flattened path

  private:
    std::vector<Vec2> points_;
    std::vector<double> cumulative_;  // px from the head to points_[i]
    double natural_length_ = 0;
};

}  // namespace osu
