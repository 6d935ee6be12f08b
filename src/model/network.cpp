#include "model/network.h"

#include <algorithm>

namespace osu {

Matrix Buffers::matrix(int64_t rows, int64_t cols, DType type) {
    const size_t bytes = static_cast<size_t>(rows * cols) * size_of(type);
    blocks_.push_back(backend_.allocate(bytes));
    bytes_ += bytes;
    return {blocks_.back().get(), type, rows, cols, cols};
}

float* Buffers::floats(int64_t count) {
    return matrix(1, count, DType::f32).f32();
}

Linear make_linear(Backend& backend, const LinearParameters& parameters, BFloat16* rounded) {
    const Shape& shape = parameters.weight->shape;
    if (rounded) {
        BFloat16* const values = rounded + parameters.weight->offset;
        return {parameters, backend.view_weight({values, DType::bf16, shape[0], shape[1], shape[1]}), {}};
    }
    return {parameters, backend.make_weight(shape[0], shape[1]), {}};
}

Condition make_condition(Buffers& buffers, const DitConfig& config, int64_t batch) {
    const int64_t h = config.hidden;
    Condition c;
    c.features = buffers.activation(batch, timestep_features);
    c.pre = buffers.residual(batch, h);
    c.hidden = buffers.activation(batch, h);
    c.sum = buffers.residual(batch, h);
    c.activated = buffers.activation(batch, h);
    return c;
}

Activations make_activations(Buffers& buffers, const DitConfig& config, int64_t rows, bool keep) {
    const int64_t h = config.hidden;
    const auto make_norm = [&] {
        Norm norm{buffers.residual(rows, h), buffers.activation(rows, h)};
        if (keep) norm.statistics = {buffers.floats(rows), buffers.floats(rows)};
        return norm;
    };
    const auto make_block = [&] {
        BlockActivations a;
        a.norm1 = make_norm();
        a.qkv = buffers.activation(rows, 3 * h);
        a.attended = buffers.activation(rows, h);
        if (keep) a.log_sum = buffers.floats(config.heads * rows);
        a.attention_out = buffers.activation(rows, h);
        a.norm2 = keep ? make_norm() : a.norm1;
        if (keep) a.pre = buffers.activation(rows, 4 * h);
        a.hidden = buffers.activation(rows, 4 * h);
        a.mlp_out = buffers.activation(rows, h);
        return a;
    };
    Activations a;
    for (int i = 0; i < config.depth; ++i)
        a.blocks.push_back(i == 0 || keep ? make_block() : a.blocks.front());
    a.final_norm = keep ? make_norm() : a.blocks.front().norm1;
    a.out = buffers.residual(rows, output_channels);
    return a;
}

Gradients make_gradients(Buffers& buffers, const DitConfig& config, int64_t batch, int64_t rows) {
    const int64_t h = config.hidden;
    Gradients g;
    g.d_x = buffers.residual(rows, h);
    g.d_normed = buffers.activation(rows, h);
    g.d_branch = buffers.activation(rows, h);
    g.d_attended = buffers.activation(rows, h);
    g.d_qkv = buffers.activation(rows, 3 * h);
    g.d_hidden = buffers.activation(rows, 4 * h);
    g.d_modulation = buffers.residual(batch, config.modulation_size());
    g.d_modulation_cast = buffers.activation(batch, config.modulation_size());
    g.d_condition = buffers.activation(batch, h);
    g.d_sum = buffers.residual(batch, h);
    g.d_sum_cast = buffers.activation(batch, h);
    g.d_timestep_hidden = buffers.activation(batch, h);
    g.d_timestep_pre = buffers.activation(batch, h);
    return g;
}

size_t training_token_bytes(const DitConfig& config, DType compute) {
    const size_t h = config.hidden, heads = config.heads, e = size_of(compute), f = sizeof(float);
    const size_t norm = f * h + e * h + 2 * f, attention = e * 5 * h + f * heads, mlp = e * 9 * h;
    const size_t ends = e * (input_features + h + output_channels) + f * output_channels;
    const size_t gradients = f * h + e * 10 * h;
    return config.depth * (2 * norm + attention + mlp) + norm + ends + gradients;
}

Network::Network(const DitConfig& config, const ParameterLayout& layout, Backend& backend, BFloat16* rounded)
    : config_(config), backend_(backend), label_table_(*layout.layers().label_table) {
    const auto make = [&](const LinearParameters& p) { return make_linear(backend, p, rounded); };
    const NetworkParameters& all = layout.layers();
    timestep_first_ = make(all.timestep_first);
    timestep_second_ = make(all.timestep_second);
    for (const auto& block : all.blocks)
        blocks_.push_back({make(block.qkv), make(block.proj), make(block.fc1), make(block.fc2)});
    final_ = make(all.final);
}

std::vector<Linear*> Network::linears() {
    std::vector<Linear*> all{&timestep_first_, &timestep_second_};
    for (Block& block : blocks_) all.insert(all.end(), {&block.qkv, &block.proj, &block.fc1, &block.fc2});
    all.push_back(&final_);
    return all;
}

void Network::linear(Matrix x, const Linear& layer, Matrix y) const {
    backend_.linear(x, *layer.weight, layer.bias, y);
}

void Network::linear_backward(Matrix dy, Matrix x, const Linear& layer, Matrix dx,
                              const ParameterGradients& gradients, Matrix pre) const {
    backend_.linear_backward(dy, x, *layer.weight, dx, gradients.of(layer.parameters), pre);
}

void Network::condition(std::span<const float> timesteps, const float* styles,
                        std::span<const int32_t> labels, const Condition& c) const {
    backend_.sinusoidal_features(timesteps, 1, c.features);
    linear(c.features, timestep_first_, c.pre);
    backend_.silu(c.pre, c.hidden);
    linear(c.hidden, timestep_second_, c.sum);
    backend_.lookup_add(styles, labels, c.sum);
    backend_.silu(c.sum, c.activated);
}

void Network::condition_backward(std::span<const int32_t> labels, const Condition& c, const Gradients& g,
                                 const ParameterGradients& gradients) const {
    backend_.silu_backward(c.sum, g.d_condition, g.d_sum);
    float* const d_table = gradients.values + label_table_.offset;
    if (gradients.overwrite) backend_.zero(d_table, label_table_.count * sizeof(float));
    backend_.lookup_backward(g.d_sum, labels, d_table);
    backend_.cast(g.d_sum, g.d_sum_cast);
    linear_backward(g.d_sum_cast, c.hidden, timestep_second_, g.d_timestep_hidden, gradients);
    backend_.silu_backward(c.pre, g.d_timestep_hidden, g.d_timestep_pre);
    linear_backward(g.d_timestep_pre, c.features, timestep_first_, {}, gradients);
}

Matrix adaln_columns(Matrix all, const DitConfig& config, int i) {
    const int64_t first = int64_t{6} * config.hidden * i;
    return all.columns(first, std::min(int64_t{6} * config.hidden, all.cols - first));
}

namespace {

struct BlockModulation {
    Modulation msa;
    Matrix gate_msa;
    Modulation mlp;
    Matrix gate_mlp;
};

BlockModulation block_modulation(Matrix all, const DitConfig& config, int i) {
    const Matrix six = adaln_columns(all, config, i);
    const auto chunk = [&](int64_t n) { return six.columns(n * config.hidden, config.hidden); };
    return {{chunk(0), chunk(1)}, chunk(2), {chunk(3), chunk(4)}, chunk(5)};
}

Modulation final_modulation(Matrix all, const DitConfig& config) {
    const Matrix two = adaln_columns(all, config, config.depth);
    return {two.columns(0, config.hidden), two.columns(config.hidden, config.hidden)};
}

}  // namespace

// Nothing is added at the first norm.
void Network::add_and_norm(Matrix x, GatedBranch added, Modulation modulation, const Norm& norm) const {
    backend_.residual_norm({added, modulation, norm.x, norm.statistics}, x, norm.normed);
}

void Network::add_and_norm_backward(GatedBranch added, Matrix d_gate, Modulation modulation,
                                    Modulation d_modulation, const Norm& norm, const Gradients& g) const {
    const GatedBranch d_added{added ? g.d_branch : Matrix{}, d_gate};
    backend_.residual_norm_backward({added, modulation, norm.x, norm.statistics}, g.d_normed, g.d_x, d_added,
                                    d_modulation);
}

void Network::attention(const Block& block, const AttentionShape& shape, const BlockActivations& a) const {
    linear(a.norm1.normed, block.qkv, a.qkv);
    backend_.attention({a.qkv, shape, a.attended, a.log_sum});
    linear(a.attended, block.proj, a.attention_out);
}

void Network::attention_backward(const Block& block, const AttentionShape& shape, const BlockActivations& a,
                                 const Gradients& g, const ParameterGradients& gradients) const {
    linear_backward(g.d_branch, a.attended, block.proj, g.d_attended, gradients);
    backend_.attention_backward({a.qkv, shape, a.attended, a.log_sum}, g.d_attended, g.d_qkv);
    linear_backward(g.d_qkv, a.norm1.normed, block.qkv, g.d_normed, gradients);
}

void Network::mlp(const Block& block, const BlockActivations& a) const {
    backend_.linear_gelu(a.norm2.normed, *block.fc1.weight, block.fc1.bias, a.pre, a.hidden);
    linear(a.hidden, block.fc2, a.mlp_out);
}

void Network::mlp_backward(const Block& block, const BlockActivations& a, const Gradients& g,
                           const ParameterGradients& gradients) const {
    linear_backward(g.d_branch, a.hidden, block.fc2, g.d_hidden, gradients, a.pre);
    linear_backward(g.d_hidden, a.norm2.normed, block.fc1, g.d_normed, gradients);
}

void Network::forward(const AttentionShape& shape, Matrix modulation, const Activations& a) const {
    Matrix x = a.input();
    GatedBranch before;  // the MLP of the block before
    for (int i = 0; i < config_.depth; ++i) {
        const BlockModulation m = block_modulation(modulation, config_, i);
        const BlockActivations& block = a.blocks[i];
        add_and_norm(x, before, m.msa, block.norm1);
        attention(blocks_[i], shape, block);
        add_and_norm(block.norm1.x, {block.attention_out, m.gate_msa}, m.mlp, block.norm2);
        mlp(blocks_[i], block);
        x = block.norm2.x;
        before = {block.mlp_out, m.gate_mlp};
    }
    add_and_norm(x, before, final_modulation(modulation, config_), a.final_norm);
    linear(a.final_norm.normed, final_, a.out);
}

void Network::backward(const AttentionShape& shape, Matrix modulation, const Activations& a, Matrix d_out,
                       const Gradients& g, const ParameterGradients& gradients,
                       const std::function<void(int block)>& block_done) const {
    backend_.zero(g.d_x.data, static_cast<size_t>(g.d_x.rows * g.d_x.cols) * sizeof(float));
    linear_backward(d_out, a.final_norm.normed, final_, g.d_normed, gradients);
    const Norm* behind = &a.final_norm;  // the norm that reads what the block leaves, and its modulation
    Modulation m_behind = final_modulation(modulation, config_),
               d_behind = final_modulation(g.d_modulation, config_);
    for (int i = config_.depth - 1; i >= 0; --i) {
        const BlockModulation m = block_modulation(modulation, config_, i),
                              d = block_modulation(g.d_modulation, config_, i);
        const BlockActivations& block = a.blocks[i];
        add_and_norm_backward({block.mlp_out, m.gate_mlp}, d.gate_mlp, m_behind, d_behind, *behind, g);
        mlp_backward(blocks_[i], block, g, gradients);
        add_and_norm_backward({block.attention_out, m.gate_msa}, d.gate_msa, m.mlp, d.mlp, block.norm2, g);
        attention_backward(blocks_[i], shape, block, g, gradients);
        block_done(i);
        behind = &block.norm1;
        m_behind = m.msa;
        d_behind = d.msa;
    }
    add_and_norm_backward({}, {}, m_behind, d_behind, *behind, g);
}

}  // namespace osu
