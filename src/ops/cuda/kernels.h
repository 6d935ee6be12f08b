// The CUDA backend's own kernels; arguments as in ops/backend.h, all pointers to device memory.
#pragma once

#include <span>

#include "ops/backend.h"
#include "ops/cuda/device.h"

namespace osu::cuda {

void cast(Device& device, Matrix x, Matrix y);
void gelu(Device& device, Matrix pre, Matrix y);
void gelu_backward(Device& device, Matrix dy, Matrix pre, Matrix d_pre);
void silu(Device& device, Matrix x, Matrix y);
void silu_backward(Device& device, Matrix x, Matrix dy, Matrix dx);
void add_bias(Device& device, Matrix y, const float* bias);    // y += bias in every row
void add_column_sums(Device& device, Matrix dy, float* sums);  // sums += Σ rows of dy, in a fixed order

// D (m, n) += or = op(A)·op(B), column-major: for shapes that cuBLASLt has nothing for.
struct PlainOperand {
    const void* data;
    DType type;
    int64_t row_step, column_step;  // elements from one row, and one column, of op(·) to the next
};
void plain_product(Device& device, PlainOperand a, PlainOperand b, int64_t m, int64_t n, int64_t k, void* d,
                   DType d_type, int64_t d_stride, bool add);

void residual_norm(Device& device, Matrix x, Matrix branch, Matrix gate, Modulation modulation, Matrix x_out,
                   Matrix y, float* mean, float* rstd);
void residual_norm_backward(Device& device, Matrix dy, Matrix x_out, const float* mean, const float* rstd,
                            Matrix branch, Matrix gate, Modulation modulation, Matrix dx, Matrix d_branch,
                            Matrix d_gate, Modulation d_modulation);

void attention(Device& device, Matrix qkv, const AttentionShape& shape, Matrix out, float* log_sum);
void attention_backward(Device& device, Matrix qkv, const AttentionShape& shape, Matrix out, Matrix d_out,
                        const float* log_sum, Matrix d_qkv);

void sinusoidal_features(Device& device, std::span<const float> values, float scale, Matrix out);
void one_hot(Device& device, std::span<const uint8_t> index, Matrix out);
void lookup_add(Device& device, const float* table, std::span<const int32_t> index, Matrix out);
void lookup_backward(Device& device, Matrix dy, std::span<const int32_t> index, float* d_table);
void gather_rows(Device& device, const float* table, std::span<const int32_t> index, Matrix rows);
void scatter_rows(Device& device, Matrix rows, std::span<const int32_t> index, float* table);

void adamw(Device& device, float* parameter, const float* gradient, float* exp_avg, float* exp_avg_sq,
           float* ema, size_t n, const AdamWFactors* factors, const StepTotals* totals);
void diffusion_loss(Device& device, const LossBatch& batch, Matrix d_out, float* terms);
void sum(Device& device, const float* values, size_t n, double* result);
void squared_norm(Device& device, const float* values, size_t n, double* result);

}  // namespace osu::cuda
