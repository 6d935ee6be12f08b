#include "model/dit.h"

#include <cassert>
#include <map>

#include "model/dit_inputs.h"
#include "model/input_features.h"
#include "model/network.h"

namespace osu {

namespace {

// The timestep's and the label's share of every modulation.
struct Condition {
    Matrix features;        // (B, 256) compute type
    Matrix pre, activated;  // (B, h): t_embedder's first layer before (float32) and after its SiLU
    Matrix sum;             // (B, h) float32: embedded timestep + label
    Matrix activated_sum;   // (B, h) compute type
    Matrix modulation;      // (B, modulation_size) float32
    Matrix d_modulation, d_activated_sum, d_sum, d_sum_cast, d_activated, d_pre;
};

Condition make_condition(Buffers& buffers, const DitConfig& config, int64_t batch) {
    const int64_t h = config.hidden;
    Condition c;
    c.features = buffers.activation(batch, timestep_features);
    c.pre = buffers.residual(batch, h);
    c.activated = buffers.activation(batch, h);
    c.sum = buffers.residual(batch, h);
    c.activated_sum = buffers.activation(batch, h);
    c.modulation = buffers.residual(batch, config.modulation_size());
    c.d_modulation = buffers.activation(batch, config.modulation_size());
    c.d_activated_sum = buffers.activation(batch, h);
    c.d_sum = buffers.residual(batch, h);
    c.d_sum_cast = buffers.activation(batch, h);
    c.d_activated = buffers.activation(batch, h);
    c.d_pre = buffers.activation(batch, h);
    return c;
}

}  // namespace

struct Dit::State {
    State(const DitConfig& config, Backend& backend) : config(config), backend(backend), layout(config) {}

    const DitConfig config;
    Backend& backend;
    const ParameterLayout layout;

    Linear input, timestep_first, timestep_second, modulation;
    NetworkWeights network;
    const float* values = nullptr;

    // Of the last shape:
    int64_t batch = 0, tokens = 0;
    std::unique_ptr<Buffers> buffers;
    Matrix features;  // (N, 528)
    Condition condition;
    Activations activations;
    NetworkGradients gradients;
    Matrix d_out, d_out_cast;  // (N, 4) float32 and compute type
    Matrix d_input;            // (N, h) compute type
    std::unique_ptr<DitInputs> inputs;
    // Of forward and backward with these very inputs and weights; of the latter by where the gradients go,
    // and who hears of them.
    std::unique_ptr<Recording> forward_recording, load_recording;
    std::map<std::pair<const float*, const GradientListener*>, std::unique_ptr<Recording>>
        backward_recordings;

    size_t offset(const std::string& name) const { return layout.find(name).offset; }
    AttentionShape attention_shape() const {
        return {batch,        tokens,
                config.heads, config.head_size(),
                inputs->band, inputs->whole ? nullptr : inputs->staging.device(inputs->lengths).data()};
    }

    void make_weights();
    void reshape(const DitInput& input);
    void forget_recordings();
    void pack();
    void backward(float* to, GradientListener* listener);
    void embed();
    struct Rows {
        int64_t first, count;
    };
    Rows modulation_rows(int i) const;
    void modulation_backward(int i, float* to);
    void condition_backward(float* to);
    LinearGradient gradient_of(float* arena, const std::string& weight, const std::string& bias) const {
        return {arena + offset(weight), arena + offset(bias)};
    }
};

void Dit::State::make_weights() {
    const int64_t h = config.hidden;
    const auto make = [this](int64_t out, int64_t in) {
        return Linear{backend.make_weight(out, in, true), nullptr};
    };
    input = make(h, input_features);
    timestep_first = make(h, timestep_features);
    timestep_second = make(h, h);
    modulation = make(config.modulation_size(), h);
    for (int i = 0; i < config.depth; ++i)
        network.blocks.push_back({make(3 * h, h), make(h, h), make(4 * h, h), make(h, 4 * h)});
    network.final = make(output_channels, h);
}

void Dit::State::forget_recordings() {
    forward_recording = backend.make_recording();
    backward_recordings.clear();
}

void Dit::State::reshape(const DitInput& input) {
    if (inputs && (input.band != inputs->band || inputs->leaves_lengths_out(input) != inputs->whole))
        forget_recordings();
    if (input.batch == batch && input.tokens == tokens) return;
    forget_recordings();
    batch = input.batch;
    tokens = input.tokens;
    const int64_t rows = batch * tokens;
    buffers.reset();  // first free, then allocate
    buffers = std::make_unique<Buffers>(backend);
    features = buffers->activation(rows, input_features);
    condition = make_condition(*buffers, config, batch);
    activations = make_activations(*buffers, config, rows, true);
    gradients = make_gradients(*buffers, config, batch, rows);
    d_out = buffers->residual(rows, output_channels);
    d_out_cast = buffers->activation(rows, output_channels);
    d_input = buffers->activation(rows, config.hidden);
    inputs = std::make_unique<DitInputs>(backend, batch, rows);
}

void Dit::State::embed() {
    const auto sent = [this](auto part) { return inputs->staging.device(part); };
    position_feature_columns(backend, sent(inputs->positions), features);
    context_feature_columns(backend, sent(inputs->time), sent(inputs->distance), sent(inputs->type),
                            features.columns(2 * position_features, input_features - 2 * position_features));
    backend.linear(features, *input.weight, input.bias, activations.norms[0].x);

    backend.sinusoidal_features(sent(inputs->timestep), 1, condition.features);
    backend.linear(condition.features, *timestep_first.weight, timestep_first.bias, condition.pre);
    backend.silu(condition.pre, condition.activated);
    backend.linear(condition.activated, *timestep_second.weight, timestep_second.bias, condition.sum);
    backend.lookup_add(values + offset("y_embedder.embedding_table.weight"), sent(inputs->label),
                       condition.sum);
    backend.silu(condition.sum, condition.activated_sum);
    backend.linear(condition.activated_sum, *modulation.weight, modulation.bias, condition.modulation);
}

// Of the rows of the adaLN weights that block i (or, behind the last one, the final layer) has.
Dit::State::Rows Dit::State::modulation_rows(int i) const {
    const int64_t first = 6 * config.hidden * i;
    return {first, i == config.depth ? config.modulation_size() - first : 6 * config.hidden};
}

void Dit::State::modulation_backward(int i, float* to) {
    const auto [first, count] = modulation_rows(i);
    const Matrix slopes = condition.d_modulation.columns(first, count);
    backend.cast(gradients.d_modulation.columns(first, count), slopes);
    backend.linear_backward(slopes, condition.activated_sum, *modulation.weight, {},
                            to + layout.modulation_weight() + first * config.hidden, config.hidden,
                            to + layout.modulation_bias() + first);
}

void Dit::State::condition_backward(float* to) {
    const auto backward = [this](Matrix dy, Matrix x, const Linear& layer, Matrix dx, float* weight,
                                 float* bias) {
        backend.linear_backward(dy, x, *layer.weight, dx, weight, layer.weight->in, bias);
    };
    backward(condition.d_modulation, condition.activated_sum, modulation, condition.d_activated_sum, nullptr,
             nullptr);
    backend.silu_backward(condition.sum, condition.d_activated_sum, condition.d_sum);
    backend.lookup_backward(condition.d_sum, inputs->staging.device(inputs->label),
                            to + offset("y_embedder.embedding_table.weight"));
    backend.cast(condition.d_sum, condition.d_sum_cast);
    backward(condition.d_sum_cast, condition.activated, timestep_second, condition.d_activated,
             to + offset("t_embedder.mlp.2.weight"), to + offset("t_embedder.mlp.2.bias"));
    backend.silu_backward(condition.pre, condition.d_activated, condition.d_pre);
    backward(condition.d_pre, condition.features, timestep_first, {}, to + offset("t_embedder.mlp.0.weight"),
             to + offset("t_embedder.mlp.0.bias"));
}

Dit::Dit(const DitConfig& config, Backend& backend) : state_(std::make_unique<State>(config, backend)) {
    state_->make_weights();
}

Dit::~Dit() = default;

const DitConfig& Dit::config() const {
    return state_->config;
}
const ParameterLayout& Dit::layout() const {
    return state_->layout;
}
size_t Dit::activation_bytes() const {
    return state_->buffers ? state_->buffers->bytes() : 0;
}
size_t Dit::weight_bytes() const {
    size_t bytes = 0;
    const auto count = [&](const Linear& layer) { bytes += layer.weight->bytes; };
    for (const Linear* layer : {&state_->input, &state_->timestep_first, &state_->timestep_second,
                                &state_->modulation, &state_->network.final})
        count(*layer);
    for (const BlockWeights& block : state_->network.blocks)
        for (const Linear* layer : {&block.qkv, &block.proj, &block.fc1, &block.fc2}) count(*layer);
    return bytes;
}

Backend& Dit::backend() const {
    return state_->backend;
}

void Dit::load(const float* values) {
    State& s = *state_;
    if (s.values != values) {
        s.forget_recordings();
        s.load_recording = s.backend.make_recording();
    }
    s.values = values;
    s.load_recording->run([&s] { s.pack(); });
}

void Dit::State::pack() {
    const auto take = [&](Linear& layer, size_t weight, size_t bias) {
        backend.pack(*layer.weight, values + weight, layer.weight->in);
        layer.bias = values + bias;
    };
    const auto take_named = [&](Linear& layer, const std::string& weight, const std::string& bias) {
        take(layer, offset(weight), offset(bias));
    };
    take_named(input, "xoc_embedder.mlp.0.weight", "xoc_embedder.mlp.0.bias");
    take_named(timestep_first, "t_embedder.mlp.0.weight", "t_embedder.mlp.0.bias");
    take_named(timestep_second, "t_embedder.mlp.2.weight", "t_embedder.mlp.2.bias");
    take(modulation, layout.modulation_weight(), layout.modulation_bias());
    for (size_t i = 0; i < network.blocks.size(); ++i) {
        const std::string name = "blocks." + std::to_string(i) + ".";
        BlockWeights& block = network.blocks[i];
        take_named(block.qkv, name + "attn.in_proj_weight", name + "attn.in_proj_bias");
        take_named(block.proj, name + "attn.out_proj.weight", name + "attn.out_proj.bias");
        take_named(block.fc1, name + "mlp.fc1.weight", name + "mlp.fc1.bias");
        take_named(block.fc2, name + "mlp.fc2.weight", name + "mlp.fc2.bias");
    }
    take_named(network.final, "final_layer.linear.weight", "final_layer.linear.bias");
}

Matrix Dit::output() const {
    return state_->activations.out;
}
Matrix Dit::output_gradient() const {
    return state_->d_out_cast;
}

void Dit::forward(const DitInput& input) {
    State& s = *state_;
    assert(s.values);
    s.reshape(input);
    s.inputs->send(input);
    s.forward_recording->run([&s] {
        s.embed();
        network_forward(s.backend, s.config, s.network, s.attention_shape(), s.condition.modulation,
                        s.activations);
    });
}

void Dit::forward(const DitInput& input, std::span<float> out) {
    State& s = *state_;
    assert(static_cast<int64_t>(out.size()) == input.batch * output_channels * input.tokens);
    forward(input);
    std::vector<float> rows(out.size());
    s.backend.download(rows.data(), s.activations.out.data, rows.size() * sizeof(float));
    tokens_to_channels(rows, s.batch, s.tokens, out);
}

void Dit::backward(std::span<const float> d_out, float* to, GradientListener* listener) {
    State& s = *state_;
    std::vector<float> rows(d_out.size());
    channels_to_tokens(d_out, s.batch, s.tokens, rows);
    s.backend.upload(s.d_out.data, rows.data(), rows.size() * sizeof(float));
    s.backend.cast(s.d_out, s.d_out_cast);
    backward(to, listener);
}

void Dit::backward(float* to, GradientListener* listener) {
    State& s = *state_;
    if (listener && !listener->is_recordable()) return s.backward(to, listener);
    std::unique_ptr<Recording>& recording = s.backward_recordings[{to, listener}];
    if (!recording) recording = s.backend.make_recording();
    recording->run([&] { s.backward(to, listener); });
}

void Dit::State::backward(float* to, GradientListener* listener) {
    const auto tell = [&](size_t first, size_t end) {
        if (listener) listener->complete(first, end - first);
    };
    const auto block_start = [&](int i) {
        return i == config.depth ? offset("final_layer.linear.weight")
                                 : offset("blocks." + std::to_string(i) + ".attn.in_proj_weight");
    };
    // What modulates block i is complete when the norm before it has been gone through.
    const auto modulation_done = [&](int i) {
        modulation_backward(i, to);
        const auto [first, count] = modulation_rows(i);
        const size_t begin = layout.modulation_weight() + static_cast<size_t>(first * config.hidden);
        tell(begin, begin + static_cast<size_t>(count * config.hidden));
    };
    std::vector<BlockGradients> blocks;
    for (int i = 0; i < config.depth; ++i) {
        const std::string name = "blocks." + std::to_string(i) + ".";
        blocks.push_back({gradient_of(to, name + "attn.in_proj_weight", name + "attn.in_proj_bias"),
                          gradient_of(to, name + "attn.out_proj.weight", name + "attn.out_proj.bias"),
                          gradient_of(to, name + "mlp.fc1.weight", name + "mlp.fc1.bias"),
                          gradient_of(to, name + "mlp.fc2.weight", name + "mlp.fc2.bias")});
    }
    network_backward(
        backend, config, network, attention_shape(), condition.modulation, activations, d_out_cast, blocks,
        gradient_of(to, "final_layer.linear.weight", "final_layer.linear.bias"), gradients, [&](int i) {
            const bool last = i == config.depth - 1;  // with it goes the final layer behind it
            tell(block_start(i), last ? layout.modulation_weight() : block_start(i + 1));
            modulation_done(i + 1);
        });
    modulation_done(0);
    condition_backward(to);
    tell(layout.modulation_bias(), layout.size());
    backend.cast(gradients.d_x, d_input);
    const LinearGradient first = gradient_of(to, "xoc_embedder.mlp.0.weight", "xoc_embedder.mlp.0.bias");
    backend.linear_backward(d_input, features, *input.weight, {}, first.weight, input_features, first.bias);
    tell(0, block_start(0));
    if (listener) listener->all_complete();
}

std::vector<float> Dit::embedded_input() const {
    const Matrix x = state_->activations.norms[0].x;
    std::vector<float> copy(static_cast<size_t>(x.rows * x.cols));
    state_->backend.download(copy.data(), x.data, copy.size() * sizeof(float));
    return copy;
}

std::vector<float> Dit::condition() const {
    const Matrix sum = state_->condition.sum;
    std::vector<float> copy(static_cast<size_t>(sum.rows * sum.cols));
    state_->backend.download(copy.data(), sum.data, copy.size() * sizeof(float));
    return copy;
}

}  // namespace osu
