// Makes placed datapoints keep what the source asks of them, moving them as little as it takes: the spacing,
// the lengths of the sliders' paths, slider ends where the paths end, nothing partly under another by
// accident, all inside the playfield.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "beatmap/slider_path.h"
#include "sampling/chain_fit.h"
#include "sampling/folding.h"
#include "sampling/separation.h"
#include "sequence/datapoints.h"

namespace osu {

class PlacementFit {
  public:
    // `fixed` (T): datapoints of objects that stay as they are are 1; empty: none. `inside`: all stay inside
    // the playfield. A first distance below 0 asks for nothing.
    explicit PlacementFit(const Datapoints& asked, std::span<const uint8_t> fixed = {}, bool inside = true);

    // What else is asked of the places: moves heads of objects among x (2, T). It goes in turn with the
    // pushing apart, so that neither undoes the other's work at the end.
    using Between = std::function<void(std::span<float> x)>;

    // `spot` (T): of the head of an object that begins where others do the datapoint of the first of them; −1
    // for all else. They stay together. None of them is fixed.
    void share_spots(std::span<const int32_t> spot);

    // Parts that are alike and stay so when they are folded: the datapoints that they begin at, and how many
    // objects they have.
    void fold_alike(std::span<const Folding::Copies> parts);

    // x (2, T) in [0, 1] on the playfield.
    // `margin`: px from the edges that objects keep off, where the spacing lets them. `last`: no step comes
    // after: what pushing leaves on one another is folded away, as far as it goes, and spots that keep
    // distances wrong are given up, for later calls, too.
    void apply(std::span<float> x, int iterations, float margin = 0, const Between& between = {},
               bool last = false);

  private:
    struct Object {
        uint32_t first = 0, end = 0;           // datapoints
        bool slider = false, returns = false;  // its ball ends at its head
        int32_t spot = -1;                     // the first object on its spot
        SliderLengths length;
        float shyness = 1;    // of edges
        bool stream = false;  // close in time to a neighbour
    };
    std::vector<uint8_t> type_;
    std::vector<float> asked_;  // asked_distances()
    std::vector<Object> objects_;
    std::optional<Separation> separation_;
    std::optional<Folding> folding_;
    float radius_;
    ChainFit chain_;
    SliderPath path_;
    std::vector<Vec2> position_;
    std::vector<ChainFit::Body> points_, bodies_;
    std::vector<float> row_;                   // x as the bodies lie
    std::vector<std::vector<Vec2>> outlines_;  // of objects

    void find_objects(const Datapoints& asked);
    void separate(const Datapoints& asked);
    void shape(const Object& slider, std::vector<Vec2>& points);
    Vec2 outline(const Object& slider, std::vector<Vec2>& points);
    ChainFit::Body body(const Object& object) const;
    void move_objects(int iterations, float margin, const Between& between, bool last);
    void let(const Between& between);
    void give_up_spots(int iterations);
    Vec2 moved(size_t object) const { return bodies_[object].at - position_[objects_[object].first]; }
};

// Holds what a step of `noise` px predicts; at the last step all of it is to be right. x (2, T) as above.
void hold_to(PlacementFit& fit, double noise, bool last, std::span<float> x,
             const PlacementFit::Between& between = {});

}  // namespace osu
