#include "ops/loss_terms.h"
#include "support/reference_backend.h"

namespace osu::test {

void reference_loss(const LossBatch& l, Matrix d_out, float* terms) {
    const auto at = [](const Matrix& m, int64_t row, int64_t column) -> float& {
        return m.f32()[row * m.stride + column];
    };
    for (int64_t b = 0; b < l.batch; ++b) {
        const LossRow& row = l.rows[b];
        double error = 0, bound = 0;
        for (int64_t axis = 0; axis < 2; ++axis)
            for (int64_t t = 0; t < l.tokens; ++t) {
                const int64_t n = b * l.tokens + t, in = (2 * b + axis) * l.tokens + t;
                LossElement e{};
                if (t < row.valid)
                    e = loss_element(row, l.l1, l.x0[in], l.x_t[in], l.noise[in], at(l.out, n, axis),
                                     at(l.out, n, 2 + axis));
                error += e.error;
                bound += e.bound;
                if (!d_out) continue;
                at(d_out, n, axis) = static_cast<float>(row.gradient_weight * e.by_epsilon);
                at(d_out, n, 2 + axis) = static_cast<float>(row.gradient_weight * e.by_value);
            }
        terms[2 * b] = static_cast<float>(error * row.mean_weight);
        terms[2 * b + 1] = static_cast<float>(bound * row.mean_weight);
    }
}

}  // namespace osu::test
