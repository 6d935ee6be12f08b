#include "model/dit_sampler.h"

#include <algorithm>
#include <cassert>

#include "base/error.h"
#include "base/profile.h"
#include "model/dit_inputs.h"

namespace osu {

namespace {

constexpr size_t modulation_bytes_limit = size_t{48} << 20;  // of one precomputed run of steps

}  // namespace

DitSampler::DitSampler(const DitConfig& config, Backend& backend, const TensorMap& weights, Reader read)
    : config_(config),
      backend_(backend),
      read_(std::move(read)),
      layout_(config),
      constants_(backend),
      network_(config, layout_, backend) {
    if (infer_config(weights, config.heads) != config)
        fail("the weights are not those of a {}", config.name());
    load_input(weights);
    for (Linear* layer : network_.linears()) {
        pack(*layer->weight, tensor_of(weights, layer->parameters.weight->name));
        layer->bias = load_bias(weights, layer->parameters);
    }
    load_adaln(weights);
}

void DitSampler::load_input(const TensorMap& weights) {
    const LinearParameters& parameters = layout_.layers().input;
    const TensorView& tensor = tensor_of(weights, parameters.weight->name);
    const auto load_columns = [&](int64_t first, int64_t count) {
        Linear columns{parameters, backend_.make_weight(config_.hidden, count)};
        pack(*columns.weight, tensor, first);
        return columns;
    };
    position_input_ = load_columns(0, 2 * position_features);
    context_input_ = load_columns(2 * position_features, context_features);
    context_input_.bias = load_bias(weights, parameters);
}

void DitSampler::load_adaln(const TensorMap& weights) {
    for (const LinearParameters& parameters : layout_.layers().adaln) {
        const TensorView& tensor = tensor_of(weights, parameters.weight->name);
        Adaln layer{tensor, load_bias(weights, parameters), nullptr};
        const bool shares = stay_in_file() && !adaln_.empty() && adaln_.back().in_file.shape == tensor.shape;
        layer.weight = shares ? adaln_.back().weight
                              : std::shared_ptr(backend_.make_weight(tensor.shape[0], tensor.shape[1]));
        if (!stay_in_file()) pack(*layer.weight, tensor);
        adaln_.push_back(std::move(layer));
    }
}

Bias DitSampler::load_bias(const TensorMap& weights, const LinearParameters& parameters) {
    const std::vector<float> values = to_floats(tensor_of(weights, parameters.bias->name));
    float* memory = constants_.floats(static_cast<int64_t>(values.size()));
    backend_.upload(memory, values.data(), values.size() * sizeof(float));
    if (backend_.compute_type() != DType::bf16) return memory;
    std::vector<BFloat16> rounded(values.size());
    std::transform(values.begin(), values.end(), rounded.begin(), to_bfloat16);
    const Matrix copy = constants_.activation(1, static_cast<int64_t>(values.size()));
    backend_.upload(copy.data, rounded.data(), rounded.size() * sizeof(BFloat16));
    return {memory, copy.bf16()};
}

// From the tensor's columns from `first_column` on; as it lies in the file where the type allows it.
void DitSampler::pack(Weight& weight, TensorView tensor, int64_t first_column) {
    if (read_) tensor.bytes = {read_(tensor), tensor.bytes.size()};
    const bool ready = (tensor.type == DType::f32 || tensor.type == DType::bf16) &&
                       reinterpret_cast<uintptr_t>(tensor.bytes.data()) % size_of(tensor.type) == 0;
    if (!ready) to_floats(tensor, converted_);
    const void* values = ready ? static_cast<const void*>(tensor.bytes.data()) : converted_.data();
    const Matrix all{const_cast<void*>(values), ready ? tensor.type : DType::f32, tensor.shape.at(0),
                     tensor.shape.at(1), tensor.shape.at(1)};
    backend_.pack_from_host(weight, all.columns(first_column, weight.in));
}

void DitSampler::prepare(const MapContext& map, std::span<const float> styles,
                         std::span<const int> timesteps) {
    const int64_t h = config_.hidden, all = config_.modulation_size();
    rows_ = static_cast<int64_t>(styles.size()) / h;
    tokens_ = static_cast<int64_t>(map.time.size());
    band_ = map.band;
    timesteps_.assign(timesteps.begin(), timesteps.end());
    styles_.assign(styles.begin(), styles.end());
    assert(rows_ > 0 && tokens_ > 0);

    buffers_ = std::make_unique<Buffers>(backend_);
    context_ = buffers_->residual(tokens_, h);
    inputs_ = std::make_unique<Staging>(backend_);
    positions_ = inputs_->add<float>(2 * rows_ * tokens_);
    features_ = buffers_->activation(rows_ * tokens_, 2 * position_features);
    activations_ = make_activations(*buffers_, config_, rows_ * tokens_, false);
    const size_t bytes_per_step = static_cast<size_t>(rows_ * all) * sizeof(float);
    steps_at_once_ = std::clamp<size_t>(modulation_bytes_limit / bytes_per_step, 1, timesteps_.size());
    modulation_ = buffers_->residual(static_cast<int64_t>(steps_at_once_) * rows_, all);
    step_modulation_ = buffers_->residual(rows_, all);
    recording_ = backend_.make_recording();
    embed_context(map);
    compute_modulation(timesteps_.size() - 1);  // where samplers begin
}

void DitSampler::embed_context(const MapContext& map) {
    Buffers scratch(backend_);
    const Matrix features = scratch.activation(tokens_, context_features);
    Staging staging(backend_);
    const auto time = staging.add<float>(tokens_), distance = staging.add<float>(tokens_);
    const auto type = staging.add<uint8_t>(tokens_);
    scaled_times(map.time, staging.host(time));
    std::copy(map.distance.begin(), map.distance.end(), staging.host(distance).begin());
    std::copy(map.type.begin(), map.type.end(), staging.host(type).begin());
    staging.send();
    context_feature_columns(backend_, staging.device(time), staging.device(distance), staging.device(type),
                            features);
    backend_.linear(features, *context_input_.weight, context_input_.bias, context_);
}

// The modulation of a run of steps that contains `step`, all rows of a step side by side.
void DitSampler::compute_modulation(size_t step) {
    first_step_ = step / steps_at_once_ * steps_at_once_;
    modulated_steps_ = std::min(steps_at_once_, timesteps_.size() - first_step_);
    const int64_t count = static_cast<int64_t>(modulated_steps_) * rows_;

    Buffers scratch(backend_);
    const Condition condition = make_condition(scratch, config_, count);
    Staging staging(backend_);
    const auto styles = staging.add<float>(static_cast<int64_t>(styles_.size()));
    const auto timesteps = staging.add<float>(count);
    const auto style_index = staging.add<int32_t>(count);
    std::copy(styles_.begin(), styles_.end(), staging.host(styles).begin());
    for (int64_t i = 0; i < count; ++i) {
        staging.host(timesteps)[i] = static_cast<float>(timesteps_[first_step_ + i / rows_]);
        staging.host(style_index)[i] = static_cast<int32_t>(i % rows_);
    }
    staging.send();
    network_.condition(staging.device(timesteps), staging.device(styles).data(), staging.device(style_index),
                       condition);
    const Matrix all = modulation_.row_range(0, count);
    for (int i = 0; i <= config_.depth; ++i) {
        const Adaln& layer = adaln_[i];
        if (stay_in_file()) pack(*layer.weight, layer.in_file);
        backend_.linear(condition.activated, *layer.weight, layer.bias, adaln_columns(all, config_, i));
    }
}

void DitSampler::use(std::unique_ptr<RemoteBlocks> blocks) {
    assert(backend_.shares_host_memory() && backend_.compute_type() == DType::f32);
    remote_ = std::move(blocks);
}

void DitSampler::denoise(std::span<const float> x, size_t step, std::span<float> out) {
    const ProfileScope scope(first_step_scope);
    assert(step < timesteps_.size() && static_cast<int64_t>(x.size()) == rows_ * 2 * tokens_ &&
           out.size() == 2 * x.size());
    if (step < first_step_ || step >= first_step_ + modulated_steps_) compute_modulation(step);

    positions_by_axis(x, rows_, tokens_, inputs_->host(positions_));
    inputs_->send();
    const int64_t first_row = static_cast<int64_t>(step - first_step_) * rows_;
    backend_.cast(modulation_.row_range(first_row, rows_), step_modulation_);
    recording_->run([this] {
        position_feature_columns(backend_, inputs_->device(positions_), features_);
        for (int64_t row = 0; row < rows_; ++row)
            backend_.cast(context_, activations_.input().row_range(row * tokens_, tokens_));
        backend_.linear_add(features_, *position_input_.weight, activations_.input());
        const AttentionShape shape{rows_, tokens_, config_.heads, config_.head_size(), band_, nullptr};
        if (!remote_ || !remote_->forward(shape, activations_.input().f32(), step_modulation_.f32(),
                                          activations_.out.f32()))
            network_.forward(shape, step_modulation_, activations_);
    });
    std::vector<float> rows(out.size());
    backend_.download(rows.data(), activations_.out.data, rows.size() * sizeof(float));
    tokens_to_channels(rows, rows_, tokens_, out);
}

std::vector<float> label_vector(const TensorMap& weights, int64_t label) {
    const TensorView& table = tensor_of(weights, label_table);
    assert(label >= 0 && label < table.shape.at(0));
    const size_t bytes = static_cast<size_t>(table.shape.at(1)) * size_of(table.type);
    return to_floats(
        {table.type, {table.shape.at(1)}, table.bytes.subspan(static_cast<size_t>(label) * bytes, bytes)});
}

}  // namespace osu
