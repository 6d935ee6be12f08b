// Attention by tensor cores. A block has 64 queries of a head, a warp 16 of them, and goes over the keys 64
// at a time, the next of them on their way, with the softmax kept as highest score and sum; exponents are of
// base 2.
#include "ops/cuda/attention_tiles.cuh"

namespace osu::cuda {

namespace {

constexpr int warps = 4;
constexpr int threads = warps * warp_lanes;
constexpr int block_rows = 16 * warps;  // queries that a block keeps
constexpr int passing_rows = 64;        // keys that it goes over

template <int HeadSize>
struct ForwardShared {
    Tile<block_rows, HeadSize> q;
    Tile<passing_rows, HeadSize> k[2], v[2];
};

// The softmax of a lane's two rows so far.
struct Softmax {
    float highest[2] = {-INFINITY, -INFINITY}, sum[2] = {};

    // From scores to weights, in place; kept: what the sums so far count then.
    template <int N>
    __device__ void take(float (&s)[N][4], float base2_scale, float (&kept)[2]) {
        float higher[2] = {highest[0], highest[1]}, base[2];
#pragma unroll
        for (int n = 0; n < N; ++n)
#pragma unroll
            for (int i = 0; i < 4; ++i) higher[i / 2] = fmaxf(higher[i / 2], s[n][i]);
#pragma unroll
        for (int r = 0; r < 2; ++r) {  // over the four lanes of a row
            higher[r] = fmaxf(higher[r], __shfl_xor_sync(all_lanes, higher[r], 1));
            higher[r] = fmaxf(higher[r], __shfl_xor_sync(all_lanes, higher[r], 2));
            base[r] = higher[r] == -INFINITY ? 0 : higher[r] * base2_scale;  // nothing seen yet
            kept[r] = fast_exp2(highest[r] * base2_scale - base[r]);
            highest[r] = higher[r];
            sum[r] *= kept[r];
        }
#pragma unroll
        for (int n = 0; n < N; ++n)
#pragma unroll
            for (int i = 0; i < 4; ++i)
                sum[i / 2] += s[n][i] = fast_exp2(s[n][i] * base2_scale - base[i / 2]);
    }
    __device__ void add_lanes() {
#pragma unroll
        for (float& value : sum) {
            value += __shfl_xor_sync(all_lanes, value, 1);
            value += __shfl_xor_sync(all_lanes, value, 2);
        }
    }
};

template <int HeadSize>
__global__ void __launch_bounds__(threads, much_shared_memory&& HeadSize <= 64 ? 4 : 3)
    attention_tiles_kernel(TileArguments a) {
    using Kept = Tile<block_rows, HeadSize>;
    auto& shared = shared_as<ForwardShared<HeadSize>>();
    const Head m = a.head(blockIdx.y, blockIdx.z);
    const int first_query = static_cast<int>(blockIdx.x) * block_rows, valid = a.valid(blockIdx.z);
    const Span keys = a.plan.keys(first_query, first_query + block_rows - 1, valid);
    const int query = first_query + warp_row() + lane_group();
    const Span seen[2] = {a.plan.keys(query, query, valid), a.plan.keys(query + 8, query + 8, valid)};
    const auto fill = [&](int first, int buffer) {
        shared.k[buffer].template fill<threads>(m.k, first, keys.last());
        shared.v[buffer].template fill<threads>(m.v, first, keys.last());
    };
    shared.q.template fill<threads>(m.q, first_query, valid);
    fill(keys.first, 0);
    wait_for_copies();
    __syncthreads();
    Fragment q[Kept::size / 16];
    shared.q.fragments(warp_row(), q);

    float out[Kept::size / 8][4] = {}, kept[2];
    Softmax softmax;
    int buffer = 0;
    for (int first = keys.first; first < keys.last(); first += passing_rows, buffer ^= 1) {
        if (first + passing_rows < keys.last()) fill(first + passing_rows, buffer ^ 1);
        float s[passing_rows / 8][4] = {};
        add_transposed_product(s, q, shared.k[buffer]);
#pragma unroll
        for (int n = 0; n < passing_rows / 8; ++n)
#pragma unroll
            for (int i = 0; i < 4; ++i)
                if (!seen[i / 2].has(first + n * 8 + lane_pair() + i % 2)) s[n][i] = -INFINITY;
        softmax.take(s, a.plan.base2_scale, kept);
#pragma unroll
        for (auto& entries : out)
#pragma unroll
            for (int i = 0; i < 4; ++i) entries[i] *= kept[i / 2];
        Fragment weights[passing_rows / 16];
        to_fragments(s, weights);
        add_product(out, weights, shared.v[buffer]);
        wait_for_copies();
        __syncthreads();
    }
    softmax.add_lanes();
    const bool any[2] = {seen[0].count > 0, seen[1].count > 0};
    Fragment rounded[Kept::size / 16];
    to_fragments(out, rounded, any[0] ? 1 / softmax.sum[0] : 0, any[1] ? 1 / softmax.sum[1] : 0);
    shared.q.put(rounded, warp_row());
    __syncthreads();
    shared.q.template store<threads>(m.new_out, first_query, a.tokens());
    if (!m.log_sum || lane_pair() != 0) return;
    for (int r = 0; r < 2; ++r)
        if (query + 8 * r < a.tokens())
            m.log_sum[query + 8 * r] =
                any[r] ? softmax.highest[r] * a.plan.scale + log2f(softmax.sum[r]) * ln_2 : 0;
}

}  // namespace

bool attention_by_tiles(Device& device, const AttentionMatrices& m, const AttentionPlan& plan) {
    if (!fits_tiles({m.qkv, m.out}, plan)) return false;
    Head head{};
    head.q = view<const BFloat16>(m.part(m.qkv, 0));
    head.k = view<const BFloat16>(m.part(m.qkv, 1));
    head.v = view<const BFloat16>(m.part(m.qkv, 2));
    head.new_out = view<BFloat16>(m.out);
    head.log_sum = m.log_sum;
    const dim3 grid(blocks_for(plan.tokens, block_rows), static_cast<unsigned>(plan.heads),
                    static_cast<unsigned>(plan.batch));
    with_head_size(plan.head_size, [&](auto size) {
        launch(device, attention_tiles_kernel<size()>, grid, threads, sizeof(ForwardShared<size()>),
               TileArguments{head, plan});
    });
    return true;
}

}  // namespace osu::cuda
