// The training loss and its gradient: a block a row, in float64.
#include "ops/cuda/backend.h"
#include "ops/cuda/language.cuh"
#include "ops/loss_terms.h"

namespace osu::cuda {

namespace {

constexpr int threads = 128;

struct LossShared {
    double sums[2][threads / warp_lanes];
};

struct LossArguments {
    const LossRow* rows;
    int64_t batch, tokens, l1;
    const float *x0, *x_t, *noise;
    View<const float> out;
    float* terms;
};

template <class T>
__global__ void loss_kernel(LossArguments a, View<T> d_out) {
    LossShared& shared = shared_as<LossShared>();
    const int64_t b = blockIdx.x;
    const LossRow row = a.rows[b];
    double sums[2] = {0, 0};
    for (int64_t i = threadIdx.x; i < 2 * a.tokens; i += threads) {
        const int64_t axis = i / a.tokens, t = i % a.tokens, n = b * a.tokens + t;
        const int64_t in = 2 * b * a.tokens + i;
        LossElement element{};
        if (t < row.valid)
            element = loss_element(row, a.l1 != 0, a.x0[in], a.x_t[in], a.noise[in], a.out.row(n)[axis],
                                   a.out.row(n)[2 + axis]);
        sums[0] += element.error;
        sums[1] += element.bound;
        if (!d_out.data) continue;
        d_out.row(n)[axis] = narrow<T>(static_cast<float>(row.gradient_weight * element.by_epsilon));
        d_out.row(n)[2 + axis] = narrow<T>(static_cast<float>(row.gradient_weight * element.by_value));
    }
    for (int i = 0; i < 2; ++i) {
        sums[i] = warp_sum(sums[i]);
        if (threadIdx.x % warp_lanes == 0) shared.sums[i][threadIdx.x / warp_lanes] = sums[i];
    }
    __syncthreads();
    if (threadIdx.x >= 2) return;
    double sum = 0;
    for (double part : shared.sums[threadIdx.x]) sum += part;
    a.terms[2 * b + threadIdx.x] = static_cast<float>(sum * row.mean_weight);
}

}  // namespace

void CudaBackend::diffusion_loss(const LossBatch& l, Matrix d_out, float* terms) {
    const auto scope = device_.begin_operation("loss");
    const LossArguments arguments{
        l.rows, l.batch, l.tokens, l.l1, l.x0, l.x_t, l.noise, view<const float>(l.out), terms};
    with_type(d_out ? d_out.type : DType::f32, [&](auto type) {
        using T = decltype(type);
        launch(device_, loss_kernel<T>, static_cast<unsigned>(l.batch), threads, sizeof(LossShared),
               arguments, view<T>(d_out));
    });
}

}  // namespace osu::cuda
