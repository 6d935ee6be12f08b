// Makes placed datapoints keep what the source asks of them, moving them as little as it takes: the spacing,
// the lengths of the sliders' paths, slider ends where the paths end, nothing partly under another by
// accident, all inside the playfield.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "beatmap/slider_path.h"
#include "sampling/chain_fit.h"
#include "sampling/separation.h"
#include "sequence/sequence_path.h"

namespace osu {

// What is asked of T datapoints.
struct AskedPlacement {
    std::span<const uint8_t> type;
    std::span<const float> time;      // ms
    std::span<const float> distance;  // px to the datapoint before, the first's to the playfield's centre
    std::span<const SliderLengths> sliders;
    std::span<const uint8_t> fixed;  // objects whose datapoints are 1 stay as they are; empty: none
    float circle_radius = 0;         // px; 0: objects may cover one another
    bool inside = true;              // all inside the playfield
};

class PlacementFit {
  public:
    explicit PlacementFit(const AskedPlacement& asked);

    // x (2, T) in [0, 1] on the playfield.
    void apply(std::span<float> x, int iterations);

  private:
    struct Object {
        uint32_t first = 0, end = 0;  // datapoints
        bool slider = false;
        SliderLengths length;
    };
    std::vector<uint8_t> type_;
    std::vector<Object> objects_;
    std::optional<Separation> separation_;
    float radius_;
    ChainFit chain_;
    SliderPath path_;
    std::vector<Vec2> position_;
    std::vector<ChainFit::Body> points_, bodies_;
    std::vector<std::vector<Vec2>> outlines_;  // of objects

    void find_objects(const AskedPlacement& asked);
    void separate(const AskedPlacement& asked);
    void shape(const Object& slider, std::vector<Vec2>& outline);
    ChainFit::Body body(const Object& object) const;
    void move_objects(int iterations);
};

}  // namespace osu
