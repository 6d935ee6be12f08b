// The best rotation, and perhaps mirroring, of points onto others: the Procrustes problem of two dimensions.
#pragma once

#include <span>

#include "beatmap/beatmap.h"

namespace osu {

// A rotation of arms from a centre, after the mirroring x → −x or without.
struct Rotation {
    float cosine = 1, sine = 0;
    bool mirrored = false;

    Vec2 operator()(Vec2 arm) const {
        if (mirrored) arm.x = -arm.x;
        return {arm.x * cosine - arm.y * sine, arm.x * sine + arm.y * cosine};
    }
    Vec2 back(Vec2 arm) const {
        const Vec2 turned{arm.x * cosine + arm.y * sine, arm.y * cosine - arm.x * sine};
        return {mirrored ? -turned.x : turned.x, turned.y};
    }
};

// Pairs of arms, and the rotation that lays the first of each onto the second with the least squares.
class Procrustes {
  public:
    void add(Vec2 arm, Vec2 onto, double weight = 1);
    // A mirroring must agree clearly better: figures that are their own mirror image agree both ways.
    Rotation best(bool may_mirror) const;
    double squares_left(const Rotation& best) const;             // px², weighted
    double squares_of_targets() const { return squares_onto_; }  // px², weighted: how large the figure is

  private:
    double cosine_[2]{}, sine_[2]{};  // without and with the mirroring
    double squares_ = 0, squares_onto_ = 0;

    double agreement(bool mirrored) const;
};

// A rotation between two centres.
struct Alignment {
    Vec2 from, to;
    Rotation rotation;

    Vec2 operator()(Vec2 point) const { return to + rotation(point - from); }
};

// As many weights as points, or none: all alike.
Alignment align(std::span<const Vec2> points, std::span<const Vec2> onto, std::span<const float> weights = {},
                bool may_mirror = false);

}  // namespace osu
