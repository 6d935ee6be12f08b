// The named parameters of the network and their places in flat arenas: values, gradients, moments and EMA all
// share the layout. Names and shapes are those of the reference's state dict.
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/tensor.h"
#include "model/config.h"

namespace osu {

// Names that are asked for before the configuration is known.
constexpr const char* input_weight = "xoc_embedder.mlp.0.weight";                // (h, 528)
constexpr const char* label_table = "y_embedder.embedding_table.weight";         // (num_classes + 1, h)
constexpr const char* attention_input_weight = "blocks.{}.attn.in_proj_weight";  // (3h, h) of block {}

// How a parameter begins: normal with deviation 0.02, or uniform within Xavier's bound.
enum class Initial { zero, normal, xavier };

struct Parameter {
    std::string name;
    Shape shape;
    Initial initial = Initial::zero;
    size_t offset = 0, count = 0;  // in floats
};

// y = x·Wᵀ + b: weight (out, in), bias (out).
struct LinearParameters {
    const Parameter *weight = nullptr, *bias = nullptr;
};

// The parameters by the layers that have them.
struct NetworkParameters {
    struct Block {
        LinearParameters qkv, proj, fc1, fc2;
    };
    LinearParameters input;                            // xoc_embedder
    LinearParameters timestep_first, timestep_second;  // t_embedder
    const Parameter* label_table = nullptr;            // y_embedder
    std::vector<Block> blocks;
    LinearParameters final;
    std::vector<LinearParameters> adaln;  // of each block, and of the final layer
};

class ParameterLayout {
  public:
    explicit ParameterLayout(const DitConfig& config);
    ParameterLayout(const ParameterLayout&) = delete;

    // In the order of the state dict (xoc_embedder.playfield_size, a constant, is none of them).
    const std::deque<Parameter>& all() const { return parameters_; }
    const NetworkParameters& layers() const { return layers_; }
    const Parameter& find(std::string_view name) const;  // asserts that it exists
    size_t size() const { return size_; }                // floats in an arena

    // All adaLN layers stand side by side, so that one product serves them: weight (modulation_size, hidden),
    // bias.
    size_t modulation_weight() const { return layers_.adaln.front().weight->offset; }
    size_t modulation_bias() const { return layers_.adaln.front().bias->offset; }

  private:
    std::deque<Parameter> parameters_;  // which stay where they are
    NetworkParameters layers_;
    std::unordered_map<std::string_view, const Parameter*> index_;
    size_t size_ = 0;

    const Parameter* add(std::string name, Shape shape, Initial initial);
    LinearParameters add_linear(const std::string& name, int64_t out, int64_t in, Initial initial,
                                char separator = '.');
    void place();
};

// The initial values of the reference (Xavier, normal 0.02, zeros); a function of the seed alone.
void initialize(const ParameterLayout& layout, uint64_t seed, std::span<float> values);

// The tensor of that name. Error where it is missing.
const TensorView& tensor_of(const TensorMap& weights, std::string_view name);

// Copies tensors of a state dict, of any float type, into an arena. Error when one is missing or of another
// shape; the one named `except` is left alone.
void load_parameters(const ParameterLayout& layout, const TensorMap& tensors, std::span<float> values,
                     std::string_view except = {});

// The arena's parameters as tensors that point into it.
TensorMap parameter_views(const ParameterLayout& layout, std::span<const float> values);

}  // namespace osu
