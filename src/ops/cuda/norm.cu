// Gated residual, layer norm and modulation, and their backward. A thread has 4 columns (or 1), a block all
// columns of a few rows at once, so that the sums over rows of the backward stay in registers.
#include "ops/cuda/kernels.h"
#include "ops/cuda/language.cuh"

namespace osu::cuda {

namespace {

constexpr int rows_at_once = 4;
constexpr int rows_summed = 32;  // of one batch row, by one block of the backward
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
    int64_t rows, tokens;
    int64_t columns;
};

// x + gate·branch of one row, stored where it is another memory than x.
template <int Width, class T>
__device__ Values<Width> residual(const Forward<T>& a, int64_t row, int column) {
    Values<Width> x = load<Width>(a.x.row(row) + column);
    if (a.branch.data) {
        const Values<Width> branch = load<Width>(a.branch.row(row) + column);
        const Values<Width> gate = load<Width>(a.gate.row(row / a.tokens) + column);
        for (int i = 0; i < Width; ++i) x.v[i] += gate.v[i] * branch.v[i];
    }
    if (a.branch.data || a.x.data != a.x_out.data) store(x, a.x_out.row(row) + column);
    return x;
}

template <int Width, class T>
__global__ void residual_norm_kernel(Forward<T> a) {
    Sums<rows_at_once>& shared = shared_as<Sums<rows_at_once>>();
    const int column = static_cast<int>(threadIdx.x) * Width;
    const int64_t first = int64_t{blockIdx.x} * rows_at_once;
    const bool here = column < a.columns;
    Values<Width> x[rows_at_once] = {};
    float sum[rows_at_once] = {}, squares[rows_at_once] = {};
#pragma unroll
    for (int r = 0; r < rows_at_once; ++r) {
        if (!here || first + r >= a.rows) continue;
        x[r] = residual<Width>(a, first + r, column);
        for (float value : x[r].v) sum[r] += value;
    }
    if (!a.y.data) return;
    block_sums(sum, shared.parts);
#pragma unroll
    for (int r = 0; r < rows_at_once; ++r) {
        sum[r] /= static_cast<float>(a.columns);
        if (!here) continue;
        for (float value : x[r].v) squares[r] += (value - sum[r]) * (value - sum[r]);
    }
    block_sums(squares, shared.parts);
#pragma unroll
    for (int r = 0; r < rows_at_once; ++r) {
        const int64_t row = first + r;
        if (!here || row >= a.rows) continue;
        const float rstd = 1 / sqrtf(squares[r] / static_cast<float>(a.columns) + epsilon);
        const Values<Width> shift = load<Width>(a.shift.row(row / a.tokens) + column);
        const Values<Width> scale = load<Width>(a.scale.row(row / a.tokens) + column);
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
    int64_t batch, tokens, pieces;
    int64_t columns;
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
    Sums<2 * rows_at_once>& shared = shared_as<Sums<2 * rows_at_once>>();
    const bool here = column < a.columns;
    Values<Width> slope[rows_at_once] = {}, normal[rows_at_once] = {};
    float both[2 * rows_at_once] = {};  // of each row Σ d_normal, then Σ d_normal·normal
#pragma unroll
    for (int r = 0; r < rows_at_once; ++r) {
        const int64_t row = b * a.tokens + first + r;
        if (!here || first + r >= last) continue;
        slope[r] = load<Width>(a.dy.row(row) + column);
        normal[r] = load<Width>(a.x.row(row) + column);
        for (int i = 0; i < Width; ++i) {
            normal[r].v[i] = (normal[r].v[i] - a.mean[row]) * a.rstd[row];
            sums.shift.v[i] += slope[r].v[i];
            sums.scale.v[i] += slope[r].v[i] * normal[r].v[i];
            slope[r].v[i] *= one_plus_scale.v[i];
            both[2 * r] += slope[r].v[i];
            both[2 * r + 1] += slope[r].v[i] * normal[r].v[i];
        }
    }
    block_sums(both, shared.parts);
#pragma unroll
    for (int r = 0; r < rows_at_once; ++r) {
        const int64_t row = b * a.tokens + first + r;
        if (!here || first + r >= last) continue;
        const float mean = both[2 * r] / static_cast<float>(a.columns);
        const float dot = both[2 * r + 1] / static_cast<float>(a.columns);
        Values<Width> dx = load<Width>(a.dx.row(row) + column);
        for (int i = 0; i < Width; ++i)
            dx.v[i] += a.rstd[row] * (slope[r].v[i] - mean - normal[r].v[i] * dot);
        store(dx, a.dx.row(row) + column);
        if (!a.branch.data) continue;
        const Values<Width> branch = load<Width>(a.branch.row(row) + column);
        for (int i = 0; i < Width; ++i) {
            sums.gate.v[i] += dx.v[i] * branch.v[i];
            dx.v[i] *= gate.v[i];
        }
        store(dx, a.d_branch.row(row) + column);
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
    for (int64_t first = piece * rows_summed; first < last; first += rows_at_once)
        norm_backward_rows<Width>(a, first, last, b, column, one_plus_scale, gate, sums);
    if (!here) return;
    const int64_t one = a.pieces * a.batch * a.columns;
    float* partial = a.partial + (piece * a.batch + b) * a.columns + column;
    store(sums.shift, partial);
    store(sums.scale, partial + one);
    if (a.branch.data) store(sums.gate, partial + 2 * one);
}

struct Results {
    View<float> of[3];
};

__global__ void sum_pieces_kernel(const float* partial, int64_t pieces, int64_t batch, int64_t columns,
                                  Results results) {
    const int64_t column = int64_t{blockIdx.y} * blockDim.x + threadIdx.x, b = blockIdx.x;
    if (column >= columns) return;
    float sum = 0;
    for (int64_t piece = 0; piece < pieces; ++piece)
        sum += partial[((blockIdx.z * pieces + piece) * batch + b) * columns + column];
    results.of[blockIdx.z].row(b)[column] = sum;
}

// Threads of a block that has all columns.
unsigned threads_for(int64_t columns, int width) {
    const unsigned threads = blocks_for(columns, int64_t{width} * warp_lanes) * warp_lanes;
    check_limit(threads <= most_threads, "hidden sizes above 4096");
    return threads;
}

bool all_wide(std::initializer_list<Matrix> matrices) {
    for (const Matrix& matrix : matrices)
        if (matrix && !wide(matrix)) return false;
    return true;
}

}  // namespace

void residual_norm(Device& device, Matrix x, Matrix branch, Matrix gate, Modulation modulation, Matrix x_out,
                   Matrix y, float* mean, float* rstd) {
    const int64_t batch = y ? modulation.shift.rows : gate ? gate.rows : 1;
    const unsigned blocks = blocks_for(x.rows, rows_at_once);
    with_type(
        y        ? y.type
        : branch ? branch.type
                 : DType::f32,
        [&](auto type) {
            using T = decltype(type);
            const Forward<T> arguments{view<const float>(x),
                                       view<const T>(branch),
                                       view<const float>(gate),
                                       view<const float>(modulation.shift),
                                       view<const float>(modulation.scale),
                                       view<float>(x_out),
                                       view<T>(y),
                                       mean,
                                       rstd,
                                       x.rows,
                                       x.rows / batch,
                                       x.cols};
            constexpr size_t shared = sizeof(Sums<rows_at_once>);
            if (all_wide({x, branch, gate, modulation.shift, modulation.scale, x_out, y}))
                launch(device, residual_norm_kernel<4, T>, blocks, threads_for(x.cols, 4), shared, arguments);
            else
                launch(device, residual_norm_kernel<1, T>, blocks, threads_for(x.cols, 1), shared, arguments);
        });
}

void residual_norm_backward(Device& device, Matrix dy, Matrix x_out, const float* mean, const float* rstd,
                            Matrix branch, Matrix gate, Modulation modulation, Matrix dx, Matrix d_branch,
                            Matrix d_gate, Modulation d_modulation) {
    const int64_t batch = modulation.scale.rows, tokens = dy.rows / batch,
                  pieces = blocks_for(tokens, rows_summed);
    float* partial = device.scratch<float>(3 * pieces * batch * dy.cols);
    with_type(dy.type, [&](auto type) {
        using T = decltype(type);
        const Backward<T> arguments{view<const T>(dy),
                                    view<const float>(x_out),
                                    mean,
                                    rstd,
                                    view<const T>(branch),
                                    view<const float>(gate),
                                    view<const float>(modulation.scale),
                                    view<float>(dx),
                                    view<T>(d_branch),
                                    partial,
                                    batch,
                                    tokens,
                                    pieces,
                                    dy.cols};
        constexpr size_t shared = sizeof(Sums<2 * rows_at_once>);
        const auto blocks = static_cast<unsigned>(batch * pieces);
        if (all_wide({dy, x_out, branch, gate, modulation.scale, dx, d_branch}))
            launch(device, residual_norm_backward_kernel<4, T>, blocks, threads_for(dy.cols, 4), shared,
                   arguments);
        else
            launch(device, residual_norm_backward_kernel<1, T>, blocks, threads_for(dy.cols, 1), shared,
                   arguments);
    });
    constexpr int threads = 128;
    const Results results{
        {view<float>(d_modulation.shift), view<float>(d_modulation.scale), view<float>(d_gate)}};
    launch(device, sum_pieces_kernel,
           dim3(static_cast<unsigned>(batch), blocks_for(dy.cols, threads), branch ? 3 : 2), threads, 0,
           partial, pieces, batch, dy.cols, results);
}

}  // namespace osu::cuda
