// The linear system of a chain of bodies (sampling/chain_fit.h): how hard each link has to pull so that all
// become as long as they are asked to be, where some of the bodies may move as one.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "beatmap/beatmap.h"

namespace osu {

class ChainSolver {
  public:
    // Of n bodies. Link i joins bodies i − 1 and i; link 0 a point that stays and body 0.
    struct System {
        std::span<const Vec2> direction;   // of each link, from the body before; 0: it pulls at nothing
        std::span<const double> error;     // px that it is too long
        std::span<const Vec2> mobility;    // px that a body moves at a pull of 1, on either axis
        std::span<const int32_t> partner;  // the first of the bodies that move with this one; −1: none do
    };

    // The pull on each body that takes all errors away, to first order; on bodies that move as one the sum.
    // Until the next call.
    std::span<const Vec2> solve(const System& system);

  private:
    std::vector<double> pivot_, ratio_;  // of the elimination
    std::vector<double> tension_;        // how hard each link pulls
    std::vector<double> residual_, step_, image_, guess_;
    std::vector<Vec2> pull_;

    void factorise(const System& system);
    void eliminate(const System& system, std::span<const double> right, std::vector<double>& out) const;
    void pull(const System& system, std::span<const double> tension);
    void multiply(const System& system, std::span<const double> tension, std::vector<double>& out);
    void correct(const System& system);
};

}  // namespace osu
