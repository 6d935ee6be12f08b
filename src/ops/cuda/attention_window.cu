// The backward of attention where all tokens of a row fit one block, as in every training window: the block
// has them of one head, a warp 16 of the keys, and goes over the queries 32 at a time. Scores are made once;
// dk and dv are added up in registers, and dq through the slopes in shared memory, every sum in one order.
#include "ops/cuda/attention_tiles.cuh"

namespace osu::cuda {

namespace {

constexpr int warps = window_tokens / 16;
constexpr int threads = warps * warp_lanes;
constexpr int passing_rows = 32;  // queries at hand

template <int HeadSize>
struct WindowShared {
    Tile<window_tokens, HeadSize> q, k, v, d_out;  // in the end dq, none, dk, dv
    Tile<window_tokens, passing_rows> slopes;      // (keys, queries at hand)
    float log_sum[window_tokens], delta[window_tokens];
};

// Weights and slopes (16 keys, queries `first`, …) of the warp's keys.
template <int HeadSize>
__device__ void weigh_queries(const WindowShared<HeadSize>& shared, int first, const Span (&seen)[2],
                              float base2_scale, Fragment (&weights)[passing_rows / 16],
                              Fragment (&slopes)[passing_rows / 16]) {
    Fragment kept[Tile<window_tokens, HeadSize>::size / 16];
    float s[passing_rows / 8][4] = {}, dp[passing_rows / 8][4] = {};
    shared.k.fragments(warp_row(), kept);
    add_transposed_product(s, kept, shared.q, first);
    shared.v.fragments(warp_row(), kept);
    add_transposed_product(dp, kept, shared.d_out, first);
    const auto query = [&](int n, int i) { return first + n * 8 + lane_pair() + i % 2; };
    weigh(
        s, dp, base2_scale, [&](int n, int i) { return seen[i / 2].has(query(n, i)); },
        [&](int n, int i) { return shared.log_sum[query(n, i)]; },
        [&](int n, int i) { return shared.delta[query(n, i)]; });
    to_fragments(s, weights);
    to_fragments(dp, slopes);
}

// dq of the queries at hand, 16 of them and 16 columns a warp at a time, into the place of q that nobody
// reads any more.
template <int HeadSize>
__device__ void put_query_gradients(WindowShared<HeadSize>& shared, int first, float scale) {
    constexpr int row_pieces = passing_rows / 16,
                  pieces = row_pieces * Tile<window_tokens, HeadSize>::size / 16;
    const int lane = static_cast<int>(threadIdx.x) % warp_lanes, matrix = lane / 8;
    for (int piece = warp_row() / 16; piece < pieces; piece += warps) {
        const int row = piece % row_pieces * 16, column = piece / row_pieces * 16;
        const BFloat16* const corner =
            shared.slopes.data + (matrix / 2 * 8 + lane % 8) * shared.slopes.stride + row + matrix % 2 * 8;
        float dq[2][4] = {};
#pragma unroll
        for (int k = 0; k < window_tokens; k += 16) {
            const Fragment slopes[1] = {load_matrices<true>(corner + k * shared.slopes.stride)};
            add_product(dq, slopes, shared.k, k, column);
        }
        Fragment rounded[1];
        to_fragments(dq, rounded, scale, scale);
        shared.q.put(rounded, first + row, column);
    }
}

// Two blocks share the registers of an SM where they can without spilling.
template <int HeadSize>
__global__ void __launch_bounds__(threads, much_shared_memory&& HeadSize <= 64 ? 2 : 1)
    window_gradient_kernel(TileArguments a) {
    constexpr int size = Tile<window_tokens, HeadSize>::size;
    auto& shared = shared_as<WindowShared<HeadSize>>();
    const Head m = a.head(blockIdx.x, blockIdx.y);
    const int valid = a.valid(blockIdx.y), mine = static_cast<int>(threadIdx.x);
    const RowProducts<window_tokens, HeadSize, threads> products(m.out, 0, valid);
    shared.q.template fill<threads>(m.q, 0, valid);
    shared.k.template fill<threads>(m.k, 0, valid);
    shared.d_out.template fill<threads>(m.d_out, 0, valid);
    shared.v.template fill<threads>(m.v, 0, valid);
    if (mine < window_tokens)
        copy_async<4>(&shared.log_sum[mine], m.log_sum + (mine < valid ? mine : 0), mine < valid);
    wait_for_copies();
    __syncthreads();
    products.sum(shared.d_out, shared.delta);
    __syncthreads();

    const int key = warp_row() + lane_group();
    const Span seen[2] = {a.plan.queries(key, key, valid), a.plan.queries(key + 8, key + 8, valid)};
    float dk[size / 8][4] = {}, dv[size / 8][4] = {};
    for (int first = 0; first < valid; first += passing_rows) {
        Fragment weights[passing_rows / 16], slopes[passing_rows / 16];
        weigh_queries(shared, first, seen, a.plan.base2_scale, weights, slopes);
        shared.slopes.put(slopes, warp_row());
        add_product(dv, weights, shared.d_out, first);
        add_product(dk, slopes, shared.q, first);
        __syncthreads();
        put_query_gradients(shared, first, a.plan.scale);
        __syncthreads();
    }
    Fragment rounded[size / 16];
    to_fragments(dk, rounded, a.plan.scale, a.plan.scale);
    shared.v.put(rounded, warp_row());
    to_fragments(dv, rounded);
    shared.d_out.put(rounded, warp_row());
    __syncthreads();
    shared.q.template store<threads>(m.dq, 0, a.tokens());
    shared.v.template store<threads>(m.dk, 0, a.tokens());
    shared.d_out.template store<threads>(m.dv, 0, a.tokens());
}

}  // namespace

void attention_window_backward(Device& device, const TileArguments& arguments) {
    const dim3 grid(static_cast<unsigned>(arguments.plan.heads), static_cast<unsigned>(arguments.plan.batch));
    with_head_size(arguments.plan.head_size, [&](auto size) {
        constexpr size_t shared = sizeof(WindowShared<size()>);
        static_assert(shared <= size_t{99} << 10, "what GPUs of sm_86 and sm_89 have");
        launch(device, window_gradient_kernel<size()>, grid, threads, shared, arguments);
    });
}

}  // namespace osu::cuda
