#include "model/dit.h"

#include <cassert>

namespace osu {

Dit::Dit(const DitConfig& config, Backend& backend)
    : config_(config),
      backend_(backend),
      layout_(config),
      rounded_(make_rounded()),
      input_(make_linear(backend, layout_.layers().input, rounded())),
      adaln_(make_adaln()),
      network_(config, layout_, backend, rounded()) {
    for (const Linear* layer : linears()) weight_bytes_ += layer->weight->bytes;
}

std::shared_ptr<void> Dit::make_rounded() {
    if (backend_.compute_type() != DType::bf16 || !backend_.views_weights()) return nullptr;
    return backend_.allocate(layout_.size() * sizeof(BFloat16));
}

// Their parameters stand side by side, from those of block 0 on.
Linear Dit::make_adaln() {
    const int64_t out = config_.modulation_size(), in = config_.hidden;
    const LinearParameters& first = layout_.layers().adaln.front();
    if (!rounded()) return {first, backend_.make_weight(out, in), {}};
    BFloat16* const values = rounded() + first.weight->offset;
    return {first, backend_.view_weight({values, DType::bf16, out, in, in}), {}};
}

std::vector<Linear*> Dit::linears() {
    std::vector<Linear*> all = network_.linears();
    all.insert(all.end(), {&input_, &adaln_});
    return all;
}

void Dit::load(const float* values) {
    if (values_ != values) {
        forget_recordings();
        load_recording_ = backend_.make_recording();
    }
    values_ = values;
    for (Linear* layer : linears()) {
        const size_t bias = layer->parameters.bias->offset;
        layer->bias = {values_ + bias, rounded() ? rounded() + bias : nullptr};
    }
    load_recording_->run([this] {
        if (rounded()) return round_values();
        for (Linear* layer : linears())
            backend_.pack(*layer->weight, values_ + layer->parameters.weight->offset, layer->weight->in);
    });
}

// All but the label table, which no product reads.
void Dit::round_values() {
    const Parameter& table = *layout_.layers().label_table;
    const auto round_range = [this](size_t first, size_t end) {
        const auto count = static_cast<int64_t>(end - first);
        backend_.cast({const_cast<float*>(values_) + first, DType::f32, 1, count, count},
                      {rounded() + first, DType::bf16, 1, count, count});
    };
    round_range(0, table.offset);
    round_range(table.offset + table.count, layout_.size());
}

void Dit::forget_recordings() {
    forward_recording_ = backend_.make_recording();
    backward_recordings_.clear();
}

void Dit::reshape(const DitInput& input) {
    if (inputs_ && (input.band != inputs_->band || inputs_->leaves_lengths_out(input) != inputs_->whole))
        forget_recordings();
    if (input.batch == batch_ && input.tokens == tokens_) return;
    forget_recordings();
    batch_ = input.batch;
    tokens_ = input.tokens;
    const int64_t rows = batch_ * tokens_;
    buffers_.reset();  // first free, then allocate
    buffers_ = std::make_unique<Buffers>(backend_);
    features_ = buffers_->activation(rows, input_features);
    condition_ = make_condition(*buffers_, config_, batch_);
    modulation_ = buffers_->residual(batch_, config_.modulation_size());
    activations_ = make_activations(*buffers_, config_, rows, true);
    gradients_ = make_gradients(*buffers_, config_, batch_, rows);
    d_out_ = buffers_->residual(rows, output_channels);
    d_out_cast_ = buffers_->activation(rows, output_channels);
    d_input_ = buffers_->activation(rows, config_.hidden);
    inputs_ = std::make_unique<DitInputs>(backend_, batch_, rows);
}

AttentionShape Dit::attention_shape() const {
    const int32_t* lengths = inputs_->whole ? nullptr : inputs_->staging.device(inputs_->lengths).data();
    return {batch_, tokens_, config_.heads, config_.head_size(), inputs_->band, lengths};
}

void Dit::forward(const DitInput& input) {
    assert(values_);
    reshape(input);
    inputs_->send(input);
    forward_recording_->run([this] {
        const auto sent = [this](auto part) { return inputs_->staging.device(part); };
        embed();
        network_.condition(sent(inputs_->timestep), values_ + layout_.layers().label_table->offset,
                           sent(inputs_->label), condition_);
        backend_.linear(condition_.activated, *adaln_.weight, adaln_.bias, modulation_);
        network_.forward(attention_shape(), modulation_, activations_);
    });
}

void Dit::backward(const ParameterGradients& gradients, GradientListener* listener) {
    if (listener && !listener->is_recordable()) return run_backward(gradients, listener);
    std::unique_ptr<Recording>& recording =
        backward_recordings_[{gradients.values, gradients.overwrite, listener}];
    if (!recording) recording = backend_.make_recording();
    recording->run([&] { run_backward(gradients, listener); });
}

// Blocks come from the last to the first, so what is complete begins with one and ends where the part told
// before it began. With the last block goes the final layer behind it. What modulates a block is complete
// when its first norm has been gone through: after the block before.
void Dit::run_backward(const ParameterGradients& gradients, GradientListener* listener) {
    const auto tell = [&](size_t first, size_t end) {
        if (listener) listener->complete(first, end - first);
    };
    const auto modulation_done = [&](int block) {
        adaln_backward(block, gradients);
        const Parameter& weight = *layout_.layers().adaln[block].weight;
        tell(weight.offset, weight.offset + weight.count);
    };
    size_t end = layout_.modulation_weight();
    network_.backward(attention_shape(), modulation_, activations_, d_out_cast_, gradients_, gradients,
                      [&](int block) {
                          const size_t first = layout_.layers().blocks[block].qkv.weight->offset;
                          tell(first, end);
                          end = first;
                          modulation_done(block + 1);
                      });
    modulation_done(0);
    backend_.linear_backward(gradients_.d_modulation_cast, condition_.activated, *adaln_.weight,
                             gradients_.d_condition, {});
    network_.condition_backward(inputs_->staging.device(inputs_->label), condition_, gradients_, gradients);
    tell(layout_.modulation_bias(), layout_.size());
    embed_backward(gradients);
    tell(0, end);
    if (listener) listener->all_complete();
}

// Of the weights of one block (of the final layer, behind the last one), as soon as its slopes are known.
void Dit::adaln_backward(int block, const ParameterGradients& gradients) {
    const Matrix slopes = adaln_columns(gradients_.d_modulation_cast, config_, block);
    backend_.cast(adaln_columns(gradients_.d_modulation, config_, block), slopes);
    backend_.linear_backward(slopes, condition_.activated, *adaln_.weight, {},
                             gradients.of(layout_.layers().adaln[block]));
}

void Dit::embed() {
    const auto sent = [this](auto part) { return inputs_->staging.device(part); };
    position_feature_columns(backend_, sent(inputs_->positions), features_);
    context_feature_columns(backend_, sent(inputs_->time), sent(inputs_->distance), sent(inputs_->type),
                            features_.columns(2 * position_features, context_features));
    backend_.linear(features_, *input_.weight, input_.bias, activations_.input());
}

void Dit::embed_backward(const ParameterGradients& gradients) {
    backend_.cast(gradients_.d_x, d_input_);
    backend_.linear_backward(d_input_, features_, *input_.weight, {}, gradients.of(input_.parameters));
}

void Dit::forward(const DitInput& input, std::span<float> out) {
    assert(static_cast<int64_t>(out.size()) == input.batch * output_channels * input.tokens);
    forward(input);
    std::vector<float> rows(out.size());
    backend_.download(rows.data(), output().data, rows.size() * sizeof(float));
    tokens_to_channels(rows, batch_, tokens_, out);
}

void Dit::backward(std::span<const float> d_out, const ParameterGradients& gradients,
                   GradientListener* listener) {
    std::vector<float> rows(d_out.size());
    channels_to_tokens(d_out, batch_, tokens_, rows);
    backend_.upload(d_out_.data, rows.data(), rows.size() * sizeof(float));
    backend_.cast(d_out_, d_out_cast_);
    backward(gradients, listener);
}

std::vector<float> Dit::embedded_input() const {
    const Matrix x = activations_.input();
    std::vector<float> copy(static_cast<size_t>(x.rows * x.cols));
    backend_.download(copy.data(), x.data, copy.size() * sizeof(float));
    return copy;
}

}  // namespace osu
