// The diffusion transformer of Peebles & Xie (2023) with adaLN-Zero, for training and sampling alike.
//
//   condition   c = SiLU(t_embedder(timestep) + style); adaLN(c): shift, scale, gate of every branch
//   block       x ← x + gate_msa · attention(modulate(LN(x), shift_msa, scale_msa))
//               x ← x + gate_mlp · mlp(modulate(LN(x), shift_mlp, scale_mlp))
//   end         ε̂, v = linear(modulate(LN(x), shift, scale))
//
// A sum is made by the norm that reads it, in one pass over the residual stream (residual_norm): norm 2 of a
// block adds its attention, norm 1 of the next one (or the norm of the final layer) its MLP. On the way back
// each norm hands the branch that it added its gradient.
//
// N = B·T rows of tokens; h: hidden size, L: blocks.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "model/config.h"
#include "model/parameters.h"
#include "ops/backend.h"

namespace osu {

// Device memory that lives as long as this: matrices and vectors of a network.
class Buffers {
  public:
    explicit Buffers(Backend& backend) : backend_(backend) {}
    Matrix matrix(int64_t rows, int64_t cols, DType type);
    Matrix activation(int64_t rows, int64_t cols) { return matrix(rows, cols, backend_.compute_type()); }
    Matrix residual(int64_t rows, int64_t cols) { return matrix(rows, cols, DType::f32); }
    float* floats(int64_t count);
    size_t bytes() const { return bytes_; }

  private:
    Backend& backend_;
    std::vector<std::shared_ptr<void>> blocks_;
    size_t bytes_ = 0;
};

struct Linear {
    LinearParameters parameters;
    std::unique_ptr<Weight> weight;
    Bias bias;  // device memory
};

// `rounded`: all parameters in bfloat16, in the order of the layout, of which the weight is then a view.
Linear make_linear(Backend& backend, const LinearParameters& parameters, BFloat16* rounded = nullptr);

// What belongs to block i (to the final layer, where i is L) of adaLN's output or its gradient
// (B, modulation_size): (B, 6h), or (B, 2h).
Matrix adaln_columns(Matrix all, const DitConfig& config, int i);

struct Condition {
    Matrix features;     // (B, 256)
    Matrix pre, hidden;  // (B, h): t_embedder's first layer, float32, and behind its SiLU
    Matrix sum;          // (B, h) float32: embedded timestep + style
    Matrix activated;    // (B, h): c
};

struct Norm {
    Matrix x, normed;           // (N, h): the residual stream, float32; what the branch reads
    NormStatistics statistics;  // kept for the backward
};

struct BlockActivations {
    Norm norm1;
    Matrix qkv, attended;      // (N, 3h), (N, h)
    float* log_sum = nullptr;  // (heads, N), kept for the backward
    Matrix attention_out;      // (N, h)
    Norm norm2;
    Matrix pre, hidden;  // (N, 4h): before GELU, kept for the backward, and behind it
    Matrix mlp_out;      // (N, h)
};

struct Activations {
    std::vector<BlockActivations> blocks;
    Norm final_norm;
    Matrix out;  // (N, 4) float32

    Matrix input() const { return blocks.front().norm1.x; }  // (N, h) float32: the embedded input
};

// Scratch of the backward, and its results.
struct Gradients {
    Matrix d_x;  // (N, h) float32: in the end the gradient of the embedded input
    Matrix d_normed, d_branch, d_attended, d_qkv, d_hidden;
    Matrix d_modulation;                                                       // (B, modulation_size) float32
    Matrix d_modulation_cast;                                                  // the same in the compute type
    Matrix d_condition, d_sum, d_sum_cast, d_timestep_hidden, d_timestep_pre;  // (B, h)
};

// Where the gradients of parameters go, in the order of the layout.
struct ParameterGradients {
    float* values = nullptr;
    bool overwrite = false;  // what was there counts for nothing; else they are added to it

    LinearGradients of(const LinearParameters& layer) const {
        return {values + layer.weight->offset, layer.weight->shape[1], values + layer.bias->offset,
                overwrite};
    }
};

// What one token takes of activations and gradients in training.
size_t training_token_bytes(const DitConfig& config, DType compute);

Condition make_condition(Buffers& buffers, const DitConfig& config, int64_t batch);
// `keep`: every block has its own memory (a backward follows); else all share that of one (sampling).
Activations make_activations(Buffers& buffers, const DitConfig& config, int64_t rows, bool keep);
Gradients make_gradients(Buffers& buffers, const DitConfig& config, int64_t batch, int64_t rows);

// Everything of the network but the embedding of the input and adaLN's products, which training does in one
// and sampling for many steps ahead. A backward comes after its forward with the same arguments.
class Network {
  public:
    Network(const DitConfig& config, const ParameterLayout& layout, Backend& backend,
            BFloat16* rounded = nullptr);

    std::vector<Linear*> linears();  // whose weights (that are no views) and biases the owner fills in

    // c from the timesteps (B) and the rows of `styles` (·, h) that `labels` (B) names.
    void condition(std::span<const float> timesteps, const float* styles, std::span<const int32_t> labels,
                   const Condition& c) const;
    // From g.d_condition.
    void condition_backward(std::span<const int32_t> labels, const Condition& c, const Gradients& g,
                            const ParameterGradients& gradients) const;

    // From a.input() to a.out. modulation (B, modulation_size) float32: adaLN(c).
    void forward(const AttentionShape& shape, Matrix modulation, const Activations& a) const;
    // d_out (N, 4) compute type. `block_done` is told each block whose gradients are complete, from the last
    // to the first; those of its modulation are so one block later.
    void backward(const AttentionShape& shape, Matrix modulation, const Activations& a, Matrix d_out,
                  const Gradients& g, const ParameterGradients& gradients,
                  const std::function<void(int block)>& block_done) const;

  private:
    struct Block {
        Linear qkv, proj, fc1, fc2;
    };
    const DitConfig config_;
    Backend& backend_;
    const Parameter& label_table_;
    Linear timestep_first_, timestep_second_;
    std::vector<Block> blocks_;
    Linear final_;

    void linear(Matrix x, const Linear& layer, Matrix y) const;
    void linear_backward(Matrix dy, Matrix x, const Linear& layer, Matrix dx,
                         const ParameterGradients& gradients, Matrix pre = {}) const;
    void add_and_norm(Matrix x, GatedBranch added, Modulation modulation, const Norm& norm) const;
    void add_and_norm_backward(GatedBranch added, Matrix d_gate, Modulation modulation,
                               Modulation d_modulation, const Norm& norm, const Gradients& g) const;
    void attention(const Block& block, const AttentionShape& shape, const BlockActivations& a) const;
    void attention_backward(const Block& block, const AttentionShape& shape, const BlockActivations& a,
                            const Gradients& g, const ParameterGradients& gradients) const;
    void mlp(const Block& block, const BlockActivations& a) const;
    void mlp_backward(const Block& block, const BlockActivations& a, const Gradients& g,
                      const ParameterGradients& gradients) const;
};

}  // namespace osu
