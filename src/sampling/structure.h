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
#include <utility>
#include <vector>

#include "sampling/alignment.h"
#include "sampling/folding.h"
#include "sequence/datapoints.h"

namespace osu {

class Structure {
  public:
    // Datapoints of a part, each with its twin of another: they agree when the first are mirrored (x → −x) or
    // not, and then turned.
    struct Tie {
        std::vector<std::pair<uint32_t, uint32_t>> points;
        Rotation rotation;
    };

    // Of a map with its positions. `fixed` (T): datapoints that stay are 1; empty: none. Nothing is tied to
    // them: whoever has a section placed anew, beside choruses that stay, wants something else than those.
    explicit Structure(const Datapoints& map, std::span<const uint8_t> fixed = {});

    const std::vector<Tie>& ties() const { return ties_; }
    // The ties of several objects, by the datapoints among `kept` that they begin at.
    std::vector<Folding::Copies> parts(std::span<const uint32_t> kept) const;

    // x (2, T) in [0, 1] on the playfield; each tied part keeps its centre, unless others are tied within it.
    // `kept`: the datapoints of the map that x has, where it has not all; the others are fixed.
    void apply(std::span<float> x, std::span<const uint32_t> kept = {});
    // The same of objects' heads alone: between constraints that part what is tied.
    void align_heads(std::span<float> x, std::span<const uint32_t> kept = {});

  private:
    struct Object {
        uint32_t first = 0, end = 0;  // datapoints
    };
    std::vector<uint8_t> fixed_;
    std::vector<Object> objects_;
    std::vector<Tie> ties_, head_ties_;  // the second: the first without anchors
    std::vector<uint8_t> tied_;          // datapoints of ties; the others of a slider go where its head goes
    std::vector<Vec2> position_, sum_;
    std::vector<float> weight_;

    bool stays(size_t object) const { return !fixed_.empty() && fixed_[objects_[object].first]; }
    bool begin_alike(const Datapoints& map, size_t from, size_t to) const;
    bool alike(const Datapoints& map, size_t a, size_t b, bool first) const;
    Tie tie_shapes(const Datapoints& map, const Object& a, const Object& b) const;
    void tie_parts(const Datapoints& map, size_t from, size_t to, size_t count);
    size_t repeat_length(const Datapoints& map, size_t earlier, size_t later) const;
    void find_repeats(const Datapoints& map);
    void find_echoes(const Datapoints& map);
    void find_sliders(const Datapoints& map);
    void tie_heads();
    void take(std::span<const float> x, std::span<const uint32_t> kept);
    void put(std::span<float> x, std::span<const uint32_t> kept) const;
    void average(const std::vector<Tie>& ties);
};

// (T) Of heads of objects that begin on one spot within 3 s and eight objects, 1.5 px near, not within a
// stream: the first of these datapoints, which is its own first, too. −1 for all other datapoints, for
// spinners, and for what is `fixed`.
std::vector<int32_t> shared_spots(const Datapoints& map, std::span<const uint8_t> fixed = {});

}  // namespace osu
