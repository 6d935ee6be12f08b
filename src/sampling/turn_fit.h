// Angles between movements, and what the source says of them: which of them go on evenly, as in a stream, and
// which are one as wide as another, as between symmetric jumps. A network that places each circle a few
// pixels off makes streams that shake and triangles that are none, though every distance is kept.
//
// Only the relation is the source's: the turns of a stretch are taken from what is placed, evened out, and
// the stretch is laid anew with the asked distances and as little movement as possible.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sequence/datapoints.h"

namespace osu {

class TurnFit {
  public:
    // How the turn at a circle goes with the turn at the one before.
    enum class Relation : uint8_t { none, even, same, opposite };

    // Of a map with its positions. `fixed` (T): datapoints that stay are 1; empty: none.
    explicit TurnFit(const Datapoints& map, std::span<const uint8_t> fixed = {});

    // x (2, T) in [0, 1] on the playfield, predicted under so many px of noise.
    void apply(std::span<float> x, double noise);

    // Circles [first, end) in a row, of which the inner ones turn in relation to one another.
    struct Stretch {
        uint32_t first = 0, end = 0;     // datapoints
        std::vector<Relation> relation;  // of each inner one but the first to the one before
        std::vector<float> change;       // radians, of the source's turns between those
        bool stream = false;
    };
    const std::vector<Stretch>& stretches() const { return stretches_; }

  private:
    std::vector<uint8_t> fixed_;
    std::vector<float> asked_;  // px from the datapoint before
    std::vector<Stretch> stretches_;
    std::vector<Vec2> position_, laid_;
    std::vector<double> turn_, even_;

    void find_stretches(const Datapoints& map);
    void even_out(const Stretch& stretch);
    void make_equal(const Stretch& stretch);
    double lay(const Stretch& stretch);
    void bend(const Stretch& stretch);
    void place(const Stretch& stretch);
};

}  // namespace osu
