// The path of a slider as the game computes it: every segment flattened to lines, then cut or extended to the
// pixel length of the file. Doubled anchors start a new piece of the segment's type. A path costs time and
// memory in proportion to its anchors, whatever their coordinates: past a generous limit (no playable slider
// comes near) curves are flattened more coarsely than the game would.
#pragma once

#include <span>
#include <vector>

#include "beatmap/beatmap.h"

namespace osu {

class SliderPath {
  public:
    SliderPath() = default;
    // pixel_length 0: the natural length. The path starts at anchors[0] (absolute osu! pixels); segments
    // count from it. format_version: lazer's format (128) splits Catmull curves at doubled anchors, older
    // ones do not.
    SliderPath(std::span<const Vec2> anchors, std::span<const PathSegment> segments, double pixel_length,
               int format_version = 14);
    SliderPath(const Beatmap& map, const HitObject& slider);

    // Computes another path in the same memory.
    void assign(std::span<const Vec2> anchors, std::span<const PathSegment> segments, double pixel_length,
                int format_version = 14);
    void assign(const Beatmap& map, const HitObject& slider);

    double length() const;                    // px, after cutting or extending
    double natural_length() const;            // px, of the flattened anchors
    Vec2 position_at(double progress) const;  // 0: head, 1: end of the first span
    std::span<const Vec2> points() const;     // the flattened path

  private:
    std::vector<Vec2> points_;
    std::vector<double> cumulative_;  // px from the head to points_[i]
    double natural_length_ = 0;
    void fit_length(double pixel_length);
};

}  // namespace osu
