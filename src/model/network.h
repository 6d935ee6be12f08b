// The transformer itself, for training and sampling alike: blocks of two branches on a residual stream.
//
// A branch is attention (even numbers) or the MLP (odd); L blocks have 2L of them. Before branch s stands
// norm s: it adds the gated output of branch s − 1 to the residual stream, normalises and modulates. Norm 2L
// feeds the final layer. The adaLN output has, for branch s, the columns shift, scale, gate at 3s, 3s + 1, 3s
// + 2 (in units of h), and the final layer's shift and scale at 6L, 6L + 1.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "model/config.h"
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
    std::unique_ptr<Weight> weight;
    const float* bias = nullptr;  // device memory
};

struct BlockWeights {
    Linear qkv, proj, fc1, fc2;
};

struct NetworkWeights {
    std::vector<BlockWeights> blocks;
    Linear final;
};

struct Norm {
    Matrix x, normed;                        // (N, h): the residual stream, and what the branch reads
    float *mean = nullptr, *rstd = nullptr;  // (N), kept for the backward
};

struct Branch {
    Matrix qkv, attended;      // attention: (N, 3h), (N, h)
    float* log_sum = nullptr;  // (heads, N), kept for the backward
    Matrix pre, hidden;        // MLP: (N, 4h); pre is kept for the backward
    Matrix out;                // (N, h)
};

struct Activations {
    std::vector<Norm> norms;       // 2L + 1
    std::vector<Branch> branches;  // 2L
    Matrix out;                    // (N, 4) float32
};

// What one token takes of activations and gradients in training.
size_t training_token_bytes(const DitConfig& config, DType compute);

// Every norm and branch its own memory (a backward follows), or all sharing one (sampling).
Activations make_activations(Buffers& buffers, const DitConfig& config, int64_t rows, bool keep);

// From norms[0].x (N, h), the embedded input, to activations.out. modulation (B, modulation_size) float32.
void network_forward(Backend& backend, const DitConfig& config, const NetworkWeights& weights,
                     const AttentionShape& shape, Matrix modulation, Activations& activations);

// Scratch of the backward, and its results.
struct NetworkGradients {
    Matrix d_x;  // (N, h) float32: in the end the gradient of norms[0].x
    Matrix d_normed, d_branch, d_attended, d_qkv, d_hidden;
    Matrix d_modulation;  // (B, modulation_size) float32
};
NetworkGradients make_gradients(Buffers& buffers, const DitConfig& config, int64_t batch, int64_t rows);

// Where the gradients of a linear layer's parameters are added.
struct LinearGradient {
    float *weight = nullptr, *bias = nullptr;
};
struct BlockGradients {
    LinearGradient qkv, proj, fc1, fc2;
};

// d_out (N, 4) compute type. After network_forward with the same arguments. `block_done`, unless empty, is
// told each block whose gradients are complete, from the last to the first.
void network_backward(Backend& backend, const DitConfig& config, const NetworkWeights& weights,
                      const AttentionShape& shape, Matrix modulation, const Activations& activations,
                      Matrix d_out, const std::vector<BlockGradients>& block_gradients,
                      const LinearGradient& final_gradient, NetworkGradients& gradients,
                      const std::function<void(int block)>& block_done);

}  // namespace osu
