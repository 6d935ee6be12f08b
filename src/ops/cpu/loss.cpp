// The training loss and its gradient (ops/loss_terms.h): a thread a row of the batch, in float64.
#include "base/parallel.h"
#include "base/profile.h"
#include "ops/cpu/backend.h"
#include "ops/loss_terms.h"

namespace osu::cpu {

namespace {

void put(const Matrix& matrix, int64_t row, int64_t column, double value) {
    const int64_t at = row * matrix.stride + column;
    if (matrix.type == DType::bf16)
        matrix.bf16()[at] = to_bfloat16(static_cast<float>(value));
    else
        matrix.f32()[at] = static_cast<float>(value);
}

}  // namespace

void CpuBackend::diffusion_loss(const LossBatch& l, Matrix d_out, float* terms) {
    const ProfileScope scope("loss");
    parallel_for(l.batch, [&](int64_t b) {
        const LossRow& row = l.rows[b];
        double error = 0, bound = 0;
        for (int64_t t = 0; t < l.tokens; ++t) {
            const int64_t n = b * l.tokens + t;
            for (int64_t axis = 0; axis < 2; ++axis) {
                const int64_t in = (2 * b + axis) * l.tokens + t;
                LossElement element{};
                if (t < row.valid)
                    element = loss_element(row, l.l1, l.x0[in], l.x_t[in], l.noise[in],
                                           l.out.f32()[n * l.out.stride + axis],
                                           l.out.f32()[n * l.out.stride + 2 + axis]);
                error += element.error;
                bound += element.bound;
                if (!d_out) continue;
                put(d_out, n, axis, row.gradient_weight * element.by_epsilon);
                put(d_out, n, 2 + axis, row.gradient_weight * element.by_value);
            }
        }
        terms[2 * b] = static_cast<float>(error * row.mean_weight);
        terms[2 * b + 1] = static_cast<float>(bound * row.mean_weight);
    });
}

}  // namespace osu::cpu
