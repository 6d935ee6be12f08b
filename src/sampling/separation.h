// Keeps objects that are on the screen together from covering one another by accident: those that cover each
// other partly are pushed apart, those that all but share a place are stacked. What the asked spacing lays
// over one another, and what is farther apart in time, is left alone.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sampling/chain_fit.h"

namespace osu {

class Separation {
  public:
    struct Object {
        double start = 0, end = 0;  // ms
        bool apart = true;          // false: covers and is covered as it likes (a spinner)
        float length = 0;           // px that the cursor travels on it
    };

    // The objects in their order, the px asked from each to the one before, the radius of a circle in px, and
    // the ms that an object is on the screen before its time.
    Separation(std::span<const Object> objects, std::span<const float> distance, float radius,
               double preempt);

    // Parts only the heads of pairs of which one's body lies over the other in the source, heads apart: the
    // mapper meant it, or did not mind. What nearly lies over the other does so again. `heads`: px;
    // `outlines` as for push().
    void allow(std::span<const Vec2> heads, std::span<const std::vector<Vec2>> outlines);

    // Moves bodies that cover one another, pair by pair; moving one out of the way may put it in another's.
    // `outlines`: for each body, points along its middle, from `at`.
    void push(std::span<ChainFit::Body> bodies, std::span<const std::vector<Vec2>> outlines) const;

    // Two that should not cover one another.
    struct Pair {
        uint32_t earlier, later;
        float distance;            // px that they are to be apart
        bool bodies_over = false;  // their heads alone are
    };
    std::span<const Pair> pairs() const { return pairs_; }
    float diameter() const { return 2 * radius_; }

    // px between their middles where they are nearest; infinite where one is stacked on the other.
    float gap(const Pair& pair, std::span<const ChainFit::Body> bodies,
              std::span<const std::vector<Vec2>> outlines) const;

  private:
    float radius_;
    std::vector<Pair> pairs_;

    Vec2 apart(const Pair& pair, const ChainFit::Body& a, const ChainFit::Body& b,
               std::span<const Vec2> outline_a, std::span<const Vec2> outline_b) const;
    Vec2 together(const ChainFit::Body& a, const ChainFit::Body& b, std::span<const Vec2> outline_a,
                  std::span<const Vec2> outline_b) const;
};

}  // namespace osu
