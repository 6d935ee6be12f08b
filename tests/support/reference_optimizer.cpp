#include <cmath>

#include "support/reference_backend.h"

namespace osu::test {

void reference_adamw(const AdamWArenas& arenas, const AdamWFactors& f, const StepTotals& totals) {
    const auto& [parameter, gradient, exp_avg, exp_avg_sq, ema, n, rounded] = arenas;
    if (!std::isfinite(totals.loss) || !std::isfinite(totals.squared_norm)) return;
    const double norm = std::sqrt(totals.squared_norm);
    const double scale = f.clip > 0 && norm > f.clip ? f.clip / norm : 1;
    for (size_t i = 0; i < n; ++i) {
        const double g = gradient[i] * scale;
        const double m = f.beta1 * double{exp_avg[i]} + f.rest1 * g;
        const double v = f.beta2 * double{exp_avg_sq[i]} + f.rest2 * g * g;
        exp_avg[i] = static_cast<float>(m);
        exp_avg_sq[i] = static_cast<float>(v);
        parameter[i] = static_cast<float>(double{parameter[i]} * f.keep -
                                          m * f.rate / (std::sqrt(v) * f.denominator + f.epsilon));
        if (rounded) rounded[i] = to_bfloat16(parameter[i]);
        ema[i] = static_cast<float>(f.decay * double{ema[i]} + f.fresh * double{parameter[i]});
    }
}

}  // namespace osu::test
