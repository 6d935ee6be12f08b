#include "model/dit_sampler.h"

#include <algorithm>
#include <cassert>

#include "base/error.h"
#include "base/profile.h"
#include "model/input_features.h"
#include "model/network.h"
#include "model/parameters.h"
#include "model/staging.h"

namespace osu {

namespace {

constexpr int64_t context_features = input_features - 2 * position_features;
constexpr size_t modulation_bytes_limit = size_t{48} << 20;  // of one precomputed run of steps

}  // namespace

struct DitSampler::State {
    State(const DitConfig& config, Backend& backend) : config(config), backend(backend), constants(backend) {}

    const DitConfig config;
    Backend& backend;
    Reader read;
    std::vector<float> converted;  // a weight of another type in the file

    Buffers constants;  // biases
    Linear position_input, context_input, timestep_first, timestep_second;
    // Of each block, and of the final layer: a third of the network, and seldom used. Packed ahead in the
    // memory of a device; in the host's they stay in the file, and one at a time takes a shared place.
    struct Modulation {
        TensorView in_file;
        const float* bias;
        std::unique_ptr<Weight> packed;
    };
    std::vector<Modulation> modulations;
    std::unique_ptr<Weight> block_modulation, final_modulation;
    NetworkWeights network;

    // Of the map at hand:
    std::unique_ptr<Buffers> buffers;
    int64_t rows = 0, tokens = 0, band = 0;
    std::vector<int> timesteps;
    std::vector<float> styles;
    Matrix context;  // (T, h) float32: the first layer without the positions
    std::unique_ptr<Staging> inputs;
    Staging::Part<float> positions;  // (2, N)
    Matrix features;                 // (N, 256)
    Activations activations;
    Matrix modulation;       // (steps_at_once · rows, modulation_size)
    Matrix step_modulation;  // (rows, modulation_size): of the step at hand
    std::unique_ptr<Recording> recording;
    size_t steps_at_once = 0, first_step = 0, modulated_steps = 0;

    void load(const TensorMap& weights);
    Linear load_linear(const TensorMap& weights, const std::string& weight, const std::string& bias,
                       int64_t first_column = 0, int64_t columns = 0);
    const float* load_bias(const TensorMap& weights, const std::string& bias);
    void pack(Weight& weight, TensorView tensor, int64_t first_column = 0);
    void compute_modulation(size_t step);
};

// From the tensor's columns from `first_column` on; as it lies in the file where the type allows it.
void DitSampler::State::pack(Weight& weight, TensorView tensor, int64_t first_column) {
    if (read) tensor.bytes = {read(tensor), tensor.bytes.size()};
    const bool ready = (tensor.type == DType::f32 || tensor.type == DType::bf16) &&
                       reinterpret_cast<uintptr_t>(tensor.bytes.data()) % size_of(tensor.type) == 0;
    if (!ready) to_floats(tensor, converted);
    const void* values = ready ? static_cast<const void*>(tensor.bytes.data()) : converted.data();
    const Matrix all{const_cast<void*>(values), ready ? tensor.type : DType::f32, tensor.shape.at(0),
                     tensor.shape.at(1), tensor.shape.at(1)};
    backend.pack_from_host(weight, all.columns(first_column, weight.in));
}

Linear DitSampler::State::load_linear(const TensorMap& weights, const std::string& weight,
                                      const std::string& bias, int64_t first_column, int64_t columns) {
    const TensorView& tensor = tensor_of(weights, weight);
    Linear layer{backend.make_weight(tensor.shape.at(0), columns ? columns : tensor.shape.at(1), false),
                 load_bias(weights, bias)};
    pack(*layer.weight, tensor, first_column);
    return layer;
}

const float* DitSampler::State::load_bias(const TensorMap& weights, const std::string& bias) {
    if (bias.empty()) return nullptr;
    const std::vector<float> values = to_floats(tensor_of(weights, bias));
    float* memory = constants.floats(static_cast<int64_t>(values.size()));
    backend.upload(memory, values.data(), values.size() * sizeof(float));
    return memory;
}

void DitSampler::State::load(const TensorMap& weights) {
    const auto named = [&](const std::string& layer) {
        return load_linear(weights, layer + ".weight", layer + ".bias");
    };
    const auto modulation_of = [&](const std::string& layer) {
        const TensorView& tensor = tensor_of(weights, layer + ".weight");
        Modulation& added =
            modulations.emplace_back(Modulation{tensor, load_bias(weights, layer + ".bias"), nullptr});
        if (backend.shares_host_memory()) return;
        added.packed = backend.make_weight(tensor.shape.at(0), tensor.shape.at(1), false);
        pack(*added.packed, tensor);
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
        modulation_of(block + "adaLN_modulation.1");
    }
    network.final = named("final_layer.linear");
    modulation_of("final_layer.adaLN_modulation.1");
    if (!backend.shares_host_memory()) return;
    block_modulation = backend.make_weight(6 * config.hidden, config.hidden, false);
    final_modulation = backend.make_weight(2 * config.hidden, config.hidden, false);
}

DitSampler::DitSampler(const DitConfig& config, Backend& backend, const TensorMap& weights, Reader read)
    : state_(std::make_unique<State>(config, backend)) {
    if (infer_config(weights, config.heads) != config)
        fail("the weights are not those of a {}", config.name());
    state_->read = std::move(read);
    state_->load(weights);
}

DitSampler::~DitSampler() = default;

bool DitSampler::rows_are_independent() const {
    return state_->backend.rows_are_independent();
}

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
    s.inputs = std::make_unique<Staging>(s.backend);
    s.positions = s.inputs->add<float>(2 * s.rows * s.tokens);
    s.features = s.buffers->activation(s.rows * s.tokens, 2 * position_features);
    s.activations = make_activations(*s.buffers, s.config, s.rows * s.tokens, false);
    const size_t bytes_per_step = static_cast<size_t>(s.rows * s.config.modulation_size()) * sizeof(float);
    s.steps_at_once = std::clamp<size_t>(modulation_bytes_limit / bytes_per_step, 1, s.timesteps.size());
    s.modulation =
        s.buffers->residual(static_cast<int64_t>(s.steps_at_once) * s.rows, s.config.modulation_size());
    s.step_modulation = s.buffers->residual(s.rows, s.config.modulation_size());
    s.recording = s.backend.make_recording();
    s.modulated_steps = 0;

    Buffers scratch(s.backend);
    const Matrix features = scratch.activation(s.tokens, context_features);
    Staging context(s.backend);
    const auto time = context.add<float>(s.tokens), distance = context.add<float>(s.tokens);
    const auto type = context.add<uint8_t>(s.tokens);
    scaled_times(map.time, context.host(time));
    std::copy(map.distance.begin(), map.distance.end(), context.host(distance).begin());
    std::copy(map.type.begin(), map.type.end(), context.host(type).begin());
    context.send();
    context_feature_columns(s.backend, context.device(time), context.device(distance), context.device(type),
                            features);
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
    Staging staging(backend);
    const auto style_rows = staging.add<float>(static_cast<int64_t>(styles.size()));
    const auto step_values = staging.add<float>(count);
    const auto style_index = staging.add<int32_t>(count);
    std::copy(styles.begin(), styles.end(), staging.host(style_rows).begin());
    for (int64_t i = 0; i < count; ++i) {
        const size_t at = first_step + static_cast<size_t>(i / rows);
        staging.host(step_values)[static_cast<size_t>(i)] = static_cast<float>(timesteps[at]);
        staging.host(style_index)[static_cast<size_t>(i)] = static_cast<int32_t>(i % rows);
    }
    staging.send();
    backend.sinusoidal_features(staging.device(step_values), 1, timestep);
    backend.linear(timestep, *timestep_first.weight, timestep_first.bias, pre);
    backend.silu(pre, activated);
    backend.linear(activated, *timestep_second.weight, timestep_second.bias, sum);
    backend.lookup_add(staging.device(style_rows).data(), staging.device(style_index), sum);
    backend.silu(sum, activated);
    const Matrix all = modulation.row_range(0, count);
    for (int i = 0; i <= config.depth; ++i) {
        const Modulation& layer = modulations[static_cast<size_t>(i)];
        Weight& weight = layer.packed       ? *layer.packed
                         : i < config.depth ? *block_modulation
                                            : *final_modulation;
        if (!layer.packed) pack(weight, layer.in_file);
        backend.linear(activated, weight, layer.bias, all.columns(6 * i * h, weight.out));
    }
}

void DitSampler::denoise(std::span<const float> x, size_t step, std::span<float> out) {
    const ProfileScope scope(first_step_scope);
    State& s = *state_;
    assert(step < s.timesteps.size() && static_cast<int64_t>(x.size()) == s.rows * 2 * s.tokens &&
           out.size() == 2 * x.size());
    if (step < s.first_step || step >= s.first_step + s.modulated_steps) s.compute_modulation(step);

    positions_by_axis(x, s.rows, s.tokens, s.inputs->host(s.positions));
    s.inputs->send();
    const int64_t first_row = static_cast<int64_t>(step - s.first_step) * s.rows;
    s.backend.cast(s.modulation.row_range(first_row, s.rows), s.step_modulation);
    s.recording->run([&s] {
        const Matrix residual = s.activations.norms[0].x;
        position_feature_columns(s.backend, s.inputs->device(s.positions), s.features);
        for (int64_t row = 0; row < s.rows; ++row)
            s.backend.cast(s.context, residual.row_range(row * s.tokens, s.tokens));
        s.backend.linear_add(s.features, *s.position_input.weight, residual);
        const AttentionShape shape{s.rows, s.tokens, s.config.heads, s.config.head_size(), s.band, nullptr};
        network_forward(s.backend, s.config, s.network, shape, s.step_modulation, s.activations);
    });
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
