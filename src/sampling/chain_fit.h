// Bodies in a row, each to begin at a given distance from where the one before ends, inside the playfield:
// moves them as little as it takes. The distances make a chain of constraints, so a Newton step to all of
// them at once is one tridiagonal system.
#pragma once

#include <span>
#include <vector>

#include "beatmap/beatmap.h"

namespace osu {

class ChainFit {
  public:
    // A datapoint, or a slider that moves as a whole.
    struct Body {
        Vec2 at;                // px; where it begins
        Vec2 leave, low, high;  // from there: where it ends, and the corners of the box around it
        float distance = 0;     // px asked from the end of the body before; of the first: from the centre
        bool fixed = false;     // stays where it is, even outside
        bool linked = true;     // false: nothing is asked of where it begins
    };

    explicit ChainFit(bool inside = true) : inside_(inside) {}  // false: bodies may leave the playfield

    // Moves `at` of each. Near a solution two or three iterations reach it to 0.1 px.
    // `margin`: px from the edges inside which bodies do not begin, where that can be.
    void apply(std::span<Body> bodies, int iterations, float margin = 0);

  private:
    struct Link {
        Vec2 direction;               // from the body before
        double error = 0;             // px that the link is too long
        double tension = 0;           // how hard it pulls
        double pivot = 1, ratio = 0;  // of the elimination
    };
    bool inside_;
    std::vector<Link> links_;     // link i joins bodies i − 1 and i
    std::vector<Vec2> mobility_;  // of each body: 0 where it is fixed, or held by an edge

    void measure(std::span<const Body> bodies);
    void solve();
    void move(std::span<Body> bodies, float margin);
};

}  // namespace osu
