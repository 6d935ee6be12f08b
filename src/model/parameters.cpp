#include "model/parameters.h"

#include <algorithm>
#include <cmath>

#include <fmt/ranges.h>

#include "base/error.h"
#include "base/random.h"

namespace osu {

namespace {

constexpr size_t alignment = 16;  // floats: a cache line

}  // namespace

const Parameter* ParameterLayout::add(std::string name, Shape shape, Initial initial) {
    const size_t count = element_count(shape);
    return &parameters_.emplace_back(Parameter{std::move(name), std::move(shape), initial, 0, count});
}

LinearParameters ParameterLayout::add_linear(const std::string& name, int64_t out, int64_t in,
                                             Initial initial, char separator) {
    const Parameter* weight = add(name + separator + "weight", {out, in}, initial);
    return {weight, add(name + separator + "bias", {out}, Initial::zero)};
}

ParameterLayout::ParameterLayout(const DitConfig& config) {
    const int64_t h = config.hidden;
    layers_.input = add_linear("xoc_embedder.mlp.0", h, input_features, Initial::normal);
    layers_.timestep_first = add_linear("t_embedder.mlp.0", h, timestep_features, Initial::normal);
    layers_.timestep_second = add_linear("t_embedder.mlp.2", h, h, Initial::normal);
    layers_.label_table = add(label_table, {config.num_classes + 1, h}, Initial::normal);
    for (int i = 0; i < config.depth; ++i) {
        const std::string name = fmt::format("blocks.{}.", i);
        NetworkParameters::Block& block = layers_.blocks.emplace_back();
        block.qkv = add_linear(name + "attn.in_proj", 3 * h, h, Initial::xavier, '_');
        block.proj = add_linear(name + "attn.out_proj", h, h, Initial::xavier);
        block.fc1 = add_linear(name + "mlp.fc1", 4 * h, h, Initial::xavier);
        block.fc2 = add_linear(name + "mlp.fc2", h, 4 * h, Initial::xavier);
        layers_.adaln.push_back(add_linear(name + "adaLN_modulation.1", 6 * h, h, Initial::zero));
    }
    layers_.final = add_linear("final_layer.linear", output_channels, h, Initial::zero);
    layers_.adaln.push_back(add_linear("final_layer.adaLN_modulation.1", 2 * h, h, Initial::zero));
    place();
}

// All but adaLN in the order of the state dict, then adaLN's weights, then its biases.
void ParameterLayout::place() {
    const auto place_those = [this](auto&& chosen) {
        for (Parameter& parameter : parameters_) {
            if (!chosen(parameter)) continue;
            parameter.offset = size_;
            size_ += (parameter.count + alignment - 1) / alignment * alignment;
        }
    };
    const auto is_adaln = [](const Parameter& p) {
        return p.name.find("adaLN_modulation") != std::string::npos;
    };
    place_those([&](const Parameter& p) { return !is_adaln(p); });
    place_those([&](const Parameter& p) { return is_adaln(p) && p.shape.size() == 2; });
    place_those([&](const Parameter& p) { return is_adaln(p) && p.shape.size() == 1; });
    for (const Parameter& parameter : parameters_) index_[parameter.name] = &parameter;
}

const Parameter& ParameterLayout::find(std::string_view name) const {
    const auto found = index_.find(name);
    assert(found != index_.end());
    return *found->second;
}

void initialize(const ParameterLayout& layout, uint64_t seed, std::span<float> values) {
    assert(values.size() == layout.size());
    std::fill(values.begin(), values.end(), 0.0f);
    uint64_t stream = 0;  // the number of the parameter in the state dict
    for (const Parameter& parameter : layout.all()) {
        Philox random(seed, stream++);
        const auto weight = values.subspan(parameter.offset, parameter.count);
        if (parameter.initial == Initial::normal) {
            random.fill_normal(weight);
            for (float& value : weight) value *= 0.02f;
        } else if (parameter.initial == Initial::xavier) {
            const float bound = std::sqrt(6.0f / static_cast<float>(parameter.shape[0] + parameter.shape[1]));
            for (float& value : weight) value = (2 * random.uniform() - 1) * bound;
        }
    }
}

const TensorView& tensor_of(const TensorMap& weights, std::string_view name) {
    const auto found = weights.find(name);
    if (found == weights.end()) fail("the checkpoint is no osu-diffusion network: {} is missing", name);
    return found->second;
}

void load_parameters(const ParameterLayout& layout, const TensorMap& tensors, std::span<float> values,
                     std::string_view except) {
    for (const Parameter& parameter : layout.all()) {
        if (parameter.name == except) continue;
        const TensorView& tensor = tensor_of(tensors, parameter.name);
        if (tensor.shape != parameter.shape)
            fail("{} has the shape ({}) in the checkpoint, the network needs ({})", parameter.name,
                 fmt::join(tensor.shape, ", "), fmt::join(parameter.shape, ", "));
        const std::vector<float> floats = to_floats(tensor);
        std::copy(floats.begin(), floats.end(), values.begin() + static_cast<int64_t>(parameter.offset));
    }
}

TensorMap parameter_views(const ParameterLayout& layout, std::span<const float> values) {
    TensorMap views;
    for (const Parameter& parameter : layout.all())
        views[parameter.name] = {DType::f32, parameter.shape,
                                 std::as_bytes(values.subspan(parameter.offset, parameter.count))};
    return views;
}

}  // namespace osu
