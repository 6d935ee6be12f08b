// Where pushing apart does not end: one object lies over another, and whatever way it is pushed, a third or
// the spacing pushes it back. But the objects between two that stay can go the other way around: the
// movements between them, mirrored about the straight way from the first to the last, are as long as before
// and lead to the same place. So what lies over another is folded away from it, with as few neighbours as
// possible, where everything around lies better then.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sampling/chain_fit.h"
#include "sampling/separation.h"

namespace osu {

class Folding {
  public:
    // `count` objects from `from` and from `to` on, which do not overlap, are alike.
    struct Copies {
        uint32_t from, to, count;
    };

    // What is `held` (1) stays, and so does what is like it. What is alike is folded alike or not at all.
    Folding(std::span<const uint8_t> held, std::span<const Copies> copies);

    // Folds away bodies that lie partly over others of their pairs. Sliders keep their directions. Nothing
    // comes nearer to an edge of the field than by a small margin. `outlines`: as for Separation::push().
    // Returns how often it folded.
    int apply(const Separation& separation, std::span<ChainFit::Body> bodies,
              std::span<const std::vector<Vec2>> outlines);

  private:
    // Objects that move; the movements to them and the one behind the last are mirrored.
    struct Stretch {
        uint32_t first, end;
        bool operator==(const Stretch&) const = default;
    };
    struct Scene {
        const Separation& separation;
        std::span<ChainFit::Body> bodies;
        std::span<const std::vector<Vec2>> outlines;
    };
    std::vector<uint8_t> held_;
    std::vector<std::vector<Copies>> copies_;   // of each object, itself in the first of them
    std::vector<std::vector<uint32_t>> pairs_;  // of each object, in the separation
    std::vector<Stretch> stretches_, best_;     // that are folded together
    std::vector<Vec2> at_;                      // of bodies, before they are folded
    std::vector<uint8_t> moved_;

    bool find_copies(std::span<const ChainFit::Body> bodies, Stretch stretch);
    bool fold(std::span<ChainFit::Body> bodies) const;
    void unfold(std::span<ChainFit::Body> bodies) const;
    double covering(const Scene& scene);
    double turned(std::span<const ChainFit::Body> bodies) const;
    double gain(const Scene& scene);
    bool part(const Scene& scene, const Separation::Pair& pair);
};

}  // namespace osu
