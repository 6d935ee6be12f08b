// The diffusion transformer (DiT): its configuration, its named parameters, forward and backward.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "ops/backend.h"

namespace osu {

struct DitConfig {
    int depth = 12, hidden = 768, heads = 12;
    int num_classes = 52670;  // the table has one row more: the null class
    // "DiT-XS" … "DiT-XL", or "DiT(depth, hidden, heads)".
    std::string name() const;
    bool operator==(const DitConfig&) const = default;
};

// DiT-XS, -S, -B, -L, -XL. Error with the list for another name.
DitConfig dit_config(std::string_view name, int num_classes);

// A parameter in the flat arenas (values, gradients, moments, EMA all share the offset).
struct Parameter {
    std::string name;  // of the state dict
    Shape shape;
    size_t offset = 0, count = 0;  // in floats
};

// All trained parameters in the order of the state dict, each aligned to 16 floats.
class ParameterLayout {
  public:
    explicit ParameterLayout(const DitConfig& config);
    const std::vector<Parameter>& all() const { return parameters_; }
    const Parameter& find(std::string_view name) const;  // asserts that it exists
    size_t size() const { return size_; }                // floats in an arena

  private:
    std::vector<Parameter> parameters_;
    size_t size_ = 0;
};

// The initial values of REFERENCE §3 (Xavier, normal 0.02, zeros); a function of the seed alone.
void initialize(const DitConfig& config, const ParameterLayout& layout, uint64_t seed, std::span<float> values);

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
    int64_t band = 0;                  // 0: every token sees every other
};

// A network for training: keeps what the backward needs.
class Dit {
  public:
    Dit(const DitConfig& config, Backend& backend);
    ~Dit();

    const DitConfig& config() const;
    const ParameterLayout& layout() const;

    // Takes the values (device memory, layout order) into the packed weights; again after every change.
    void load(const float* values);

    // out (B, 4, T) host memory: ε̂ in channels 0–1, variance in 2–3.
    void forward(const DitInput& input, std::span<float> out);
    // After forward: adds the gradients of every parameter to `gradients` (device memory, layout order).
    void backward(std::span<const float> d_out, float* gradients);

  private:
    struct State;
    std::unique_ptr<State> state_;
};

// A network for sampling one map: what is known before the first step is computed once.
class DitSampler {
  public:
    // Weights by parameter name, any float type. band: keys within (q − band, q + band].
    struct Map {
        std::span<const float> time;      // (T) ms, from the map's first
        std::span<const float> distance;  // (T)
        std::span<const uint8_t> type;    // (T)
        int64_t band = 128;
    };
    DitSampler(const DitConfig& config, Backend& backend, const float* values);
    ~DitSampler();

    // `timesteps`: every original step index that denoise() will be asked for.
    // `labels`: the label of each row; rows that differ only in x share nothing else.
    void prepare(const Map& map, std::span<const int32_t> labels, std::span<const int> timesteps);
    // x (rows, 2, T) → out (rows, 4, T), host memory; `step` indexes timesteps.
    void denoise(std::span<const float> x, size_t step, std::span<float> out);

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace osu
