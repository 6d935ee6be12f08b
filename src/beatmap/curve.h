// Curves flattened to lines as the game does it, point for point where the points are few enough to matter.
// All work in single precision, relative to the slider's head, as the game does.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "beatmap/beatmap.h"

namespace osu {

// Appends to `out`; the first point is left out where it equals the last of `out`.
class CurveFlattener {
  public:
    // `anchors` of the whole slider bound the time and the points spent on it.
    CurveFlattener(std::vector<Vec2>& out, size_t anchors);

    void linear(std::span<const Vec2> control);
    void bezier(std::span<const Vec2> control);
    void bspline(std::span<const Vec2> control, int degree);
    void catmull(std::span<const Vec2> control);
    // Through three points; a Bézier where no circle, or one of more than 1000 pieces, runs through them.
    void perfect(std::span<const Vec2> control);

  private:
    std::vector<Vec2>& out_;
    std::vector<Vec2> stack_;
    size_t point_limit_;
    double work_left_;  // single interpolations
    void add(Vec2 point);
    bool flat_enough(std::span<const Vec2> control);
    void subdivide(size_t base, size_t count);
    void adaptive(std::span<const Vec2> control);
    void sampled(std::span<const Vec2> control);
};

// Whether the game takes three points to lie on one line (and a perfect curve through them for something
// else).
bool collinear(Vec2 a, Vec2 b, Vec2 c);

}  // namespace osu
