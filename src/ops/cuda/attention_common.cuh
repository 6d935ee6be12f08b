// What the attention kernels share: who sees whom, and the arguments.
#pragma once

#include "ops/cuda/language.cuh"

namespace osu::cuda {

constexpr float log2_e = 1.4426950408889634f, ln_2 = 0.6931471805599453f;

struct Range {
    int64_t first, last;  // [first, last)
};

// An AttentionShape as kernels take it.
struct AttentionPlan {
    int64_t batch, tokens, heads, head_size, band;
    const int32_t* lengths;
    float scale;        // 1/√head_size
    float base2_scale;  // the same for exponents of base 2

    explicit AttentionPlan(const AttentionShape& shape)
        : batch(shape.batch),
          tokens(shape.tokens),
          heads(shape.heads),
          head_size(shape.head_size),
          band(shape.band),
          lengths(shape.lengths),
          scale(1 / sqrtf(static_cast<float>(shape.head_size))),
          base2_scale(scale * log2_e) {}

    __device__ int64_t valid(int64_t b) const { return lengths ? lengths[b] : tokens; }
    // The keys that the queries [first, last] of a row with `valid` tokens may see, all of them together.
    __device__ Range keys(int64_t first, int64_t last, int64_t valid) const {
        if (first >= valid) return {0, 0};
        if (band == 0) return {0, valid};
        const int64_t low = first - band + 1, high = last + band + 1;
        return {low > 0 ? low : 0, high < valid ? high : valid};
    }
    // The queries that may see the keys [first, last].
    __device__ Range queries(int64_t first, int64_t last, int64_t valid) const {
        if (first >= valid) return {0, 0};
        if (band == 0) return {0, valid};
        const int64_t low = first - band, high = last + band;
        return {low > 0 ? low : 0, high < valid ? high : valid};
    }
};

// Of the forward or the backward.
struct AttentionMatrices : Attention {
    Matrix d_out, d_qkv;
    float* delta = nullptr;  // (heads, N), for the backward to write: Σ d_out·out of each query

    int64_t h() const { return qkv.cols / 3; }
    Matrix part(const Matrix& all, int64_t index) const { return all.columns(index * h(), h()); }
};

// By tensor cores: bfloat16 with rows at multiples of 16 bytes and head sizes 32, 64 and 72. False: not for
// these.
bool attention_by_tiles(Device& device, const AttentionMatrices& m, const AttentionPlan& plan);
bool attention_backward_by_tiles(Device& device, const AttentionMatrices& m, const AttentionPlan& plan);

}  // namespace osu::cuda
