#include "model/dit_sampler.h"

#include <algorithm>
#include <cassert>

#include "base/error.h"
#include "base/profile.h"
#include "model/input_features.h"
#include "model/network.h"

namespace osu {

namespace {

constexpr int64_t context_features = input_features - 2 * position_features;
constexpr size_t modulation_bytes_limit = size_t{48} << 20;  // of one precomputed run of steps

const TensorView& tensor_of(const TensorMap& weights, const std::string& name) {
    const auto found = weights.find(name);
    if (found == weights.end()) fail("the checkpoint has no tensor {}", name);
    return found->second;
}

}  // namespace

struct DitSampler::State {
    State(const DitConfig& config, Backend& backend) : config(config), backend(backend), constants(backend) {}

    const DitConfig config;
    Backend& backend;
    // While loading:
    std::function<void(const TensorView&)> taken;
    std::vector<float> converted;  // a weight that is not float32 in the file

    Buffers constants;  // biases
    Linear position_input, context_input, timestep_first, timestep_second, final_modulation;
    std::vector<Linear> modulations;  // of each block
    NetworkWeights network;

    // Of the map at hand:
    std::unique_ptr<Buffers> buffers;
    int64_t rows = 0, tokens = 0, band = 0;
    std::vector<int> timesteps;
    std::vector<float> styles;
    Matrix context;   // (T, h) float32: the first layer without the positions
    Matrix features;  // (N, 256)
    Activations activations;
    Matrix modulation;  // (steps_at_once · rows, modulation_size)
    size_t steps_at_once = 0, first_step = 0, modulated_steps = 0;

    void load(const TensorMap& weights);
    Linear load_linear(const TensorMap& weights, const std::string& weight, const std::string& bias,
                       int64_t first_column = 0, int64_t columns = 0);
    void compute_modulation(size_t step);
};

Linear DitSampler::State::load_linear(const TensorMap& weights, const std::string& weight,
                                      const std::string& bias, int64_t first_column, int64_t columns) {
    const TensorView& tensor = tensor_of(weights, weight);
    const int64_t out = tensor.shape.at(0), in = tensor.shape.at(1);
    const bool ready =
        tensor.type == DType::f32 && reinterpret_cast<uintptr_t>(tensor.bytes.data()) % alignof(float) == 0;
    if (!ready) to_floats(tensor, converted);
    const float* values = ready ? tensor.as<float>().data() : converted.data();
    Linear layer{backend.make_weight(out, columns ? columns : in, false), nullptr};
    backend.pack_from_host(*layer.weight, values + first_column, in);
    if (taken) taken(tensor);
    if (!bias.empty()) {
        const std::vector<float> bias_values = to_floats(tensor_of(weights, bias));
        float* memory = constants.floats(static_cast<int64_t>(bias_values.size()));
        backend.upload(memory, bias_values.data(), bias_values.size() * sizeof(float));
        layer.bias = memory;
    }
    return layer;
}

void DitSampler::State::load(const TensorMap& weights) {
    const auto named = [&](const std::string& layer) {
        return load_linear(weights, layer + ".weight", layer + ".bias");
    };
    const std::string first = "xoc_embedder.mlp.0.";
    position_input = load_linear(weights, first + "weight", "", 0, 2 * position_features);
    context_input =
        load_linear(weights, first + "weight", first + "bias", 2 * position_features, context_features);
    timestep_first = named("t_embedder.mlp.0");
    timestep_second = named("t_embedder.mlp.2");
    for (int i = 0; i < config.depth; ++i) {
        const std::string block = "blocks." + std::to_string(i) + ".";
        network.blocks.push_back(
            {load_linear(weights, block + "attn.in_proj_weight", block + "attn.in_proj_bias"),
             named(block + "attn.out_proj"), named(block + "mlp.fc1"), named(block + "mlp.fc2")});
        modulations.push_back(named(block + "adaLN_modulation.1"));
    }
    network.final = named("final_layer.linear");
    final_modulation = named("final_layer.adaLN_modulation.1");
}

DitSampler::DitSampler(const DitConfig& config, Backend& backend, const TensorMap& weights,
                       const std::function<void(const TensorView&)>& taken)
    : state_(std::make_unique<State>(config, backend)) {
    if (infer_config(weights, config.heads) != config)
        fail("the weights are not those of a {}", config.name());
    state_->taken = taken;
    state_->load(weights);
    state_->taken = {};
    state_->converted = {};
}

DitSampler::~DitSampler() = default;

void DitSampler::prepare(const MapContext& map, std::span<const float> styles,
                         std::span<const int> timesteps) {
    State& s = *state_;
    const int64_t h = s.config.hidden;
    s.rows = static_cast<int64_t>(styles.size()) / h;
    s.tokens = static_cast<int64_t>(map.time.size());
    s.band = map.band;
    s.timesteps.assign(timesteps.begin(), timesteps.end());
    s.styles.assign(styles.begin(), styles.end());
    assert(s.rows > 0 && s.tokens > 0);

    s.buffers = std::make_unique<Buffers>(s.backend);
    s.context = s.buffers->residual(s.tokens, h);
    s.features = s.buffers->activation(s.rows * s.tokens, 2 * position_features);
    s.activations = make_activations(*s.buffers, s.config, s.rows * s.tokens, false);
    const size_t bytes_per_step = static_cast<size_t>(s.rows * s.config.modulation_size()) * sizeof(float);
    s.steps_at_once = std::clamp<size_t>(modulation_bytes_limit / bytes_per_step, 1, s.timesteps.size());
    s.modulation =
        s.buffers->residual(static_cast<int64_t>(s.steps_at_once) * s.rows, s.config.modulation_size());
    s.modulated_steps = 0;

    Buffers scratch(s.backend);
    const Matrix features = scratch.activation(s.tokens, context_features);
    context_feature_columns(s.backend, map.time, map.distance, map.type, features);
    s.backend.linear(features, *s.context_input.weight, s.context_input.bias, s.context);
    s.compute_modulation(s.timesteps.size() - 1);  // where samplers begin
}

// The modulation of a run of steps that contains `step`, all rows of a step side by side.
void DitSampler::State::compute_modulation(size_t step) {
    const int64_t h = config.hidden;
    first_step = step / steps_at_once * steps_at_once;
    modulated_steps = std::min(steps_at_once, timesteps.size() - first_step);
    const int64_t count = static_cast<int64_t>(modulated_steps) * rows;

    Buffers scratch_buffers(backend);
    const Matrix timestep = scratch_buffers.activation(count, timestep_features);
    const Matrix pre = scratch_buffers.residual(count, h), sum = scratch_buffers.residual(count, h);
    const Matrix activated = scratch_buffers.activation(count, h);
    float* style_rows = scratch_buffers.floats(static_cast<int64_t>(styles.size()));
    backend.upload(style_rows, styles.data(), styles.size() * sizeof(float));
    std::vector<float> step_values;
    std::vector<int32_t> style_index;
    for (size_t i = 0; i < modulated_steps; ++i)
        for (int64_t row = 0; row < rows; ++row) {
            step_values.push_back(static_cast<float>(timesteps[first_step + i]));
            style_index.push_back(static_cast<int32_t>(row));
        }
    backend.sinusoidal_features(step_values, 1, timestep);
    backend.linear(timestep, *timestep_first.weight, timestep_first.bias, pre);
    backend.silu(pre, activated);
    backend.linear(activated, *timestep_second.weight, timestep_second.bias, sum);
    backend.lookup_add(style_rows, style_index, sum);
    backend.silu(sum, activated);
    const Matrix all = modulation.row_range(0, count);
    for (int i = 0; i < config.depth; ++i)
        backend.linear(activated, *modulations[i].weight, modulations[i].bias, all.columns(6 * i * h, 6 * h));
    backend.linear(activated, *final_modulation.weight, final_modulation.bias,
                   all.columns(6 * config.depth * h, 2 * h));
}

void DitSampler::denoise(std::span<const float> x, size_t step, std::span<float> out) {
    const ProfileScope scope(first_step_scope);
    State& s = *state_;
    assert(step < s.timesteps.size() && static_cast<int64_t>(x.size()) == s.rows * 2 * s.tokens &&
           out.size() == 2 * x.size());
    if (step < s.first_step || step >= s.first_step + s.modulated_steps) s.compute_modulation(step);

    const Matrix residual = s.activations.norms[0].x;
    position_feature_columns(s.backend, x, s.rows, s.tokens, s.features);
    for (int64_t row = 0; row < s.rows; ++row)
        s.backend.cast(s.context, residual.row_range(row * s.tokens, s.tokens));
    s.backend.linear_add(s.features, *s.position_input.weight, residual);

    const AttentionShape shape{s.rows, s.tokens, s.config.heads, s.config.head_size(), s.band, nullptr};
    const Matrix modulation =
        s.modulation.row_range(static_cast<int64_t>(step - s.first_step) * s.rows, s.rows);
    network_forward(s.backend, s.config, s.network, shape, modulation, s.activations);
    std::vector<float> rows(out.size());
    s.backend.download(rows.data(), s.activations.out.data, rows.size() * sizeof(float));
    tokens_to_channels(rows, s.rows, s.tokens, out);
}

std::vector<float> label_vector(const TensorMap& weights, int64_t label) {
    const TensorView& table = tensor_of(weights, "y_embedder.embedding_table.weight");
    assert(label >= 0 && label < table.shape.at(0));
    const size_t bytes = static_cast<size_t>(table.shape.at(1)) * size_of(table.type);
    return to_floats(
        {table.type, {table.shape.at(1)}, table.bytes.subspan(static_cast<size_t>(label) * bytes, bytes)});
}

}  // namespace osu
