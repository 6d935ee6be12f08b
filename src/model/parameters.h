// The named parameters of the network and their places in flat arenas: values, gradients, moments and EMA all
// share the layout. Names and shapes are those of the reference's state dict.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/tensor.h"
#include "model/config.h"

namespace osu {

struct Parameter {
    std::string name;
    Shape shape;
    size_t offset = 0, count = 0;  // in floats
};

class ParameterLayout {
  public:
    explicit ParameterLayout(const DitConfig& config);

    // In the order of the state dict (xoc_embedder.playfield_size, a constant, is none of them).
    const std::vector<Parameter>& all() const { return parameters_; }
    const Parameter& find(std::string_view name) const;  // asserts that it exists
    size_t size() const { return size_; }                // floats in an arena

    // All adaLN layers stand side by side, so that one product serves them: weight (modulation_size, hidden),
    // bias.
    size_t modulation_weight() const { return modulation_weight_; }
    size_t modulation_bias() const { return modulation_bias_; }

  private:
    std::vector<Parameter> parameters_;
    std::unordered_map<std::string_view, size_t> index_;
    size_t size_ = 0, modulation_weight_ = 0, modulation_bias_ = 0;
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
