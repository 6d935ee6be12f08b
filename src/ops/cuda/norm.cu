// Gated residual, layer norm and modulation, and their backward. A thread has 4 columns (or 1), a block all
// columns of a few rows at once, so that the sums over rows of the backward stay in registers.
#include "ops/cuda/backend.h"
#include "ops/cuda/language.cuh"

namespace osu::cuda {

namespace {

constexpr int rows_at_once = 4;           // of one batch row, by one block of the forward
constexpr int backward_rows_at_once = 2;  // with twice as much to fetch of each
constexpr int rows_summed = 32;           // of one batch row, by one block of the backward
constexpr float epsilon = 1e-6f;
constexpr int most_threads = 1024;

template <int Count>
struct Sums {
    float parts[most_threads / warp_lanes * Count];
};

template <class T>
struct Forward {
    View<const float> x;
    View<const T> branch;  // with the gate, or absent
    View<const float> gate, shift, scale;
    View<float> x_out;
    View<T> y;  // may be absent
    float *mean, *rstd;
    int64_t tokens;
    unsigned pieces;  // blocks of a batch row
    int columns;
};

// x + gate·branch of row `row`, of batch row b, stored where it is another memory than x.
template <int Width, class T>
__device__ Values<Width> residual(const Forward<T>& a, int64_t row, int64_t b, int column) {
    Values<Width> x = load<Width>(a.x.row(row) + column);
    if (a.branch.data) {
        const Values<Width> branch = load<Width>(a.branch.row(row) + column);
        const Values<Width> gate = load<Width>(a.gate.row(b) + column);
        for (int i = 0; i < Width; ++i) x.v[i] += gate.v[i] * branch.v[i];
    }
    if (a.branch.data || a.x.data != a.x_out.data) store(x, a.x_out.row(row) + column);
    return x;
}

template <int Width, class T>
__global__ void residual_norm_kernel(Forward<T> a) {
    Sums<rows_at_once>& shared = shared_as<Sums<rows_at_once>>();
    const int column = static_cast<int>(threadIdx.x) * Width;
    const int64_t b = blockIdx.x / a.pieces, token = int64_t{blockIdx.x % a.pieces} * rows_at_once;
    const int64_t first = b * a.tokens + token, last = (b + 1) * a.tokens;
    const bool here = column < a.columns;
    const float each = 1 / static_cast<float>(a.columns);
    Values<Width> x[rows_at_once] = {};
    float sum[rows_at_once] = {}, squares[rows_at_once] = {};
#pragma unroll
    for (int r = 0; r < rows_at_once; ++r) {
        if (!here || first + r >= last) continue;
        x[r] = residual<Width>(a, first + r, b, column);
        for (float value : x[r].v) sum[r] += value;
    }
    if (!a.y.data) return;
    block_sums(sum, shared.parts);
#pragma unroll
    for (int r = 0; r < rows_at_once; ++r) {
        sum[r] *= each;
        if (!here) continue;
        for (float value : x[r].v) squares[r] += (value - sum[r]) * (value - sum[r]);
    }
    block_sums(squares, shared.parts);
    if (!here) return;
    const Values<Width> shift = load<Width>(a.shift.row(b) + column);
    const Values<Width> scale = load<Width>(a.scale.row(b) + column);
#pragma unroll
    for (int r = 0; r < rows_at_once; ++r) {
        const int64_t row = first + r;
        if (row >= last) continue;
        const float rstd = rsqrtf(squares[r] * each + epsilon);
        for (int i = 0; i < Width; ++i)
            x[r].v[i] = (x[r].v[i] - sum[r]) * rstd * (1 + scale.v[i]) + shift.v[i];
        store(x[r], a.y.row(row) + column);
        if (threadIdx.x == 0 && a.mean) a.mean[row] = sum[r];
        if (threadIdx.x == 0 && a.rstd) a.rstd[row] = rstd;
    }
}

template <class T>
struct Backward {
    View<const T> dy;
    View<const float> x;
    const float *mean, *rstd;
    View<const T> branch;  // with gate and d_branch, or absent
    View<const float> gate, scale;
    View<float> dx;
    View<T> d_branch;
    float* partial;  // (3, pieces, B, h): sums of d_shift, d_scale, d_gate
    int64_t batch, tokens;
    unsigned pieces;
    int columns;
};

// What a thread adds up over the rows of its block.
template <int Width>
struct ColumnSums {
    Values<Width> shift, scale, gate;
};

template <int Width, class T>
__device__ void norm_backward_rows(const Backward<T>& a, int64_t first, int64_t last, int64_t b, int column,
                                   const Values<Width>& one_plus_scale, const Values<Width>& gate,
                                   ColumnSums<Width>& sums) {
    constexpr int rows = backward_rows_at_once;
    Sums<2 * rows>& shared = shared_as<Sums<2 * rows>>();
    const float each = 1 / static_cast<float>(a.columns);
    const auto here = [&](int r) { return column < a.columns && first + r < last; };
    const auto row = [&](int r) { return b * a.tokens + first + r; };
    Values<Width> slope[rows] = {}, normal[rows] = {}, dx[rows] = {}, branch[rows] = {};
    float both[2 * rows] = {};  // of each row Σ d_normal, then Σ d_normal·normal
#pragma unroll
    for (int r = 0; r < rows; ++r) {  // all that is needed of memory, before anybody waits
        if (!here(r)) continue;
        slope[r] = load<Width>(a.dy.row(row(r)) + column);
        normal[r] = load<Width>(a.x.row(row(r)) + column);
        dx[r] = load<Width>(a.dx.row(row(r)) + column);
        if (a.branch.data) branch[r] = load<Width>(a.branch.row(row(r)) + column);
    }
#pragma unroll
    for (int r = 0; r < rows; ++r) {
        if (!here(r)) continue;
        for (int i = 0; i < Width; ++i) {
            normal[r].v[i] = (normal[r].v[i] - a.mean[row(r)]) * a.rstd[row(r)];
            sums.shift.v[i] += slope[r].v[i];
            sums.scale.v[i] += slope[r].v[i] * normal[r].v[i];
            slope[r].v[i] *= one_plus_scale.v[i];
            both[2 * r] += slope[r].v[i];
            both[2 * r + 1] += slope[r].v[i] * normal[r].v[i];
        }
    }
    block_sums(both, shared.parts);
#pragma unroll
    for (int r = 0; r < rows; ++r) {
        if (!here(r)) continue;
        const float mean = both[2 * r] * each, dot = both[2 * r + 1] * each;
        for (int i = 0; i < Width; ++i)
            dx[r].v[i] += a.rstd[row(r)] * (slope[r].v[i] - mean - normal[r].v[i] * dot);
        store(dx[r], a.dx.row(row(r)) + column);
        if (!a.branch.data) continue;
        for (int i = 0; i < Width; ++i) {
            sums.gate.v[i] += dx[r].v[i] * branch[r].v[i];
            dx[r].v[i] *= gate.v[i];
        }
        store(dx[r], a.d_branch.row(row(r)) + column);
    }
}

template <int Width, class T>
__global__ void residual_norm_backward_kernel(Backward<T> a) {
    const int column = static_cast<int>(threadIdx.x) * Width;
    const int64_t b = blockIdx.x / a.pieces, piece = blockIdx.x % a.pieces;
    const bool here = column < a.columns;
    Values<Width> one_plus_scale = {}, gate = {};
    if (here) {
        one_plus_scale = load<Width>(a.scale.row(b) + column);
        for (float& value : one_plus_scale.v) value += 1;
        if (a.branch.data) gate = load<Width>(a.gate.row(b) + column);
    }
    ColumnSums<Width> sums = {};
    const int64_t end = (piece + 1) * rows_summed, last = end < a.tokens ? end : a.tokens;
    for (int64_t first = piece * rows_summed; first < last; first += backward_rows_at_once)
        norm_backward_rows<Width>(a, first, last, b, column, one_plus_scale, gate, sums);
    if (!here) return;
    const int64_t one = a.pieces * a.batch * a.columns;
    float* partial = a.partial + (piece * a.batch + b) * a.columns + column;
    store(sums.shift, partial);
    store(sums.scale, partial + one);
    if (a.branch.data) store(sums.gate, partial + 2 * one);
}

struct Results {
    View<float> shift, scale, gate;
};

__global__ void sum_pieces_kernel(const float* partial, int64_t pieces, int64_t batch, int64_t columns,
                                  Results results) {
    const int64_t column = int64_t{blockIdx.y} * blockDim.x + threadIdx.x, b = blockIdx.x;
    if (column >= columns) return;
    float sum = 0;
    for (int64_t piece = 0; piece < pieces; ++piece)
        sum += partial[((blockIdx.z * pieces + piece) * batch + b) * columns + column];
    const View<float>& result = blockIdx.z == 0   ? results.shift
                                : blockIdx.z == 1 ? results.scale
                                                  : results.gate;
    result.row(b)[column] = sum;
}

// Threads of a block that has all columns.
unsigned threads_for(int64_t columns, int width) {
    const unsigned threads = blocks_for(columns, int64_t{width} * warp_lanes) * warp_lanes;
    check_limit(threads <= most_threads, "hidden sizes above 4096");
    return threads;
}

// In the backward, whose threads for 4 columns each take up to 96 of a multiprocessor's 65,536 registers.
unsigned backward_threads_for(int64_t columns, int width) {
    const unsigned threads = threads_for(columns, width);
    check_limit(width == 1 || threads <= 640, "gradients of hidden sizes above 2560");
    return threads;
}

bool all_wide(std::initializer_list<Matrix> matrices) {
    for (const Matrix& matrix : matrices)
        if (matrix && !wide(matrix)) return false;
    return true;
}

}  // namespace

void CudaBackend::residual_norm(const ResidualNorm& norm, Matrix x, Matrix y) {
    const auto scope = device_.begin_operation("residual + norm");
    const Matrix branch = norm.added.branch, gate = norm.added.gate, x_out = norm.x_out;
    const Modulation& modulation = norm.modulation;
    const int64_t batch = y ? modulation.shift.rows : gate ? gate.rows : 1, tokens = x.rows / batch;
    const unsigned pieces = blocks_for(tokens, rows_at_once), blocks = static_cast<unsigned>(batch) * pieces;
    const DType type = y ? y.type : branch ? branch.type : DType::f32;
    with_type(type, [&](auto type) {
        using T = decltype(type);
        const Forward<T> arguments{view<const float>(x),
                                   view<const T>(branch),
                                   view<const float>(gate),
                                   view<const float>(modulation.shift),
                                   view<const float>(modulation.scale),
                                   view<float>(x_out),
                                   view<T>(y),
                                   norm.statistics.mean,
                                   norm.statistics.rstd,
                                   tokens,
                                   pieces,
                                   static_cast<int>(x.cols)};
        constexpr size_t shared = sizeof(Sums<rows_at_once>);
        if (all_wide({x, branch, gate, modulation.shift, modulation.scale, x_out, y}))
            launch(device_, residual_norm_kernel<4, T>, blocks, threads_for(x.cols, 4), shared, arguments);
        else
            launch(device_, residual_norm_kernel<1, T>, blocks, threads_for(x.cols, 1), shared, arguments);
    });
}

void CudaBackend::residual_norm_backward(const ResidualNorm& norm, Matrix dy, Matrix dx, GatedBranch d_added,
                                         Modulation d_modulation) {
    const auto scope = device_.begin_operation("residual + norm backward");
    const Matrix branch = norm.added.branch, gate = norm.added.gate, x_out = norm.x_out;
    const Modulation& modulation = norm.modulation;
    const int64_t batch = modulation.scale.rows, tokens = dy.rows / batch;
    const unsigned pieces = blocks_for(tokens, rows_summed);
    float* partial = device_.scratch<float>(3 * pieces * batch * dy.cols);
    with_type(dy.type, [&](auto type) {
        using T = decltype(type);
        const Backward<T> arguments{view<const T>(dy),
                                    view<const float>(x_out),
                                    norm.statistics.mean,
                                    norm.statistics.rstd,
                                    view<const T>(branch),
                                    view<const float>(gate),
                                    view<const float>(modulation.scale),
                                    view<float>(dx),
                                    view<T>(d_added.branch),
                                    partial,
                                    batch,
                                    tokens,
                                    pieces,
                                    static_cast<int>(dy.cols)};
        constexpr size_t shared = sizeof(Sums<2 * backward_rows_at_once>);
        const unsigned blocks = static_cast<unsigned>(batch) * pieces;
        if (all_wide({dy, x_out, branch, gate, modulation.scale, dx, d_added.branch}))
            launch(device_, residual_norm_backward_kernel<4, T>, blocks, backward_threads_for(dy.cols, 4),
                   shared, arguments);
        else
            launch(device_, residual_norm_backward_kernel<1, T>, blocks, backward_threads_for(dy.cols, 1),
                   shared, arguments);
    });
    constexpr int threads = 128;
    const Results results{view<float>(d_modulation.shift), view<float>(d_modulation.scale),
                          view<float>(d_added.gate)};
    launch(device_, sum_pieces_kernel,
           dim3(static_cast<unsigned>(batch), blocks_for(dy.cols, threads), branch ? 3 : 2), threads, 0,
           partial, pieces, batch, dy.cols, results);
}

}  // namespace osu::cuda
