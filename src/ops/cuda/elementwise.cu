// Operations on single elements, and sums over columns.
#include <cassert>
#include <limits>

#include "ops/cuda/backend.h"
#include "ops/cuda/language.cuh"

namespace osu::cuda {

namespace {

constexpr int threads = 256;
constexpr float gelu_c = 0.7978845608028654f;  // √(2/π)
constexpr float gelu_a = 0.044715f;

struct Same {
    __device__ float operator()(float x) const { return x; }
};
struct Gelu {
    __device__ float operator()(float x) const {
        return 0.5f * x * (1 + tanhf(gelu_c * (x + gelu_a * x * x * x)));
    }
};
struct Silu {
    __device__ float operator()(float x) const { return x / (1 + expf(-x)); }
};
// Of a gradient and the input of the forward.
struct GeluBackward {
    __device__ float operator()(float dy, float x) const {
        const float t = tanhf(gelu_c * (x + gelu_a * x * x * x));
        return dy * (0.5f * (1 + t) + 0.5f * x * (1 - t * t) * gelu_c * (1 + 3 * gelu_a * x * x));
    }
};
struct SiluBackward {
    __device__ float operator()(float dy, float x) const {
        const float s = 1 / (1 + expf(-x));
        return dy * (s + x * s * (1 - s));
    }
};

// Which `Width` elements a thread has: row by row.
struct Place {
    uint32_t row, column;
};
template <int Width>
__device__ Place place(uint32_t columns) {
    const uint32_t index = blockIdx.x * blockDim.x + threadIdx.x, each = columns / Width;
    return {index / each, index % each * Width};
}

template <int Width, class Op, class X, class Y>
__global__ void map_kernel(View<const X> x, View<Y> y, uint32_t rows, uint32_t columns) {
    const Place at = place<Width>(columns);
    if (at.row >= rows) return;
    Values<Width> values = load<Width>(x.row(at.row) + at.column);
    for (float& value : values.v) value = Op{}(value);
    store<Width>(values, y.row(at.row) + at.column);
}

template <int Width, class Op, class A, class B, class Y>
__global__ void combine_kernel(View<const A> a, View<const B> b, View<Y> y, uint32_t rows, uint32_t columns) {
    const Place at = place<Width>(columns);
    if (at.row >= rows) return;
    const Values<Width> left = load<Width>(a.row(at.row) + at.column),
                        right = load<Width>(b.row(at.row) + at.column);
    Values<Width> result;
    for (int i = 0; i < Width; ++i) result.v[i] = Op{}(left.v[i], right.v[i]);
    store<Width>(result, y.row(at.row) + at.column);
}

template <int Width>
unsigned grid_for(const Matrix& y) {
    assert(y.rows * y.cols < std::numeric_limits<uint32_t>::max());
    return blocks_for(y.rows * (y.cols / Width), threads);
}

template <class Op, class X, class Y>
void map(Device& device, Matrix x, Matrix y) {
    const auto rows = static_cast<uint32_t>(y.rows), columns = static_cast<uint32_t>(y.cols);
    if (wide(x, 8) && wide(y, 8))  // 16 bytes of bfloat16
        launch(device, map_kernel<8, Op, X, Y>, grid_for<8>(y), threads, 0, view<const X>(x), view<Y>(y),
               rows, columns);
    else
        launch(device, map_kernel<1, Op, X, Y>, grid_for<1>(y), threads, 0, view<const X>(x), view<Y>(y),
               rows, columns);
}

template <class Op, class A, class B, class Y>
void combine(Device& device, Matrix a, Matrix b, Matrix y) {
    const auto rows = static_cast<uint32_t>(y.rows), columns = static_cast<uint32_t>(y.cols);
    if (wide(a, 8) && wide(b, 8) && wide(y, 8))
        launch(device, combine_kernel<8, Op, A, B, Y>, grid_for<8>(y), threads, 0, view<const A>(a),
               view<const B>(b), view<Y>(y), rows, columns);
    else
        launch(device, combine_kernel<1, Op, A, B, Y>, grid_for<1>(y), threads, 0, view<const A>(a),
               view<const B>(b), view<Y>(y), rows, columns);
}

template <class T>
__global__ void add_bias_kernel(View<T> y, const float* bias, uint32_t rows, uint32_t columns) {
    const Place at = place<1>(columns);
    if (at.row >= rows) return;
    T* element = y.row(at.row) + at.column;
    *element = narrow<T>(widen(*element) + bias[at.column]);
}

constexpr int rows_summed = 128;  // by one block
constexpr int sum_warps = threads / warp_lanes;

// partial (pieces, columns): the sums of rows_summed rows each. A lane has Width columns, a warp every eighth
// row.
template <int Width, class T>
__global__ void column_sums_kernel(View<const T> x, int64_t rows, int64_t columns, float* partial) {
    struct Shared {
        Values<Width> sums[sum_warps][warp_lanes];
    };
    auto& shared = shared_as<Shared>();
    const int lane = static_cast<int>(threadIdx.x) % warp_lanes,
              warp = static_cast<int>(threadIdx.x) / warp_lanes;
    const int64_t column = (int64_t{blockIdx.x} * warp_lanes + lane) * Width;
    const int64_t first = int64_t{blockIdx.y} * rows_summed;
    const int64_t last = first + rows_summed < rows ? first + rows_summed : rows;
    Values<Width> sums = {};
    if (column < columns)
#pragma unroll 4
        for (int64_t row = first + warp; row < last; row += sum_warps) {
            const Values<Width> values = load<Width>(x.row(row) + column);
            for (int i = 0; i < Width; ++i) sums.v[i] += values.v[i];
        }
    shared.sums[warp][lane] = sums;
    __syncthreads();
    if (warp != 0 || column >= columns) return;
    for (int other = 1; other < sum_warps; ++other)
        for (int i = 0; i < Width; ++i) sums.v[i] += shared.sums[other][lane].v[i];
    store(sums, partial + blockIdx.y * columns + column);
}

__global__ void sum_partial_kernel(const float* partial, int64_t pieces, int64_t columns, float* sums,
                                   bool add) {
    const int64_t column = int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
    if (column >= columns) return;
    float sum = 0;
#pragma unroll 16
    for (int64_t piece = 0; piece < pieces; ++piece) sum += partial[piece * columns + column];
    sums[column] = add ? sums[column] + sum : sum;
}

// A thread an element, its sum in the order of k.
template <class A, class B, class T>
__global__ void plain_product_kernel(View<const A> a, int64_t a_column, View<const B> b, int64_t b_column,
                                     int64_t m, int64_t n, int64_t k, View<T> d, bool add) {
    const int64_t i = int64_t{blockIdx.x} * blockDim.x + threadIdx.x, j = blockIdx.y;
    if (i >= m || j >= n) return;
    float sum = 0;
    for (int64_t l = 0; l < k; ++l) sum += widen(a.row(i)[l * a_column]) * widen(b.row(l)[j * b_column]);
    T* element = d.row(j) + i;
    *element = narrow<T>(add ? widen(*element) + sum : sum);
}

}  // namespace

void convert(Device& device, Matrix x, Matrix y) {
    with_type(x.type, [&](auto from) {
        with_type(y.type, [&](auto to) { map<Same, decltype(from), decltype(to)>(device, x, y); });
    });
}

void gelu(Device& device, Matrix pre, Matrix y) {
    with_type(y.type, [&](auto type) { map<Gelu, decltype(type), decltype(type)>(device, pre, y); });
}

void gelu_backward(Device& device, Matrix dy, Matrix pre, Matrix d_pre) {
    with_type(dy.type, [&](auto type) {
        using T = decltype(type);
        combine<GeluBackward, T, T, T>(device, dy, pre, d_pre);
    });
}

void CudaBackend::cast(Matrix x, Matrix y) {
    const auto scope = device_.begin_operation("casts, silu");
    convert(device_, x, y);
}

void CudaBackend::silu(Matrix x, Matrix y) {
    const auto scope = device_.begin_operation("casts, silu");
    with_type(y.type, [&](auto type) { map<Silu, float, decltype(type)>(device_, x, y); });
}

void CudaBackend::silu_backward(Matrix x, Matrix dy, Matrix dx) {
    const auto scope = device_.begin_operation("casts, silu");
    with_type(dy.type, [&](auto from) {
        with_type(dx.type, [&](auto to) {
            combine<SiluBackward, decltype(from), float, decltype(to)>(device_, dy, x, dx);
        });
    });
}

void add_bias(Device& device, Matrix y, const float* bias) {
    with_type(y.type, [&](auto type) {
        using T = decltype(type);
        launch(device, add_bias_kernel<T>, grid_for<1>(y), threads, 0, view<T>(y), bias,
               static_cast<uint32_t>(y.rows), static_cast<uint32_t>(y.cols));
    });
}

void column_sums(Device& device, Matrix dy, float* sums, bool add) {
    constexpr unsigned across = 64;  // few columns, that many SMs have some
    const auto sum_up = [&](const float* partial, int64_t pieces) {
        launch(device, sum_partial_kernel, blocks_for(dy.cols, across), across, 0, partial, pieces, dy.cols,
               sums, add);
    };
    if (dy.rows == 1 && dy.type == DType::f32) return sum_up(dy.f32(), 1);
    const unsigned pieces = blocks_for(dy.rows, rows_summed);
    float* partial = device.scratch<float>(pieces * dy.cols);
    with_type(dy.type, [&](auto type) {
        using T = decltype(type);
        const auto sum = [&](auto width, auto kernel) {
            launch(device, kernel, dim3(blocks_for(dy.cols, width * warp_lanes), pieces), threads,
                   threads * width * sizeof(float), view<const T>(dy), dy.rows, dy.cols, partial);
        };
        if (wide(dy, 8))
            sum(8, column_sums_kernel<8, T>);
        else
            sum(1, column_sums_kernel<1, T>);
    });
    sum_up(partial, pieces);
}

void plain_product(Device& device, PlainOperand a, PlainOperand b, int64_t m, int64_t n, int64_t k, void* d,
                   DType d_type, int64_t d_stride, bool add) {
    assert(a.type == b.type);
    constexpr int64_t most_rows = 65535;  // of a grid
    with_type(a.type, [&](auto in) {
        with_type(d_type, [&](auto out) {
            using In = decltype(in);
            using Out = decltype(out);
            for (int64_t first = 0; first < n; first += most_rows) {
                const int64_t count = n - first < most_rows ? n - first : most_rows;
                const View<const In> left{static_cast<const In*>(a.data), a.row_step};
                const View<const In> right{static_cast<const In*>(b.data) + first * b.column_step,
                                           b.row_step};
                const View<Out> result{static_cast<Out*>(d) + first * d_stride, d_stride};
                launch(device, plain_product_kernel<In, In, Out>,
                       dim3(blocks_for(m, threads), static_cast<unsigned>(count)), threads, 0, left,
                       a.column_step, right, b.column_step, m, count, k, result, add);
            }
        });
    });
}

}  // namespace osu::cuda
