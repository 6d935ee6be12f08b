#include "model/parameters.h"

#include <algorithm>
#include <cmath>

#include <fmt/ranges.h>

#include "base/error.h"
#include "base/random.h"

namespace osu {

namespace {

constexpr size_t alignment = 16;  // floats: a cache line

bool is_modulation(std::string_view name) {
    return name.find("adaLN_modulation") != std::string_view::npos;
}
bool is_weight(std::string_view name) {
    return name.ends_with("weight");
}
bool is_normal(std::string_view name) {
    return name.starts_with("xoc_embedder") || name.starts_with("t_embedder") ||
           name.starts_with("y_embedder");
}

}  // namespace

ParameterLayout::ParameterLayout(const DitConfig& config) {
    const int64_t h = config.hidden;
    const auto add = [this](std::string name, Shape shape) {
        const size_t count = static_cast<size_t>(element_count(shape));
        parameters_.push_back({std::move(name), std::move(shape), 0, count});
    };
    const auto add_linear = [&](const std::string& name, int64_t out, int64_t in) {
        add(name + ".weight", {out, in});
        add(name + ".bias", {out});
    };
    add_linear("xoc_embedder.mlp.0", h, input_features);
    add_linear("t_embedder.mlp.0", h, timestep_features);
    add_linear("t_embedder.mlp.2", h, h);
    add("y_embedder.embedding_table.weight", {config.num_classes + 1, h});
    for (int i = 0; i < config.depth; ++i) {
        const std::string block = fmt::format("blocks.{}.", i);
        add(block + "attn.in_proj_weight", {3 * h, h});
        add(block + "attn.in_proj_bias", {3 * h});
        add_linear(block + "attn.out_proj", h, h);
        add_linear(block + "mlp.fc1", 4 * h, h);
        add_linear(block + "mlp.fc2", h, 4 * h);
        add_linear(block + "adaLN_modulation.1", 6 * h, h);
    }
    add_linear("final_layer.linear", output_channels, h);
    add_linear("final_layer.adaLN_modulation.1", 2 * h, h);

    const auto place = [this](auto&& chosen) {
        const size_t first = size_;
        for (Parameter& parameter : parameters_) {
            if (!chosen(parameter.name)) continue;
            parameter.offset = size_;
            size_ += (parameter.count + alignment - 1) / alignment * alignment;
        }
        return first;
    };
    place([](const std::string& name) { return !is_modulation(name); });
    modulation_weight_ =
        place([](const std::string& name) { return is_modulation(name) && is_weight(name); });
    modulation_bias_ = place([](const std::string& name) { return is_modulation(name) && !is_weight(name); });
    for (size_t i = 0; i < parameters_.size(); ++i) index_[parameters_[i].name] = i;
}

const Parameter& ParameterLayout::find(std::string_view name) const {
    const auto found = index_.find(name);
    assert(found != index_.end());
    return parameters_[found->second];
}

void initialize(const ParameterLayout& layout, uint64_t seed, std::span<float> values) {
    assert(values.size() == layout.size());
    std::fill(values.begin(), values.end(), 0.0f);
    const auto& all = layout.all();
    for (size_t i = 0; i < all.size(); ++i) {
        const Parameter& parameter = all[i];
        const std::string& name = parameter.name;
        if (!is_weight(name) || is_modulation(name) || name.starts_with("final_layer")) continue;
        Philox random(seed, i);
        const auto weight = values.subspan(parameter.offset, parameter.count);
        if (is_normal(name)) {
            random.fill_normal(weight);
            for (float& value : weight) value *= 0.02f;
        } else {
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
