#include "model/network.h"

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

Activations make_activations(Buffers& buffers, const DitConfig& config, int64_t rows, bool keep) {
    const int64_t h = config.hidden;
    Activations activations;
    for (int s = 0; s <= 2 * config.depth; ++s) {
        if (s > 0 && !keep) {
            activations.norms.push_back(activations.norms[0]);
            continue;
        }
        Norm& norm = activations.norms.emplace_back();
        norm.x = buffers.residual(rows, h);
        norm.normed = buffers.activation(rows, h);
        if (!keep) continue;
        norm.mean = buffers.floats(rows);
        norm.rstd = buffers.floats(rows);
    }
    for (int s = 0; s < 2 * config.depth; ++s) {
        if (s > 1 && !keep) {
            activations.branches.push_back(activations.branches[static_cast<size_t>(s % 2)]);
            continue;
        }
        Branch& branch = activations.branches.emplace_back();
        branch.out = buffers.activation(rows, h);
        if (s % 2 == 0) {
            branch.qkv = buffers.activation(rows, 3 * h);
            branch.attended = buffers.activation(rows, h);
            if (keep) branch.log_sum = buffers.floats(config.heads * rows);
        } else {
            if (keep) branch.pre = buffers.activation(rows, 4 * h);
            branch.hidden = buffers.activation(rows, 4 * h);
        }
    }
    activations.out = buffers.residual(rows, output_channels);
    return activations;
}

size_t training_token_bytes(const DitConfig& config, DType compute) {
    const size_t h = static_cast<size_t>(config.hidden), depth = static_cast<size_t>(config.depth);
    const size_t heads = static_cast<size_t>(config.heads), e = size_of(compute), f = sizeof(float);
    const size_t norms = (2 * depth + 1) * (f * h + e * h + 2 * f);
    const size_t branches = depth * (e * 5 * h + f * heads + e * 9 * h);
    const size_t gradients = f * h + e * 10 * h;
    return norms + branches + gradients + e * (input_features + h + output_channels) + f * output_channels;
}

namespace {

Modulation modulation_of(Matrix all, int64_t h, int64_t s) {
    return {all.columns(3 * s * h, h), all.columns((3 * s + 1) * h, h)};
}

Matrix gate_of(Matrix all, int64_t h, int64_t s) {
    return all.columns((3 * s + 2) * h, h);
}

}  // namespace

void network_forward(Backend& backend, const DitConfig& config, const NetworkWeights& weights,
                     const AttentionShape& shape, Matrix modulation, Activations& activations) {
    const int64_t h = config.hidden;
    const auto& norms = activations.norms;
    backend.residual_norm(norms[0].x, {}, {}, modulation_of(modulation, h, 0), norms[0].x, norms[0].normed,
                          norms[0].mean, norms[0].rstd);
    for (int s = 0; s < 2 * config.depth; ++s) {
        const Branch& branch = activations.branches[static_cast<size_t>(s)];
        const BlockWeights& block = weights.blocks[static_cast<size_t>(s / 2)];
        const Norm &before = norms[static_cast<size_t>(s)], &after = norms[static_cast<size_t>(s) + 1];
        if (s % 2 == 0) {
            backend.linear(before.normed, *block.qkv.weight, block.qkv.bias, branch.qkv);
            backend.attention(branch.qkv, shape, branch.attended, branch.log_sum);
            backend.linear(branch.attended, *block.proj.weight, block.proj.bias, branch.out);
        } else {
            backend.linear_gelu(before.normed, *block.fc1.weight, block.fc1.bias, branch.pre, branch.hidden);
            backend.linear(branch.hidden, *block.fc2.weight, block.fc2.bias, branch.out);
        }
        backend.residual_norm(before.x, branch.out, gate_of(modulation, h, s),
                              modulation_of(modulation, h, s + 1), after.x, after.normed, after.mean,
                              after.rstd);
    }
    backend.linear(norms.back().normed, *weights.final.weight, weights.final.bias, activations.out);
}

NetworkGradients make_gradients(Buffers& buffers, const DitConfig& config, int64_t batch, int64_t rows) {
    const int64_t h = config.hidden;
    NetworkGradients gradients;
    gradients.d_x = buffers.residual(rows, h);
    gradients.d_normed = buffers.activation(rows, h);
    gradients.d_branch = buffers.activation(rows, h);
    gradients.d_attended = buffers.activation(rows, h);
    gradients.d_qkv = buffers.activation(rows, 3 * h);
    gradients.d_hidden = buffers.activation(rows, 4 * h);
    gradients.d_modulation = buffers.residual(batch, config.modulation_size());
    return gradients;
}

void network_backward(Backend& backend, const DitConfig& config, const NetworkWeights& weights,
                      const AttentionShape& shape, Matrix modulation, const Activations& activations,
                      Matrix d_out, const std::vector<BlockGradients>& block_gradients,
                      const LinearGradient& final_gradient, NetworkGradients& g,
                      const std::function<void(int block)>& block_done) {
    const int64_t h = config.hidden;
    const auto linear_backward = [&](Matrix dy, Matrix x, const Linear& layer, Matrix dx,
                                     const LinearGradient& to, Matrix pre = {}) {
        backend.linear_backward(dy, x, *layer.weight, dx, to.weight, layer.weight->in, to.bias, pre);
    };
    // The backward of norm s, and of the gated sum with the branch before it.
    const auto norm_backward = [&](int s) {
        const Norm& norm = activations.norms[static_cast<size_t>(s)];
        const Modulation scales = modulation_of(modulation, h, s),
                         d_scales = modulation_of(g.d_modulation, h, s);
        if (s == 0)
            backend.residual_norm_backward(g.d_normed, norm.x, norm.mean, norm.rstd, {}, {}, scales, g.d_x,
                                           {}, {}, d_scales);
        else
            backend.residual_norm_backward(g.d_normed, norm.x, norm.mean, norm.rstd,
                                           activations.branches[static_cast<size_t>(s) - 1].out,
                                           gate_of(modulation, h, s - 1), scales, g.d_x, g.d_branch,
                                           gate_of(g.d_modulation, h, s - 1), d_scales);
    };

    backend.zero(g.d_x.data, static_cast<size_t>(g.d_x.rows * h) * sizeof(float));
    linear_backward(d_out, activations.norms.back().normed, weights.final, g.d_normed, final_gradient);
    norm_backward(2 * config.depth);
    for (int s = 2 * config.depth - 1; s >= 0; --s) {
        const Branch& branch = activations.branches[static_cast<size_t>(s)];
        const Matrix input = activations.norms[static_cast<size_t>(s)].normed;
        const BlockWeights& block = weights.blocks[static_cast<size_t>(s / 2)];
        const BlockGradients& to = block_gradients[static_cast<size_t>(s / 2)];
        if (s % 2 == 0) {
            linear_backward(g.d_branch, branch.attended, block.proj, g.d_attended, to.proj);
            backend.attention_backward(branch.qkv, shape, branch.attended, g.d_attended, branch.log_sum,
                                       g.d_qkv);
            linear_backward(g.d_qkv, input, block.qkv, g.d_normed, to.qkv);
            if (block_done) block_done(s / 2);
        } else {
            linear_backward(g.d_branch, branch.hidden, block.fc2, g.d_hidden, to.fc2, branch.pre);
            linear_backward(g.d_hidden, input, block.fc1, g.d_normed, to.fc1);
        }
        norm_backward(s);
    }
}

}  // namespace osu
