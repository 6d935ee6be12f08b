// How a map's sliders go with what is around them: which lie parallel to the one before, or mirrored to it,
// and which lie around a neighbour like a blanket. The network places each slider nearly so, and nearly is
// what a mapper sees. Asked of the result where the source has it: parallel sliders are turned to the mean of
// their directions; a blanket is a figure that its radius and length make the same wherever it lies, so the
// source's is laid over what is placed, mirrored or not, whichever is nearer.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sequence/datapoints.h"

namespace osu {

class SliderRelations {
  public:
    struct Object {
        uint32_t first = 0, end = 0;  // datapoints
    };
    struct Parallel {
        Object before, slider;
        bool mirrored = false;  // left to right, or top to bottom
    };
    struct Blanket {
        Object slider, neighbour;
        uint32_t around = 0;       // the neighbour's datapoint
        std::vector<Vec2> figure;  // px: the slider's datapoints, and behind them that one
    };

    // Of a map with its positions and sliders. `fixed` (T): datapoints that stay are 1; empty: none.
    explicit SliderRelations(const Datapoints& map, std::span<const uint8_t> fixed = {});

    // x (2, T) in [0, 1] on the playfield, predicted under so many px of noise.
    void apply(std::span<float> x, double noise);

    const std::vector<Parallel>& parallels() const { return parallels_; }
    const std::vector<Blanket>& blankets() const { return blankets_; }

  private:
    std::vector<uint8_t> fixed_;
    std::vector<Parallel> parallels_;
    std::vector<Blanket> blankets_;
    std::vector<Vec2> position_;

    bool stays(const Object& object) const { return !fixed_.empty() && fixed_[object.first]; }
    void find_parallels(const Datapoints& map, std::span<const Object> objects);
    void find_blankets(const Datapoints& map, std::span<const Object> objects);
    void turn(const Object& slider, double angle);
    void make_parallel(const Parallel& parallel);
    void make_blanket(const Blanket& blanket);
};

}  // namespace osu
