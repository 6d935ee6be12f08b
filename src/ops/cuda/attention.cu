// Attention of any type and head size: a warp a query (or, for the gradients of keys and values, a key), its
// lanes taking 32 keys at a time, then the columns. Nothing is added by atomics: every sum has one order.
#include "ops/cuda/attention_common.cuh"
#include "ops/cuda/backend.h"

namespace osu::cuda {

namespace {

constexpr int warps = 4;
constexpr int most_columns = 8;  // of a lane
constexpr int64_t most_head_size = most_columns * warp_lanes;

template <class T>
struct Arguments {
    View<const T> q, k, v, d_out;
    View<T> out, dq, dk, dv;
    float* log_sum;
    float* delta;
    AttentionPlan plan;
};

// What a warp works on: token `token` of head `head` of batch row b, and row n of the matrices.
struct Item {
    int64_t b, head, token, n, first_column, valid, at;  // at: in a (heads, N) vector
    bool exists;
};

__device__ Item item_of(const AttentionPlan& plan) {
    const int64_t index = int64_t{blockIdx.x} * warps + threadIdx.x / warp_lanes;
    const int64_t rows = plan.batch * plan.tokens, n = index % rows, head = index / rows, b = n / plan.tokens;
    if (head >= plan.heads) return {0, 0, 0, 0, 0, 0, 0, false};
    return {b, head, n % plan.tokens, n, head * plan.head_size, plan.valid(b), index, true};
}

struct WarpShared {
    float row[most_head_size], other_row[most_head_size];  // of the item: of q, k, v or d_out
    float weight[warp_lanes], slope[warp_lanes];           // of the 32 at hand
};

__device__ WarpShared& warp_shared() {
    return (&shared_as<WarpShared>())[threadIdx.x / warp_lanes];
}

__device__ int lane_index() {
    return static_cast<int>(threadIdx.x) % warp_lanes;
}

template <class T>
__device__ void copy_row(const T* from, int64_t count, float* to) {
    for (int64_t e = lane_index(); e < count; e += warp_lanes) to[e] = widen(from[e]);
}

template <class T>
__device__ float dot(const float* row, const T* other, int64_t count) {
    float sum = 0;
    for (int64_t e = 0; e < count; ++e) sum += row[e] * widen(other[e]);
    return sum;
}

// sums += Σ_j weight[j]·matrix[first + j], a lane every 32nd column.
template <class T>
__device__ void add_rows(float (&sums)[most_columns], const float* weight, const View<const T>& matrix,
                         int64_t first, int64_t count, int64_t first_column, int64_t head_size) {
    for (int i = 0; i < most_columns; ++i) {
        const int64_t e = lane_index() + i * warp_lanes;
        if (e >= head_size) break;
        for (int64_t j = 0; j < count; ++j)
            sums[i] += weight[j] * widen(matrix.row(first + j)[first_column + e]);
    }
}

template <class T>
__device__ void put_row(const float (&sums)[most_columns], float factor, const View<T>& matrix,
                        const Item& item, int64_t head_size) {
    for (int i = 0; i < most_columns; ++i) {
        const int64_t e = lane_index() + i * warp_lanes;
        if (e < head_size) matrix.row(item.n)[item.first_column + e] = narrow<T>(sums[i] * factor);
    }
}

__device__ int64_t piece_size(const Range& range, int64_t first) {
    return range.last - first < warp_lanes ? range.last - first : warp_lanes;
}

template <class T>
__global__ void attention_kernel(Arguments<T> a) {
    const Item item = item_of(a.plan);
    if (!item.exists) return;
    const int64_t size = a.plan.head_size, row0 = item.b * a.plan.tokens;
    const Range keys = a.plan.keys(item.token, item.token, item.valid);
    WarpShared& shared = warp_shared();
    copy_row(a.q.row(item.n) + item.first_column, size, shared.row);
    __syncwarp();
    float highest = -INFINITY, sum = 0, out[most_columns] = {};
    for (int64_t first = keys.first; first < keys.last; first += warp_lanes) {
        const int64_t count = piece_size(keys, first), key = first + lane_index();
        float score = -INFINITY;
        if (key < keys.last)
            score = dot(shared.row, a.k.row(row0 + key) + item.first_column, size) * a.plan.scale;
        const float higher = fmaxf(highest, warp_max(score));
        const float kept = expf(highest - higher), weight = expf(score - higher);
        highest = higher;
        sum = sum * kept + warp_sum(weight);
        shared.weight[lane_index()] = weight;
        __syncwarp();
        for (float& value : out) value *= kept;
        add_rows(out, shared.weight, a.v, row0 + first, count, item.first_column, size);
        __syncwarp();
    }
    const bool any = keys.first < keys.last;
    put_row(out, any ? 1 / sum : 0, a.out, item, size);
    if (a.log_sum && lane_index() == 0) a.log_sum[item.at] = any ? highest + logf(sum) : 0;
}

template <class T>
__global__ void delta_kernel(Arguments<T> a) {
    const Item item = item_of(a.plan);
    if (!item.exists) return;
    float sum = 0;
    for (int64_t e = lane_index(); e < a.plan.head_size; e += warp_lanes)
        sum += widen(a.d_out.row(item.n)[item.first_column + e]) *
               widen(a.out.row(item.n)[item.first_column + e]);
    sum = warp_sum(sum);
    if (lane_index() == 0) a.delta[item.at] = sum;
}

template <class T>
__global__ void query_gradient_kernel(Arguments<T> a) {
    const Item item = item_of(a.plan);
    if (!item.exists) return;
    const int64_t size = a.plan.head_size, row0 = item.b * a.plan.tokens;
    const Range keys = a.plan.keys(item.token, item.token, item.valid);
    WarpShared& shared = warp_shared();
    copy_row(a.q.row(item.n) + item.first_column, size, shared.row);
    copy_row(a.d_out.row(item.n) + item.first_column, size, shared.other_row);
    __syncwarp();
    const float log_sum = a.log_sum[item.at], delta = a.delta[item.at];
    float dq[most_columns] = {};
    for (int64_t first = keys.first; first < keys.last; first += warp_lanes) {
        const int64_t count = piece_size(keys, first), key = first + lane_index();
        if (key < keys.last) {
            const float score = dot(shared.row, a.k.row(row0 + key) + item.first_column, size) * a.plan.scale;
            const float d_weight = dot(shared.other_row, a.v.row(row0 + key) + item.first_column, size);
            shared.slope[lane_index()] = expf(score - log_sum) * (d_weight - delta) * a.plan.scale;
        }
        __syncwarp();
        add_rows(dq, shared.slope, a.k, row0 + first, count, item.first_column, size);
        __syncwarp();
    }
    put_row(dq, 1, a.dq, item, size);
}

template <class T>
__global__ void key_gradient_kernel(Arguments<T> a) {
    const Item item = item_of(a.plan);
    if (!item.exists) return;
    const int64_t size = a.plan.head_size, row0 = item.b * a.plan.tokens;
    const Range queries = a.plan.queries(item.token, item.token, item.valid);
    WarpShared& shared = warp_shared();
    copy_row(a.k.row(item.n) + item.first_column, size, shared.row);
    copy_row(a.v.row(item.n) + item.first_column, size, shared.other_row);
    __syncwarp();
    float dk[most_columns] = {}, dv[most_columns] = {};
    for (int64_t first = queries.first; first < queries.last; first += warp_lanes) {
        const int64_t count = piece_size(queries, first), query = first + lane_index();
        if (query < queries.last) {
            const int64_t at = item.at - item.token + query;
            const float score =
                dot(shared.row, a.q.row(row0 + query) + item.first_column, size) * a.plan.scale;
            const float d_weight = dot(shared.other_row, a.d_out.row(row0 + query) + item.first_column, size);
            const float weight = expf(score - a.log_sum[at]);
            shared.weight[lane_index()] = weight;
            shared.slope[lane_index()] = weight * (d_weight - a.delta[at]) * a.plan.scale;
        }
        __syncwarp();
        add_rows(dk, shared.slope, a.q, row0 + first, count, item.first_column, size);
        add_rows(dv, shared.weight, a.d_out, row0 + first, count, item.first_column, size);
        __syncwarp();
    }
    put_row(dk, 1, a.dk, item, size);
    put_row(dv, 1, a.dv, item, size);
}

template <class T>
Arguments<T> arguments_of(const AttentionMatrices& m, const AttentionPlan& plan) {
    const bool backward = static_cast<bool>(m.d_qkv);
    Arguments<T> a{view<const T>(m.part(m.qkv, 0)),
                   view<const T>(m.part(m.qkv, 1)),
                   view<const T>(m.part(m.qkv, 2)),
                   view<const T>(m.d_out),
                   view<T>(m.out),
                   {},
                   {},
                   {},
                   m.log_sum,
                   m.delta,
                   plan};
    if (!backward) return a;
    a.dq = view<T>(m.part(m.d_qkv, 0));
    a.dk = view<T>(m.part(m.d_qkv, 1));
    a.dv = view<T>(m.part(m.d_qkv, 2));
    return a;
}

}  // namespace

void CudaBackend::attention(const Attention& a) {
    const auto scope = device_.begin_operation("attention");
    const AttentionPlan plan(a.shape);
    const AttentionMatrices matrices{a, {}, {}};
    if (attention_by_tiles(device_, matrices, plan)) return;
    check_limit(plan.head_size <= most_head_size, "head sizes above 256");
    const unsigned blocks = blocks_for(plan.heads * a.qkv.rows, warps);
    with_type(a.qkv.type, [&](auto type) {
        using T = decltype(type);
        launch(device_, attention_kernel<T>, blocks, warps * warp_lanes, warps * sizeof(WarpShared),
               arguments_of<T>(matrices, plan));
    });
}

void CudaBackend::attention_backward(const Attention& a, Matrix d_out, Matrix d_qkv) {
    const auto scope = device_.begin_operation("attention backward");
    const AttentionPlan plan(a.shape);
    const AttentionMatrices matrices{a, d_out, d_qkv, device_.scratch<float>(plan.heads * a.qkv.rows)};
    if (attention_backward_by_tiles(device_, matrices, plan)) return;
    check_limit(plan.head_size <= most_head_size, "head sizes above 256");
    const unsigned blocks = blocks_for(plan.heads * a.qkv.rows, warps);
    constexpr unsigned threads = warps * warp_lanes;
    with_type(a.qkv.type, [&](auto type) {
        using T = decltype(type);
        const Arguments<T> arguments = arguments_of<T>(matrices, plan);
        launch(device_, delta_kernel<T>, blocks, threads, 0, arguments);
        launch(device_, query_gradient_kernel<T>, blocks, threads, warps * sizeof(WarpShared), arguments);
        launch(device_, key_gradient_kernel<T>, blocks, threads, warps * sizeof(WarpShared), arguments);
    });
}

}  // namespace osu::cuda
