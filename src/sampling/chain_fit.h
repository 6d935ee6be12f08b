// Bodies in a row, each to begin at a given distance from where the one before ends, some of them on one
// spot, all inside the playfield: moves them as little as it takes. The distances make a chain of
// constraints, so a Newton step to all of them at once is one system (sampling/chain_solver.h).
#pragma once

#include <span>
#include <vector>

#include "beatmap/beatmap.h"
#include "sampling/chain_solver.h"

namespace osu {

class ChainFit {
  public:
    // A datapoint, or a slider that moves as a whole.
    struct Body {
        Vec2 at;                // px; where it begins
        Vec2 leave, low, high;  // from there: where it ends, and the corners of the box around it
        float distance = 0;     // px asked from the end of the body before; of the first: from the centre
        float shyness = 1;      // of edges: as many of apply()'s margins
        bool fixed = false;     // stays where it is, even outside
        bool linked = true;     // false: nothing is asked of where it begins
        int32_t spot = -1;  // the first of the bodies that begin on one spot with it; −1: none; none is fixed
    };

    explicit ChainFit(bool inside = true) : inside_(inside) {}  // false: bodies may leave the playfield

    // Moves `at` of each. Near a solution two or three iterations reach it to 0.1 px.
    // `margin`: px from the edges inside which bodies do not begin, where that can be.
    void apply(std::span<Body> bodies, int iterations, float margin = 0);

    // After that: where distances are still wrong, the spots that bodies before and behind share are parted,
    // each into two. True where one was.
    bool part_spots(std::span<Body> bodies);

    // Before that: what lies outside comes in and takes its neighbours with it. apply() moves each body alone
    // to the edge, and a figure that is half outside would lose its shape.
    void bring_inside(std::span<Body> bodies, float margin);

  private:
    bool inside_;
    std::vector<Vec2> direction_;  // of link i, which joins bodies i − 1 and i
    std::vector<double> error_;    // px that it is too long
    std::vector<Vec2> mobility_;   // of each body: 0 where it is fixed, or held by an edge
    std::vector<int32_t> spot_;    // of each body
    std::vector<float> sharing_;   // bodies on the spot of which this one is the first
    std::vector<Vec2> middle_;     // of those
    std::vector<Vec2> up_, down_;  // px that bodies come inside
    ChainSolver solver_;

    float share(size_t body) const { return spot_[body] < 0 ? 1 : 1 / sharing_[spot_[body]]; }
    void measure(std::span<const Body> bodies);
    void meet(std::span<Body> bodies, float margin);
    void move(std::span<Body> bodies, std::span<const Vec2> pull, float margin);
    void hold_together();
    bool is_worst(size_t link) const;
};

}  // namespace osu
