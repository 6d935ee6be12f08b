// The inputs of the network: sinusoidal features, one-hot types, and the label table.
#include "ops/cuda/backend.h"
#include "ops/cuda/language.cuh"

namespace osu::cuda {

namespace {

constexpr int threads = 128;

// Angles reach 10⁵ and more: their sine in float64.
template <class T>
__global__ void features_kernel(const float* values, float scale, const float* frequencies, int64_t half,
                                View<T> out) {
    const int64_t k = int64_t{blockIdx.y} * blockDim.x + threadIdx.x, n = blockIdx.x;
    if (k >= half) return;
    const float value = values[n] * scale;
    const float angle = value * frequencies[k];
    out.row(n)[k] = narrow<T>(static_cast<float>(cos(static_cast<double>(angle))));
    out.row(n)[half + k] = narrow<T>(static_cast<float>(sin(static_cast<double>(angle))));
}

template <class T>
__global__ void one_hot_kernel(const uint8_t* index, int64_t rows, int64_t columns, View<T> out) {
    const int64_t at = int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
    const int64_t n = at / columns, k = at % columns;
    if (n < rows) out.row(n)[k] = narrow<T>(index[n] == k ? 1.0f : 0.0f);
}

__global__ void lookup_add_kernel(const float* table, const int32_t* index, int64_t columns,
                                  View<float> out) {
    const int64_t j = int64_t{blockIdx.y} * blockDim.x + threadIdx.x, n = blockIdx.x;
    if (j < columns) out.row(n)[j] += table[index[n] * columns + j];
}

// The first row of those with one index adds them all, in their order.
__global__ void lookup_backward_kernel(View<const float> dy, const int32_t* index, int64_t rows,
                                       int64_t columns, float* table) {
    const int64_t j = int64_t{blockIdx.y} * blockDim.x + threadIdx.x, n = blockIdx.x;
    if (j >= columns) return;
    for (int64_t before = 0; before < n; ++before)
        if (index[before] == index[n]) return;
    float sum = table[index[n] * columns + j];
    for (int64_t m = n; m < rows; ++m)
        if (index[m] == index[n]) sum += dy.row(m)[j];
    table[index[n] * columns + j] = sum;
}

__global__ void gather_rows_kernel(const float* table, const int32_t* index, int64_t columns,
                                   View<float> rows) {
    const int64_t j = int64_t{blockIdx.y} * blockDim.x + threadIdx.x, n = blockIdx.x;
    if (j < columns) rows.row(n)[j] = index[n] < 0 ? 0 : table[index[n] * columns + j];
}

__global__ void scatter_rows_kernel(View<const float> rows, const int32_t* index, int64_t columns,
                                    float* table) {
    const int64_t j = int64_t{blockIdx.y} * blockDim.x + threadIdx.x, n = blockIdx.x;
    if (j < columns && index[n] >= 0) table[index[n] * columns + j] = rows.row(n)[j];
}

// A block for 128 columns of a row.
dim3 grid_of(const Matrix& rows) {
    return {static_cast<unsigned>(rows.rows), blocks_for(rows.cols, threads)};
}

}  // namespace

void CudaBackend::sinusoidal_features(std::span<const float> values, float scale, Matrix out) {
    const auto scope = device_.begin_operation("features");
    const int64_t half = out.cols / 2;
    const float* frequencies = device_.frequencies(half);
    with_type(out.type, [&](auto type) {
        using T = decltype(type);
        launch(device_, features_kernel<T>, dim3(static_cast<unsigned>(out.rows), blocks_for(half, threads)),
               threads, 0, values.data(), scale, frequencies, half, view<T>(out));
    });
}

void CudaBackend::one_hot(std::span<const uint8_t> index, Matrix out) {
    with_type(out.type, [&](auto type) {
        using T = decltype(type);
        launch(device_, one_hot_kernel<T>, blocks_for(out.rows * out.cols, threads), threads, 0, index.data(),
               out.rows, out.cols, view<T>(out));
    });
}

void CudaBackend::lookup_add(const float* table, std::span<const int32_t> index, Matrix out) {
    const auto scope = device_.begin_operation("label table");
    launch(device_, lookup_add_kernel, grid_of(out), threads, 0, table, index.data(), out.cols,
           view<float>(out));
}

void CudaBackend::lookup_backward(Matrix dy, std::span<const int32_t> index, float* d_table) {
    const auto scope = device_.begin_operation("label table");
    launch(device_, lookup_backward_kernel, grid_of(dy), threads, 0, view<const float>(dy), index.data(),
           dy.rows, dy.cols, d_table);
}

void CudaBackend::gather_rows(const float* table, std::span<const int32_t> index, Matrix rows) {
    const auto scope = device_.begin_operation("label table");
    launch(device_, gather_rows_kernel, grid_of(rows), threads, 0, table, index.data(), rows.cols,
           view<float>(rows));
}

void CudaBackend::scatter_rows(Matrix rows, std::span<const int32_t> index, float* table) {
    const auto scope = device_.begin_operation("label table");
    launch(device_, scatter_rows_kernel, grid_of(rows), threads, 0, view<const float>(rows), index.data(),
           rows.cols, table);
}

}  // namespace osu::cuda
