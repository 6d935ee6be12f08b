// The diffusion transformer for sampling one map: what is known before the first step is computed once
// (packed weights, the first layer's share of times, distances and types, the modulation of all steps).
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "model/config.h"
#include "model/network.h"
#include "model/parameters.h"
#include "model/staging.h"
#include "ops/backend.h"

namespace osu {

// The rhythm and spacing of a map, T datapoints, host memory.
struct MapContext {
    std::span<const float> time;      // (T) ms, from the map's first
    std::span<const float> distance;  // (T) px
    std::span<const uint8_t> type;    // (T) 0–15
    int64_t band = 128;               // query q sees key k iff q − band < k ≤ q + band; 0: all
};

// Who does the network's blocks in the place of the backend, and may answer from elsewhere: a graphics card,
// of which another thread knows.
class RemoteBlocks {
  public:
    virtual ~RemoteBlocks() = default;
    // What Network::forward does, from the embedded input (N, h) and the modulation (batch, modulation_size)
    // to out (N, 4); host memory, float32. Returns when `out` is there; false when it cannot: the backend
    // does it then.
    virtual bool forward(const AttentionShape& shape, const float* input, const float* modulation,
                         float* out) = 0;
};

class DitSampler {
  public:
    // Weights by parameter name, any float type; their bytes live as long as this: adaLN's, a third of all,
    // are read for a few products a map, and not kept. `read` gives a tensor's bytes until its next call;
    // without it they are read where the view has them. Error when the weights do not fit the configuration.
    using Reader = std::function<const std::byte*(const TensorView&)>;
    DitSampler(const DitConfig& config, Backend& backend, const TensorMap& weights, Reader read = {});

    // Of a backend in float32 whose memory is the host's. Null: none.
    void use(std::unique_ptr<RemoteBlocks> blocks);

    // A row has the same bits whatever its neighbours are.
    bool rows_are_independent() const { return backend_.rows_are_independent(); }

    // `styles` (rows, h): the label vector of each row. `timesteps`: the original step indices, ascending as
    // in Diffusion::timestep.
    void prepare(const MapContext& map, std::span<const float> styles, std::span<const int> timesteps);

    // x (rows, 2, T) → out (rows, 4, T), host memory; `step` indexes timesteps.
    void denoise(std::span<const float> x, size_t step, std::span<float> out);

  private:
    // Of a block, or of the final layer: a third of the network, and seldom used. Packed ahead in the memory
    // of a device; in the host's they stay in the file, and one at a time takes the place that all of its
    // shape share.
    struct Adaln {
        TensorView in_file;
        Bias bias;
        std::shared_ptr<Weight> weight;
    };
    bool stay_in_file() const { return backend_.shares_host_memory(); }

    const DitConfig config_;
    Backend& backend_;
    const Reader read_;
    const ParameterLayout layout_;
    std::vector<float> converted_;  // a weight of another type in the file

    Buffers constants_;                      // biases
    Linear position_input_, context_input_;  // xoc_embedder: the columns of positions, and the others
    Network network_;
    std::vector<Adaln> adaln_;
    std::unique_ptr<RemoteBlocks> remote_;

    // Of the map at hand:
    std::unique_ptr<Buffers> buffers_;
    int64_t rows_ = 0, tokens_ = 0, band_ = 0;
    std::vector<int> timesteps_;
    std::vector<float> styles_;
    Matrix context_;  // (T, h) float32: the first layer without the positions
    std::unique_ptr<Staging> inputs_;
    Staging::Part<float> positions_;  // (2, N)
    Matrix features_;                 // (N, 256)
    Activations activations_;
    Matrix modulation_;       // (steps_at_once · rows, modulation_size)
    Matrix step_modulation_;  // (rows, modulation_size): of the step at hand
    std::unique_ptr<Recording> recording_;
    size_t steps_at_once_ = 0, first_step_ = 0, modulated_steps_ = 0;

    void load_input(const TensorMap& weights);
    void load_adaln(const TensorMap& weights);
    Bias load_bias(const TensorMap& weights, const LinearParameters& parameters);
    void pack(Weight& weight, TensorView tensor, int64_t first_column = 0);
    void embed_context(const MapContext& map);
    void compute_modulation(size_t step);
};

// A row of the label table as float32: the style of a class, or num_classes for the null style.
std::vector<float> label_vector(const TensorMap& weights, int64_t label);

}  // namespace osu
