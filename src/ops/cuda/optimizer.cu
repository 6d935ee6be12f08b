// AdamW with the moving average in one pass, and sums of many values.
#include <algorithm>

#include "ops/cuda/backend.h"
#include "ops/cuda/language.cuh"

namespace osu::cuda {

namespace {

constexpr int threads = 256;
constexpr int64_t most_blocks =
    4096;  // several for every multiprocessor: then threads take more than one turn

template <int Width>
__device__ void adamw_at(const AdamWArenas& a, int64_t at, const AdamWFactors& f, float scale) {
    Values<Width> parameter = load<Width>(a.parameter + at), m = load<Width>(a.exp_avg + at),
                  v = load<Width>(a.exp_avg_sq + at), ema = load<Width>(a.ema + at);
    const Values<Width> gradient = load<Width>(a.gradient + at);
#pragma unroll
    for (int i = 0; i < Width; ++i) {
        const float g = gradient.v[i] * scale;
        m.v[i] = m.v[i] * f.beta1 + g * f.rest1;
        v.v[i] = v.v[i] * f.beta2 + g * g * f.rest2;
        parameter.v[i] =
            parameter.v[i] * f.keep - m.v[i] * f.rate / (sqrtf(v.v[i]) * f.denominator + f.epsilon);
        ema.v[i] = ema.v[i] * f.decay + parameter.v[i] * f.fresh;
    }
    store(m, a.exp_avg + at);
    store(v, a.exp_avg_sq + at);
    store(parameter, a.parameter + at);
    if (a.rounded) store(parameter, a.rounded + at);
    store(ema, a.ema + at);
}

template <int Width>
__global__ void adamw_kernel(AdamWArenas a, const AdamWFactors* factors, const StepTotals* totals) {
    if (!is_finite(*totals)) return;
    const AdamWFactors f = *factors;
    const float scale = gradient_scale(f, *totals);
    const int64_t n = static_cast<int64_t>(a.count);
    const int64_t step = int64_t{gridDim.x} * threads, whole = n / Width;
    const int64_t first = int64_t{blockIdx.x} * threads + threadIdx.x;
    for (int64_t i = first; i < whole; i += step) adamw_at<Width>(a, i * Width, f, scale);
    if (first < n - whole * Width) adamw_at<1>(a, whole * Width + first, f, scale);
}

constexpr int64_t sum_blocks = 1024;

struct SumShared {
    double sums[threads / warp_lanes];
};

// Σ over the block; the first thread has it.
__device__ double block_sum(double value) {
    SumShared& shared = shared_as<SumShared>();
    value = warp_sum(value);
    if (threadIdx.x % warp_lanes == 0) shared.sums[threadIdx.x / warp_lanes] = value;
    __syncthreads();
    double sum = 0;
    if (threadIdx.x == 0)
        for (double part : shared.sums) sum += part;
    return sum;
}

template <bool Squares>
__device__ double addend(float value) {
    return static_cast<double>(value) * (Squares ? static_cast<double>(value) : 1);
}

template <int Width, bool Squares>
__global__ void partial_sums_kernel(const float* values, int64_t n, double* partial) {
    double sum = 0;
    const int64_t step = int64_t{gridDim.x} * threads, whole = n / Width;
    const int64_t first = int64_t{blockIdx.x} * threads + threadIdx.x;
    for (int64_t i = first; i < whole; i += step)
        for (float value : load<Width>(values + i * Width).v) sum += addend<Squares>(value);
    if (first < n - whole * Width) sum += addend<Squares>(values[whole * Width + first]);
    sum = block_sum(sum);
    if (threadIdx.x == 0) partial[blockIdx.x] = sum;
}

__global__ void total_kernel(const double* partial, int64_t count, double* total) {
    double sum = 0;
    for (int64_t i = threadIdx.x; i < count; i += threads) sum += partial[i];
    sum = block_sum(sum);
    if (threadIdx.x == 0) *total = sum;
}

bool aligned(std::initializer_list<const float*> addresses) {
    for (const float* address : addresses)
        if (reinterpret_cast<uintptr_t>(address) % sizeof(float4) != 0) return false;
    return true;
}

template <bool Squares>
void sum_of(Device& device, const float* values, size_t n, double* result) {
    const auto count = static_cast<int64_t>(n);
    const int64_t blocks = std::min<int64_t>(sum_blocks, blocks_for(std::max<int64_t>(count, 1), threads));
    double* partial = device.scratch<double>(blocks);
    const auto kernel = aligned({values}) ? partial_sums_kernel<4, Squares> : partial_sums_kernel<1, Squares>;
    launch(device, kernel, static_cast<unsigned>(blocks), threads, sizeof(SumShared), values, count, partial);
    launch(device, total_kernel, 1, threads, sizeof(SumShared), partial, blocks, result);
}

}  // namespace

void CudaBackend::adamw(const AdamWArenas& a, const AdamWFactors* factors, const StepTotals* totals) {
    const auto scope = device_.begin_operation("adamw + ema");
    if (a.count == 0) return;
    const bool wide = aligned({a.parameter, a.gradient, a.exp_avg, a.exp_avg_sq, a.ema}) &&
                      reinterpret_cast<uintptr_t>(a.rounded) % sizeof(uint2) == 0;
    const int64_t blocks = std::min<int64_t>(
        most_blocks, blocks_for(static_cast<int64_t>(a.count), wide ? 4 * threads : threads));
    launch(device_, wide ? adamw_kernel<4> : adamw_kernel<1>, static_cast<unsigned>(blocks), threads, 0, a,
           factors, totals);
}

void CudaBackend::sum(const float* values, size_t n, double* result) {
    device_.begin_operation();
    sum_of<false>(device_, values, n, result);
}

void CudaBackend::squared_norm(const float* values, size_t n, double* result) {
    const auto scope = device_.begin_operation("gradient norm");
    sum_of<true>(device_, values, n, result);
}

}  // namespace osu::cuda
