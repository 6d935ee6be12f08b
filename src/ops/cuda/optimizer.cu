// AdamW with the moving average in one pass, and the norm of the gradients.
#include <cmath>

#include "ops/cuda/kernels.h"
#include "ops/cuda/language.cuh"

namespace osu::cuda {

namespace {

constexpr int threads = 256;

struct Scalars {
    float beta1, rest1, beta2, rest2;  // rest: 1 − β
    float keep;                        // 1 − learning rate · weight decay
    float rate;                        // learning rate / (1 − β1^step)
    float denominator;                 // 1 / √(1 − β2^step)
    float epsilon, decay, fresh, scale;
};

Scalars scalars_of(const AdamWStep& step) {
    const double correction1 = 1 - std::pow(double{step.beta1}, static_cast<double>(step.step));
    const double correction2 = 1 - std::pow(double{step.beta2}, static_cast<double>(step.step));
    const auto rest = [](float value) { return static_cast<float>(1 - double{value}); };
    return {step.beta1,
            rest(step.beta1),
            step.beta2,
            rest(step.beta2),
            static_cast<float>(1 - double{step.learning_rate} * step.weight_decay),
            static_cast<float>(step.learning_rate / correction1),
            static_cast<float>(1 / std::sqrt(correction2)),
            step.epsilon,
            step.ema_decay,
            rest(step.ema_decay),
            step.gradient_scale};
}

__global__ void adamw_kernel(float* parameter, const float* gradient, float* exp_avg, float* exp_avg_sq,
                             float* ema, int64_t n, Scalars s) {
    const int64_t i = int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
    if (i >= n) return;
    const float g = gradient[i] * s.scale;
    const float m = exp_avg[i] * s.beta1 + g * s.rest1;
    const float v = exp_avg_sq[i] * s.beta2 + g * g * s.rest2;
    const float p = parameter[i] * s.keep - m * s.rate / (sqrtf(v) * s.denominator + s.epsilon);
    exp_avg[i] = m;
    exp_avg_sq[i] = v;
    parameter[i] = p;
    ema[i] = ema[i] * s.decay + p * s.fresh;
}

constexpr int64_t norm_blocks = 1024;

struct NormShared {
    double sums[threads / warp_lanes];
};

// Σ over the block; the first thread has it.
__device__ double block_sum(double value) {
    NormShared& shared = shared_as<NormShared>();
    value = warp_sum(value);
    if (threadIdx.x % warp_lanes == 0) shared.sums[threadIdx.x / warp_lanes] = value;
    __syncthreads();
    double sum = 0;
    if (threadIdx.x == 0)
        for (double part : shared.sums) sum += part;
    return sum;
}

__global__ void squares_kernel(const float* values, int64_t n, double* partial) {
    double sum = 0;
    const int64_t step = int64_t{gridDim.x} * threads;
    for (int64_t i = int64_t{blockIdx.x} * threads + threadIdx.x; i < n; i += step)
        sum += static_cast<double>(values[i]) * static_cast<double>(values[i]);
    sum = block_sum(sum);
    if (threadIdx.x == 0) partial[blockIdx.x] = sum;
}

__global__ void sum_kernel(const double* partial, int64_t count, double* total) {
    double sum = 0;
    for (int64_t i = threadIdx.x; i < count; i += threads) sum += partial[i];
    sum = block_sum(sum);
    if (threadIdx.x == 0) *total = sum;
}

}  // namespace

void adamw(Device& device, float* parameter, const float* gradient, float* exp_avg, float* exp_avg_sq,
           float* ema, size_t n, const AdamWStep& step) {
    const auto count = static_cast<int64_t>(n);
    launch(device, adamw_kernel, blocks_for(count, threads), threads, 0, parameter, gradient, exp_avg,
           exp_avg_sq, ema, count, scalars_of(step));
}

double squared_norm(Device& device, const float* values, size_t n) {
    const auto count = static_cast<int64_t>(n);
    const int64_t blocks = std::min<int64_t>(norm_blocks, blocks_for(count, threads));
    double* partial = device.scratch<double>(blocks);
    double* total = device.scratch<double>(1);
    launch(device, squares_kernel, static_cast<unsigned>(blocks), threads, sizeof(NormShared), values, count,
           partial);
    launch(device, sum_kernel, 1, threads, sizeof(NormShared), partial, blocks, total);
    double result = 0;
    device.download(&result, total, sizeof(result));
    return result;
}

}  // namespace osu::cuda
