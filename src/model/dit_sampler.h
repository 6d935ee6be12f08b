// The diffusion transformer for sampling one map: what is known before the first step is computed once
// (packed weights, the first layer's share of times, distances and types, the modulation of all steps).
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "model/config.h"
#include "ops/backend.h"

namespace osu {

// The rhythm and spacing of a map, T datapoints, host memory.
struct MapContext {
    std::span<const float> time;      // (T) ms, from the map's first
    std::span<const float> distance;  // (T) px
    std::span<const uint8_t> type;    // (T) 0–15
    int64_t band = 128;               // query q sees key k iff q − band < k ≤ q + band; 0: all
};

class DitSampler {
  public:
    // Weights by parameter name, any float type; their bytes live as long as this: adaLN's, a third of all,
    // are read for a few products a map, and not kept. `read` gives a tensor's bytes until its next call;
    // without it they are read where the view has them. Error when the weights do not fit the configuration.
    using Reader = std::function<const std::byte*(const TensorView&)>;
    DitSampler(const DitConfig& config, Backend& backend, const TensorMap& weights, Reader read = {});
    ~DitSampler();

    bool rows_are_independent() const;  // a row has the same bits whatever its neighbours are

    // `styles` (rows, h): the label vector of each row. `timesteps`: the original step indices, ascending as
    // in Diffusion::timestep.
    void prepare(const MapContext& map, std::span<const float> styles, std::span<const int> timesteps);

    // x (rows, 2, T) → out (rows, 4, T), host memory; `step` indexes timesteps.
    void denoise(std::span<const float> x, size_t step, std::span<float> out);

  private:
    struct State;
    std::unique_ptr<State> state_;
};

// A row of the label table as float32: the style of a class, or num_classes for the null style.
std::vector<float> label_vector(const TensorMap& weights, int64_t label);

}  // namespace osu
