// The backward of attention by tensor cores. Rows of more tokens than a window are gone over twice, with the
// scores made again: a block for 64 queries adds up dq, a block for 64 keys dk and dv, so that every sum has
// one order.
#include "ops/cuda/attention_tiles.cuh"

namespace osu::cuda {

namespace {

constexpr int warps = 4;
constexpr int threads = warps * warp_lanes;
constexpr int block_rows = 16 * warps;  // of the side that a block keeps
constexpr int passing_rows = 32;        // of the side that it goes over

template <int HeadSize>
struct BackwardShared {
    Tile<block_rows, HeadSize> kept, other_kept;
    Tile<passing_rows, HeadSize> passing[2], other_passing[2];
    float log_sum[2][passing_rows], delta[2][passing_rows];  // of queries that pass
    float kept_delta[block_rows];
};

// dq, and delta for the other kernel.
template <int HeadSize>
__global__ void __launch_bounds__(threads, 3) query_gradient_tiles_kernel(TileArguments a) {
    using Kept = Tile<block_rows, HeadSize>;
    auto& shared = shared_as<BackwardShared<HeadSize>>();
    const Head m = a.head(blockIdx.y, blockIdx.z);
    const int first_query = static_cast<int>(blockIdx.x) * block_rows, valid = a.valid(blockIdx.z);
    const Span keys = a.plan.keys(first_query, first_query + block_rows - 1, valid);
    const int row = warp_row() + lane_group(), query = first_query + row;
    const Span seen[2] = {a.plan.keys(query, query, valid), a.plan.keys(query + 8, query + 8, valid)};
    const auto fill = [&](int first, int buffer) {
        shared.passing[buffer].template fill<threads>(m.k, first, keys.last());
        shared.other_passing[buffer].template fill<threads>(m.v, first, keys.last());
    };
    const RowProducts<block_rows, HeadSize, threads> products(m.out, first_query, valid);
    shared.kept.template fill<threads>(m.q, first_query, valid);
    shared.other_kept.template fill<threads>(m.d_out, first_query, valid);
    fill(keys.first, 0);
    wait_for_copies();
    __syncthreads();
    products.sum(shared.other_kept, shared.kept_delta);
    Fragment q[Kept::size / 16], d_out[Kept::size / 16];
    shared.kept.fragments(warp_row(), q);
    shared.other_kept.fragments(warp_row(), d_out);
    float log_sum[2] = {};
    for (int r = 0; r < 2; ++r)
        if (query + 8 * r < valid) log_sum[r] = m.log_sum[query + 8 * r];
    __syncthreads();
    const float delta[2] = {shared.kept_delta[row], shared.kept_delta[row + 8]};
    if (threadIdx.x < block_rows && first_query + static_cast<int>(threadIdx.x) < a.tokens())
        m.delta[first_query + threadIdx.x] = shared.kept_delta[threadIdx.x];

    float dq[Kept::size / 8][4] = {};
    int buffer = 0;
    for (int first = keys.first; first < keys.last(); first += passing_rows, buffer ^= 1) {
        if (first + passing_rows < keys.last()) fill(first + passing_rows, buffer ^ 1);
        float s[passing_rows / 8][4] = {}, dp[passing_rows / 8][4] = {};
        add_transposed_product(s, q, shared.passing[buffer]);
        add_transposed_product(dp, d_out, shared.other_passing[buffer]);
        weigh(
            s, dp, a.plan.base2_scale,
            [&](int n, int i) { return seen[i / 2].has(first + n * 8 + lane_pair() + i % 2); },
            [&](int, int i) { return log_sum[i / 2]; }, [&](int, int i) { return delta[i / 2]; });
        Fragment slopes[passing_rows / 16];
        to_fragments(dp, slopes);
        add_product(dq, slopes, shared.passing[buffer]);
        wait_for_copies();
        __syncthreads();
    }
    Fragment rounded[Kept::size / 16];
    to_fragments(dq, rounded, a.plan.scale, a.plan.scale);
    shared.kept.put(rounded, warp_row());
    __syncthreads();
    shared.kept.template store<threads>(m.dq, first_query, a.tokens());
}

template <int HeadSize>
__global__ void __launch_bounds__(threads, HeadSize <= 64 ? 3 : 2)
    key_gradient_tiles_kernel(TileArguments a) {
    using Kept = Tile<block_rows, HeadSize>;
    auto& shared = shared_as<BackwardShared<HeadSize>>();
    const Head m = a.head(blockIdx.y, blockIdx.z);
    const int first_key = static_cast<int>(blockIdx.x) * block_rows, valid = a.valid(blockIdx.z);
    const Span queries = a.plan.queries(first_key, first_key + block_rows - 1, valid);
    const int key = first_key + warp_row() + lane_group();
    const Span seen[2] = {a.plan.queries(key, key, valid), a.plan.queries(key + 8, key + 8, valid)};
    const auto fill = [&](int first, int buffer) {
        shared.passing[buffer].template fill<threads>(m.q, first, queries.last());
        shared.other_passing[buffer].template fill<threads>(m.d_out, first, queries.last());
        if (threadIdx.x >= passing_rows) return;
        const int mine = first + static_cast<int>(threadIdx.x);
        const bool there = mine < queries.last();
        copy_async<4>(&shared.log_sum[buffer][threadIdx.x], m.log_sum + (there ? mine : 0), there);
        copy_async<4>(&shared.delta[buffer][threadIdx.x], m.delta + (there ? mine : 0), there);
    };
    shared.kept.template fill<threads>(m.k, first_key, valid);
    shared.other_kept.template fill<threads>(m.v, first_key, valid);
    fill(queries.first, 0);
    wait_for_copies();
    __syncthreads();
    Fragment k[Kept::size / 16], v[Kept::size / 16];
    shared.kept.fragments(warp_row(), k);
    shared.other_kept.fragments(warp_row(), v);

    float dk[Kept::size / 8][4] = {}, dv[Kept::size / 8][4] = {};
    int buffer = 0;
    for (int first = queries.first; first < queries.last(); first += passing_rows, buffer ^= 1) {
        if (first + passing_rows < queries.last()) fill(first + passing_rows, buffer ^ 1);
        float s[passing_rows / 8][4] = {}, dp[passing_rows / 8][4] = {};  // (keys, queries)
        add_transposed_product(s, k, shared.passing[buffer]);
        add_transposed_product(dp, v, shared.other_passing[buffer]);
        const auto column = [](int n, int i) { return n * 8 + lane_pair() + i % 2; };
        weigh(
            s, dp, a.plan.base2_scale, [&](int n, int i) { return seen[i / 2].has(first + column(n, i)); },
            [&](int n, int i) { return shared.log_sum[buffer][column(n, i)]; },
            [&](int n, int i) { return shared.delta[buffer][column(n, i)]; });
        Fragment weights[passing_rows / 16], slopes[passing_rows / 16];
        to_fragments(s, weights);
        to_fragments(dp, slopes);
        add_product(dv, weights, shared.other_passing[buffer]);
        add_product(dk, slopes, shared.passing[buffer]);
        wait_for_copies();
        __syncthreads();
    }
    Fragment rounded[Kept::size / 16];
    to_fragments(dk, rounded, a.plan.scale, a.plan.scale);
    shared.kept.put(rounded, warp_row());
    to_fragments(dv, rounded);
    shared.other_kept.put(rounded, warp_row());
    __syncthreads();
    shared.kept.template store<threads>(m.dk, first_key, a.tokens());
    shared.other_kept.template store<threads>(m.dv, first_key, a.tokens());
}

}  // namespace

bool attention_backward_by_tiles(Device& device, const AttentionMatrices& m, const AttentionPlan& plan) {
    if (!fits_tiles({m.qkv, m.out, m.d_out, m.d_qkv}, plan)) return false;
    Head head{};
    head.q = view<const BFloat16>(m.part(m.qkv, 0));
    head.k = view<const BFloat16>(m.part(m.qkv, 1));
    head.v = view<const BFloat16>(m.part(m.qkv, 2));
    head.out = view<const BFloat16>(m.out);
    head.d_out = view<const BFloat16>(m.d_out);
    head.dq = view<BFloat16>(m.part(m.d_qkv, 0));
    head.dk = view<BFloat16>(m.part(m.d_qkv, 1));
    head.dv = view<BFloat16>(m.part(m.d_qkv, 2));
    head.log_sum = m.log_sum;
    head.delta = m.delta;
    const TileArguments arguments{head, plan};
    if (plan.tokens <= window_tokens) {
        attention_window_backward(device, arguments);
        return true;
    }
    const dim3 grid(blocks_for(plan.tokens, block_rows), static_cast<unsigned>(plan.heads),
                    static_cast<unsigned>(plan.batch));
    with_head_size(plan.head_size, [&](auto size) {
        constexpr size_t shared = sizeof(BackwardShared<size()>);
        launch(device, query_gradient_tiles_kernel<size()>, grid, threads, shared, arguments);
        launch(device, key_gradient_tiles_kernel<size()>, grid, threads, shared, arguments);
    });
    return true;
}

}  // namespace osu::cuda
