// Attention by tensor cores. A block has 64 queries of a head, a warp 16 of them, and goes over the keys 64
// at a time with the softmax kept as highest score and sum; exponents are of base 2. The backward goes over
// them twice, with the scores made again: a block for 64 queries adds up dq, a block for 64 keys dk and dv,
// so that every sum has one order.
#include "ops/cuda/attention_common.cuh"
#include "ops/cuda/tensor_core.cuh"

namespace osu::cuda {

namespace {

constexpr int warps = 4;
constexpr int block_rows = 16 * warps;  // of the side that a block keeps
constexpr int forward_keys = 64;        // of the side that it goes over
constexpr int backward_rows = 32;

// Of one head of one batch row; rows are tokens.
struct Head {
    View<const BFloat16> q, k, v, d_out;
    View<BFloat16> out, dq, dk, dv;
    float* log_sum;      // (T)
    const float* delta;  // (T)
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
                move(first.dq),
                move(first.dk),
                move(first.dv),
                first.log_sum ? first.log_sum + at : nullptr,
                first.delta ? first.delta + at : nullptr};
    }
};

__device__ int warp_row() {
    return static_cast<int>(threadIdx.x) / warp_lanes * 16;
}

// The two rows of a C that a lane has, as tokens: `row` and row + 8.
__device__ int64_t lane_row(int64_t first) {
    return first + warp_row() + lane_group();
}

template <int HeadSize>
struct ForwardShared {
    Tile<block_rows, HeadSize> q;
    Tile<forward_keys, HeadSize> k, v;
};

// Scores of base 2, −∞ where a query does not see a key; returns the highest of the lane's two rows.
template <int N>
__device__ void mask_scores(float (&s)[N][4], const AttentionPlan& plan, int64_t query, int64_t first_key,
                            int64_t end, float (&highest)[2]) {
#pragma unroll
    for (int n = 0; n < N; ++n)
#pragma unroll
        for (int i = 0; i < 4; ++i) {
            const int64_t key = first_key + n * 8 + lane_pair() + i % 2;
            const bool seen = key < end && plan.sees(query + i / 2 * 8, key);
            s[n][i] = seen ? s[n][i] * plan.base2_scale : -INFINITY;
            highest[i / 2] = fmaxf(highest[i / 2], s[n][i]);
        }
#pragma unroll
    for (float& value : highest) {  // over the four lanes of a row
        value = fmaxf(value, __shfl_xor_sync(all_lanes, value, 1));
        value = fmaxf(value, __shfl_xor_sync(all_lanes, value, 2));
    }
}

template <int HeadSize>
__global__ void __launch_bounds__(warps* warp_lanes) attention_tiles_kernel(TileArguments a) {
    using Kept = Tile<block_rows, HeadSize>;
    auto& shared = shared_as<ForwardShared<HeadSize>>();
    const Head m = a.head(blockIdx.y, blockIdx.z);
    const int64_t first_query = int64_t{blockIdx.x} * block_rows, valid = a.plan.valid(blockIdx.z);
    const Range keys = a.plan.keys(first_query, first_query + block_rows - 1, valid);
    const int64_t query = lane_row(first_query);
    shared.q.fill(m.q, first_query, valid);
    __syncthreads();
    Fragment q[Kept::size / 16];
    shared.q.fragments(warp_row(), q);

    float out[Kept::size / 8][4] = {}, highest[2] = {-INFINITY, -INFINITY}, sum[2] = {};
    for (int64_t first = keys.first; first < keys.last; first += forward_keys) {
        shared.k.fill(m.k, first, keys.last);
        shared.v.fill(m.v, first, keys.last);
        __syncthreads();
        float s[forward_keys / 8][4] = {}, higher[2] = {highest[0], highest[1]}, kept[2], base[2];
        add_transposed_product(s, q, shared.k);
        mask_scores(s, a.plan, query, first, keys.last, higher);
        for (int r = 0; r < 2; ++r) {
            base[r] = higher[r] == -INFINITY ? 0 : higher[r];  // nothing seen yet
            kept[r] = exp2f(highest[r] - base[r]);
            highest[r] = higher[r];
            sum[r] *= kept[r];
        }
#pragma unroll
        for (auto& entries : s)
#pragma unroll
            for (int i = 0; i < 4; ++i) sum[i / 2] += entries[i] = exp2f(entries[i] - base[i / 2]);
#pragma unroll
        for (auto& entries : out)
#pragma unroll
            for (int i = 0; i < 4; ++i) entries[i] *= kept[i / 2];
        Fragment weights[forward_keys / 16];
        to_fragments(s, weights);
        add_product(out, weights, shared.v);
        __syncthreads();
    }
    for (float& value : sum) {
        value += __shfl_xor_sync(all_lanes, value, 1);
        value += __shfl_xor_sync(all_lanes, value, 2);
    }
    // Rows behind the valid ones have seen no key, or are to look so.
    const bool any[2] = {query < valid && sum[0] > 0, query + 8 < valid && sum[1] > 0};
    put_rows<HeadSize>(out, any[0] ? 1 / sum[0] : 0, any[1] ? 1 / sum[1] : 0, m.out, query, a.plan.tokens);
    if (!m.log_sum || lane_pair() != 0) return;
    for (int r = 0; r < 2; ++r)
        if (query + 8 * r < a.plan.tokens)
            m.log_sum[query + 8 * r] = any[r] ? (highest[r] + log2f(sum[r])) * ln_2 : 0;
}

template <int HeadSize>
struct BackwardShared {
    Tile<block_rows, HeadSize> kept, other_kept;
    Tile<backward_rows, HeadSize> passing, other_passing;
    float log_sum[backward_rows], delta[backward_rows];
};

// From scores and the products with d_out to weights and the slopes of the scores, in place.
// seen(i, n): whether the entry counts; log_sum(i, n), delta(i, n): of its query.
template <int N, class Seen, class LogSum, class Delta>
__device__ void weigh(float (&s)[N][4], float (&dp)[N][4], float scale, Seen seen, LogSum log_sum,
                      Delta delta) {
#pragma unroll
    for (int n = 0; n < N; ++n)
#pragma unroll
        for (int i = 0; i < 4; ++i) {
            s[n][i] = seen(n, i) ? exp2f((s[n][i] * scale - log_sum(n, i)) * log2_e) : 0;
            dp[n][i] = s[n][i] * (dp[n][i] - delta(n, i)) * scale;
        }
}

template <int HeadSize>
__global__ void __launch_bounds__(warps* warp_lanes) query_gradient_tiles_kernel(TileArguments a) {
    using Kept = Tile<block_rows, HeadSize>;
    auto& shared = shared_as<BackwardShared<HeadSize>>();
    const Head m = a.head(blockIdx.y, blockIdx.z);
    const int64_t first_query = int64_t{blockIdx.x} * block_rows, valid = a.plan.valid(blockIdx.z);
    const Range keys = a.plan.keys(first_query, first_query + block_rows - 1, valid);
    const int64_t query = lane_row(first_query);
    shared.kept.fill(m.q, first_query, valid);
    shared.other_kept.fill(m.d_out, first_query, valid);
    __syncthreads();
    Fragment q[Kept::size / 16], d_out[Kept::size / 16];
    shared.kept.fragments(warp_row(), q);
    shared.other_kept.fragments(warp_row(), d_out);
    float log_sum[2] = {}, delta[2] = {};
    for (int r = 0; r < 2; ++r)
        if (query + 8 * r < valid) log_sum[r] = m.log_sum[query + 8 * r], delta[r] = m.delta[query + 8 * r];

    float dq[Kept::size / 8][4] = {};
    for (int64_t first = keys.first; first < keys.last; first += backward_rows) {
        shared.passing.fill(m.k, first, keys.last);
        shared.other_passing.fill(m.v, first, keys.last);
        __syncthreads();
        float s[backward_rows / 8][4] = {}, dp[backward_rows / 8][4] = {};
        add_transposed_product(s, q, shared.passing);
        add_transposed_product(dp, d_out, shared.other_passing);
        weigh(
            s, dp, a.plan.scale,
            [&](int n, int i) {
                const int64_t key = first + n * 8 + lane_pair() + i % 2, row = query + i / 2 * 8;
                return row < valid && key < keys.last && a.plan.sees(row, key);
            },
            [&](int, int i) { return log_sum[i / 2]; }, [&](int, int i) { return delta[i / 2]; });
        Fragment slopes[backward_rows / 16];
        to_fragments(dp, slopes);
        add_product(dq, slopes, shared.passing);
        __syncthreads();
    }
    put_rows<HeadSize>(dq, 1, 1, m.dq, query, a.plan.tokens);
}

template <int HeadSize>
__global__ void __launch_bounds__(warps* warp_lanes) key_gradient_tiles_kernel(TileArguments a) {
    using Kept = Tile<block_rows, HeadSize>;
    auto& shared = shared_as<BackwardShared<HeadSize>>();
    const Head m = a.head(blockIdx.y, blockIdx.z);
    const int64_t first_key = int64_t{blockIdx.x} * block_rows, valid = a.plan.valid(blockIdx.z);
    const Range queries = a.plan.queries(first_key, first_key + block_rows - 1, valid);
    const int64_t key = lane_row(first_key);
    shared.kept.fill(m.k, first_key, valid);
    shared.other_kept.fill(m.v, first_key, valid);
    __syncthreads();
    Fragment k[Kept::size / 16], v[Kept::size / 16];
    shared.kept.fragments(warp_row(), k);
    shared.other_kept.fragments(warp_row(), v);

    float dk[Kept::size / 8][4] = {}, dv[Kept::size / 8][4] = {};
    for (int64_t first = queries.first; first < queries.last; first += backward_rows) {
        shared.passing.fill(m.q, first, queries.last);
        shared.other_passing.fill(m.d_out, first, queries.last);
        const int64_t mine = first + threadIdx.x;
        if (threadIdx.x < backward_rows) {
            shared.log_sum[threadIdx.x] = mine < queries.last ? m.log_sum[mine] : 0;
            shared.delta[threadIdx.x] = mine < queries.last ? m.delta[mine] : 0;
        }
        __syncthreads();
        float s[backward_rows / 8][4] = {}, dp[backward_rows / 8][4] = {};  // (keys, queries)
        add_transposed_product(s, k, shared.passing);
        add_transposed_product(dp, v, shared.other_passing);
        const auto column = [](int n, int i) { return n * 8 + lane_pair() + i % 2; };
        weigh(
            s, dp, a.plan.scale,
            [&](int n, int i) {
                const int64_t query = first + column(n, i), row = key + i / 2 * 8;
                return row < valid && query < queries.last && a.plan.sees(query, row);
            },
            [&](int n, int i) { return shared.log_sum[column(n, i)]; },
            [&](int n, int i) { return shared.delta[column(n, i)]; });
        Fragment weights[backward_rows / 16], slopes[backward_rows / 16];
        to_fragments(s, weights);
        to_fragments(dp, slopes);
        add_product(dv, weights, shared.other_passing);
        add_product(dk, slopes, shared.passing);
        __syncthreads();
    }
    put_rows<HeadSize>(dk, 1, 1, m.dk, key, a.plan.tokens);
    put_rows<HeadSize>(dv, 1, 1, m.dv, key, a.plan.tokens);
}

bool fits_tiles(std::initializer_list<Matrix> matrices, const AttentionPlan& plan) {
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

dim3 grid_of(const AttentionPlan& plan) {
    return {blocks_for(plan.tokens, block_rows), static_cast<unsigned>(plan.heads),
            static_cast<unsigned>(plan.batch)};
}

}  // namespace

bool attention_by_tiles(Device& device, const AttentionMatrices& m, const AttentionPlan& plan) {
    if (!fits_tiles({m.qkv, m.out}, plan)) return false;
    const Head head{view<const BFloat16>(m.part(m.qkv, 0)),
                    view<const BFloat16>(m.part(m.qkv, 1)),
                    view<const BFloat16>(m.part(m.qkv, 2)),
                    {},
                    view<BFloat16>(m.out),
                    {},
                    {},
                    {},
                    m.log_sum,
                    nullptr};
    with_head_size(plan.head_size, [&](auto size) {
        launch(device, attention_tiles_kernel<size()>, grid_of(plan), warps * warp_lanes,
               sizeof(ForwardShared<size()>), TileArguments{head, plan});
    });
    return true;
}

bool attention_backward_by_tiles(Device& device, const AttentionMatrices& m, const AttentionPlan& plan) {
    if (!fits_tiles({m.qkv, m.d_out, m.d_qkv}, plan)) return false;
    const Head head{view<const BFloat16>(m.part(m.qkv, 0)),
                    view<const BFloat16>(m.part(m.qkv, 1)),
                    view<const BFloat16>(m.part(m.qkv, 2)),
                    view<const BFloat16>(m.d_out),
                    {},
                    view<BFloat16>(m.part(m.d_qkv, 0)),
                    view<BFloat16>(m.part(m.d_qkv, 1)),
                    view<BFloat16>(m.part(m.d_qkv, 2)),
                    m.log_sum,
                    m.delta};
    with_head_size(plan.head_size, [&](auto size) {
        const TileArguments arguments{head, plan};
        constexpr size_t shared = sizeof(BackwardShared<size()>);
        launch(device, query_gradient_tiles_kernel<size()>, grid_of(plan), warps * warp_lanes, shared,
               arguments);
        launch(device, key_gradient_tiles_kernel<size()>, grid_of(plan), warps * warp_lanes, shared,
               arguments);
    });
    return true;
}

}  // namespace osu::cuda
