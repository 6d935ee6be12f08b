// The best movement, turn and perhaps mirroring of points onto others.
#pragma once

#include <span>

#include "beatmap/beatmap.h"

namespace osu {

struct Alignment {
    Vec2 from, to;               // the centres of both
    float cosine = 1, sine = 0;  // of the turn, after the mirroring x → −x
    bool mirrored = false;
    double squares = 0;  // px², the weighted sum that is left

    Vec2 operator()(Vec2 point) const {
        Vec2 arm = point - from;
        if (mirrored) arm.x = -arm.x;
        return to + Vec2{arm.x * cosine - arm.y * sine, arm.x * sine + arm.y * cosine};
    }
};

// As many weights as points, or none: all alike.
Alignment align(std::span<const Vec2> points, std::span<const Vec2> onto, std::span<const float> weights = {},
                bool may_mirror = false);

}  // namespace osu
