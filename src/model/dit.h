// The diffusion transformer (DiT) for training: forward keeps what backward needs.
#pragma once

#include <memory>
#include <span>

#include "model/config.h"
#include "model/parameters.h"
#include "ops/backend.h"

namespace osu {

// What the network is given. Host memory; row-major (B, T) unless said otherwise.
struct DitInput {
    int64_t batch = 0, tokens = 0;
    std::span<const float> x;          // (B, 2, T), [0, 1] on the playfield, noised
    std::span<const float> time;       // o (B, T), ms
    std::span<const float> distance;   // (B, T), px
    std::span<const uint8_t> type;     // (B, T), 0–15
    std::span<const float> timestep;   // (B), 0–999
    std::span<const int32_t> label;    // (B), num_classes: the null class
    std::span<const int32_t> lengths;  // (B) valid tokens, or empty: all
    int64_t band = 0;                  // query q sees key k iff q − band < k ≤ q + band; 0: all
};

// Hears of gradients that are complete while the backward goes on.
class GradientListener {
  public:
    virtual ~GradientListener() = default;
    // `count` floats from `first` on. Every part of the layout once: the final layer and the blocks from the
    // last one down, in between their adaLN weights, then what stands behind these, then the embedders.
    virtual void complete(size_t first, size_t count) = 0;
    virtual void all_complete() = 0;  // behind the last part
    // What it does when it hears are operations of the backend alone: a Recording may repeat them.
    virtual bool is_recordable() const = 0;
};

class Dit {
  public:
    Dit(const DitConfig& config, Backend& backend);
    ~Dit();

    const DitConfig& config() const;
    const ParameterLayout& layout() const;
    Backend& backend() const;

    // Takes the values (device memory, layout order, alive until the next load) into the packed weights.
    // Again after every change.
    void load(const float* values);

    // The result stays in output() (N, 4), float32 device memory: ε̂ in columns 0–1, variance in 2–3.
    void forward(const DitInput& input);
    Matrix output() const;
    // And its copy out (B, 4, T) in host memory.
    void forward(const DitInput& input, std::span<float> out);
    // After forward: adds the gradient of every parameter to `gradients`
    // (device memory, layout order). That of the output is expected in output_gradient() (N, 4), device
    // memory of the compute type, or comes as d_out (B, 4, T) from the host.
    Matrix output_gradient() const;
    void backward(float* gradients, GradientListener* listener = nullptr);
    void backward(std::span<const float> d_out, float* gradients, GradientListener* listener = nullptr);

    // Intermediates of the last forward, float32 host copies, for tests: the embedded input (N, h), the
    // embedded timestep plus label (B, h).
    std::vector<float> embedded_input() const;
    std::vector<float> condition() const;

    size_t activation_bytes() const;  // device memory for the last shape
    size_t weight_bytes() const;      // of the packed weights

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace osu
