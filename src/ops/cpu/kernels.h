// The CPU backend's own loops. Each picks its instructions at run time (Highway) and shares its rows among
// the threads; arguments as in ops/backend.h.
#pragma once

#include <span>

#include "ops/backend.h"

namespace osu::cpu {

// Own loops use no wider instructions than the products: ONEDNN_MAX_CPU_ISA=AVX2 holds both back.
void limit_instructions();
bool has_tiles();          // AMX
bool has_wide_products();  // AVX-512: oneDNN has products for packed weights

// Weights in blocks of `rows` outputs × `columns` inputs: row of blocks by row of blocks, inside a block the
// transposed words of 32 bits (a float32, or a pair of bfloat16 inputs), zero beyond the matrix.
struct WeightLayout {
    DType type;
    int64_t rows, columns;
};
// master (out, in), float32 or bfloat16.
void pack_weight(const Matrix& master, const WeightLayout& layout, void* to);

void cast(Matrix x, Matrix y);
void gelu(Matrix pre, Matrix y);
void gelu_backward(Matrix dy, Matrix pre, Matrix d_pre);
void silu(Matrix x, Matrix y);
void silu_backward(Matrix x, Matrix dy, Matrix dx);
void zero(void* memory, size_t bytes);
void add_column_sums(Matrix dy, float* sums);  // sums += Σ rows of dy, each column in the order of the rows

void residual_norm(Matrix x, Matrix branch, Matrix gate, Modulation modulation, Matrix x_out, Matrix y,
                   float* mean, float* rstd);
void residual_norm_backward(Matrix dy, Matrix x_out, const float* mean, const float* rstd, Matrix branch,
                            Matrix gate, Modulation modulation, Matrix dx, Matrix d_branch, Matrix d_gate,
                            Modulation d_modulation);

void attention(Matrix qkv, const AttentionShape& shape, Matrix out, float* log_sum);
void attention_backward(Matrix qkv, const AttentionShape& shape, Matrix out, Matrix d_out,
                        const float* log_sum, Matrix d_qkv);

void sinusoidal_features(std::span<const float> values, float scale, Matrix out);
void one_hot(std::span<const uint8_t> index, Matrix out);
void lookup_add(const float* table, std::span<const int32_t> index, Matrix out);
void lookup_backward(Matrix dy, std::span<const int32_t> index, float* d_table);
void gather_rows(const float* table, std::span<const int32_t> index, Matrix rows);
void scatter_rows(Matrix rows, std::span<const int32_t> index, float* table);

void adamw(float* parameter, const float* gradient, float* exp_avg, float* exp_avg_sq, float* ema, size_t n,
           const AdamWFactors& factors, const StepTotals& totals);
double sum(const float* values, size_t n);
double squared_norm(const float* values, size_t n);
void diffusion_loss(const LossBatch& batch, Matrix d_out, float* terms);

}  // namespace osu::cpu
