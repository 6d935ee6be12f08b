// The relations of a map to itself: which of its parts the mapper made alike. A chorus comes again, a pattern
// is mirrored, two sliders lie parallel. None of that is in the distances that the network is told, so what
// it places never repeats itself, however well each part is done.
//
// A relation is asked of the result without the source's geometry: two parts that agree in the source after a
// rotation and perhaps a mirroring are tied by that rotation, and at every step both predictions are brought
// into one frame, averaged, and brought back, each about its own centre. What the parts look like remains the
// network's to say; it sees the averages at its next step and goes on from them. Nothing of the source's
// places enters but the angle between two parts.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sequence/datapoints.h"

namespace osu {

class Structure {
  public:
    // Datapoints [from, from + count) and [to, to + count), which agree when the first is mirrored (x → −x)
    // or not, and then turned.
    struct Tie {
        uint32_t from = 0, to = 0, count = 0;
        float cosine = 1, sine = 0;
        bool mirrored = false;
    };

    // Of a map with its positions. `fixed` (T): datapoints that stay are 1 and are followed; empty: none.
    // `stay` (T): px where they do; empty: where the map has them.
    explicit Structure(const Datapoints& map, std::span<const uint8_t> fixed = {},
                       std::span<const Vec2> stay = {});

    const std::vector<Tie>& ties() const { return ties_; }

    // x (2, T) in [0, 1] on the playfield; each tied part keeps its centre, unless others are tied within it.
    // `kept`: the datapoints of the map that x has, where it has not all; the others are fixed.
    void apply(std::span<float> x, std::span<const uint32_t> kept = {});

  private:
    struct Object {
        uint32_t first = 0, end = 0;  // datapoints
    };
    std::vector<uint8_t> fixed_;
    std::vector<Tie> ties_;
    std::vector<Vec2> position_, sum_;
    std::vector<float> weight_;

    void find_repeats(const Datapoints& map, std::span<const Object> objects);
    void find_sliders(const Datapoints& map, std::span<const Object> objects);
    void average();
};

}  // namespace osu
