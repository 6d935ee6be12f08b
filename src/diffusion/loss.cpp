#include "diffusion/loss.h"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "base/parallel.h"

namespace osu {

void add_noise(const Diffusion& diffusion, std::span<const float> x0, std::span<const float> noise,
               std::span<const int> timestep, std::span<float> x_t) {
    assert(x0.size() == noise.size() && x0.size() == x_t.size());
    if (timestep.empty()) return;
    const size_t row = x0.size() / timestep.size();
    parallel_for(static_cast<int64_t>(timestep.size()), [&](int64_t b) {
        const double alpha = diffusion.alpha_cumprod[timestep[b]];
        const float signal = static_cast<float>(std::sqrt(alpha));
        const float spread = static_cast<float>(std::sqrt(1 - alpha));
        for (size_t i = b * row; i < (b + 1) * row; ++i) x_t[i] = signal * x0[i] + spread * noise[i];
    });
}

std::vector<LossRow> loss_rows(const Diffusion& diffusion, std::span<const int> timestep,
                               std::span<const int32_t> lengths, int64_t tokens, double gradient_scale) {
    std::vector<LossRow> rows;
    for (size_t b = 0; b < timestep.size(); ++b) {
        const auto index = static_cast<size_t>(timestep[b]);
        LossRow& row = rows.emplace_back();
        row.coef1 = diffusion.posterior_mean_coef1[index];
        row.coef2 = diffusion.posterior_mean_coef2[index];
        row.recip = std::sqrt(1 / diffusion.alpha_cumprod[index]);
        row.recip_minus_one = std::sqrt(1 / diffusion.alpha_cumprod[index] - 1);
        row.log_least = diffusion.posterior_log_variance_clipped[index];
        row.log_most = std::log(diffusion.beta[index]);
        row.first = index == 0;
        row.valid = lengths.empty() ? tokens : std::min<int64_t>(lengths[b], tokens);
        row.mean_weight = row.valid > 0 ? 1.0 / static_cast<double>(2 * row.valid) : 0;
        row.gradient_weight = row.mean_weight * gradient_scale;
    }
    return rows;
}

}  // namespace osu
