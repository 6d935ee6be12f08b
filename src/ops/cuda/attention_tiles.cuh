// What the attention kernels over tiles share: the rows of one head of one batch row, who sees whom there,
// and the step from scores to gradients.
#pragma once

#include <type_traits>

#include "ops/cuda/attention_common.cuh"
#include "ops/cuda/tensor_core.cuh"

namespace osu::cuda {

// Whether an SM has shared memory for more than one of the large blocks: 227 KiB on an H100, 163 KiB on an
// A100, 99 KiB on others. Where it has not, registers need not be kept free for them.
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
constexpr bool much_shared_memory = true;
#else
constexpr bool much_shared_memory = false;
#endif

// Of one head of one batch row; rows are tokens.
struct Head {
    View<const BFloat16> q, k, v, d_out, out;
    View<BFloat16> new_out, dq, dk, dv;
    float *log_sum, *delta;  // (T)
};

struct TileArguments {
    Head first;  // of head 0 of batch row 0
    AttentionPlan plan;

    __device__ Head head(int64_t head, int64_t b) const {
        const int64_t column = head * plan.head_size, row = b * plan.tokens,
                      at = head * plan.batch * plan.tokens + row;
        const auto move = [&](auto view) {
            if (view.data) view.data += row * view.stride + column;
            return view;
        };
        return {move(first.q),
                move(first.k),
                move(first.v),
                move(first.d_out),
                move(first.out),
                move(first.new_out),
                move(first.dq),
                move(first.dk),
                move(first.dv),
                first.log_sum ? first.log_sum + at : nullptr,
                first.delta ? first.delta + at : nullptr};
    }
    __device__ int tokens() const { return static_cast<int>(plan.tokens); }
    __device__ int valid(int64_t b) const { return static_cast<int>(plan.valid(b)); }
};

__device__ inline int warp_row() {
    return static_cast<int>(threadIdx.x) / warp_lanes * 16;
}

// Tokens from `first` on, of which one comparison tells whether a token is among them.
struct Span {
    int first = 0;
    unsigned count = 0;

    Span() = default;
    __device__ Span(const Range& range)
        : first(static_cast<int>(range.first)), count(static_cast<unsigned>(range.last - range.first)) {}
    __device__ bool has(int token) const { return static_cast<unsigned>(token - first) < count; }
    __device__ int last() const { return first + static_cast<int>(count); }
};

// Σ d_out·out of each of `Rows` rows, 16 bytes a lane. Made before tiles are filled, so that `out` is fetched
// meanwhile: ptxas moves loads that come behind the copies behind the wait for them.
template <int Rows, int HeadSize, int Threads>
struct RowProducts {
    static constexpr int lanes = HeadSize <= 32 ? 4 : HeadSize <= 64 ? 8 : 16;  // of a row
    static constexpr int rows_at_once = Threads / lanes, passes = Rows / rows_at_once;
    uint4 out[passes];

    static __device__ int row(int pass) {
        return pass * rows_at_once + static_cast<int>(threadIdx.x) / lanes;
    }
    static __device__ int column() { return static_cast<int>(threadIdx.x) % lanes * 8; }

    __device__ RowProducts(const View<const BFloat16>& from, int first, int end) {
#pragma unroll
        for (int pass = 0; pass < passes; ++pass) {
            out[pass] = {0, 0, 0, 0};
            if (first + row(pass) < end && column() < HeadSize)
                out[pass] = *reinterpret_cast<const uint4*>(from.row(first + row(pass)) + column());
        }
    }
    __device__ void sum(const Tile<Rows, HeadSize>& d_out, float* sums) const {
#pragma unroll
        for (int pass = 0; pass < passes; ++pass) {
            float value = 0;
            if (column() < HeadSize) {
                const Values<8> left = load<8>(d_out.data + row(pass) * d_out.stride + column()),
                                right = unpack(out[pass]);
                for (int i = 0; i < 8; ++i) value += left.v[i] * right.v[i];
            }
            for (int lane = lanes / 2; lane > 0; lane /= 2) value += __shfl_xor_sync(all_lanes, value, lane);
            if (column() == 0) sums[row(pass)] = value;
        }
    }
};

// From scores and the products of d_out and v to weights and the slopes of the scores but for their scale, in
// place. seen(n, i): whether the entry counts; log_sum(n, i), delta(n, i): of its query.
template <int N, class Seen, class LogSum, class Delta>
__device__ void weigh(float (&s)[N][4], float (&dp)[N][4], float base2_scale, Seen seen, LogSum log_sum,
                      Delta delta) {
#pragma unroll
    for (int n = 0; n < N; ++n)
#pragma unroll
        for (int i = 0; i < 4; ++i) {
            const float weight = fast_exp2(s[n][i] * base2_scale - log_sum(n, i) * log2_e);
            s[n][i] = seen(n, i) ? weight : 0;
            dp[n][i] = s[n][i] * (dp[n][i] - delta(n, i));
        }
}

// Whether tiles can be made of them: bfloat16 and rows at multiples of 16 bytes, and a head size of kernels.
inline bool fits_tiles(std::initializer_list<Matrix> matrices, const AttentionPlan& plan) {
    for (const Matrix& matrix : matrices)
        if (matrix.type != DType::bf16 || matrix.stride % 8 != 0 ||
            reinterpret_cast<uintptr_t>(matrix.data) % 16 != 0)
            return false;
    constexpr int64_t most = 65535;  // of a grid
    return plan.heads <= most && plan.batch <= most &&
           (plan.head_size == 32 || plan.head_size == 64 || plan.head_size == 72);
}

// body(std::integral_constant<int, head size>)
template <class Body>
void with_head_size(int64_t size, Body body) {
    if (size == 32) body(std::integral_constant<int, 32>());
    if (size == 64) body(std::integral_constant<int, 64>());
    if (size == 72) body(std::integral_constant<int, 72>());
}

// The backward of rows of at most `window_tokens` tokens (attention_window.cu).
constexpr int window_tokens = 128;
void attention_window_backward(Device& device, const TileArguments& arguments);

}  // namespace osu::cuda
