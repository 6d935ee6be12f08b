#include "diffusion/loss.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numbers>
#include <vector>

#include "base/parallel.h"

namespace osu {

namespace {

// A value and its derivative by the log of the standard deviation.
struct Term {
    double value, slope;
};

// Φ(z), as the reference approximates it, and its derivative by z.
Term normal_cdf(double z) {
    const double factor = std::sqrt(2 / std::numbers::pi);
    const double tangent = std::tanh(factor * (z + 0.044715 * z * z * z));
    return {0.5 * (1 + tangent), 0.5 * (1 - tangent * tangent) * factor * (1 + 3 * 0.044715 * z * z)};
}

// −log of the probability of the bin ±1/255 around a value that lies `centred` from the mean; the bins beyond
// ±0.999 reach to infinity. As the reference has it, probabilities below 1e-12 count as that.
Term bin_nll(double x0, double centred, double log_sigma) {
    const double inverse = std::exp(-log_sigma);
    const double above = inverse * (centred + 1.0 / 255), below = inverse * (centred - 1.0 / 255);
    const Term upper = normal_cdf(above), lower = normal_cdf(below);
    const double upper_slope = -above * upper.slope, lower_slope = -below * lower.slope;  // by log σ
    Term probability{upper.value - lower.value, upper_slope - lower_slope};
    if (x0 < -0.999) probability = {upper.value, upper_slope};
    if (x0 > 0.999) probability = {1 - lower.value, -lower_slope};
    constexpr double least = 1e-12;
    if (probability.value < least) return {-std::log(least), 0};
    return {-std::log(probability.value), -probability.slope / probability.value};
}

// KL of two normal distributions whose means differ by `difference`, and its derivative by log σ of the
// second.
Term normal_kl(double difference, double log_variance1, double log_variance2) {
    const double ratio = std::exp(log_variance1 - log_variance2);
    const double distance = difference * difference * std::exp(-log_variance2);
    return {0.5 * (-1 + log_variance2 - log_variance1 + ratio + distance), 1 - ratio - distance};
}

// What one timestep contributes to each element of a row.
struct Step {
    Step(const Diffusion& diffusion, size_t index)
        : first(index == 0),
          coef1(diffusion.posterior_mean_coef1[index]),
          coef2(diffusion.posterior_mean_coef2[index]),
          recip(std::sqrt(1 / diffusion.alpha_cumprod[index])),
          recip_minus_one(std::sqrt(1 / diffusion.alpha_cumprod[index] - 1)),
          log_least(diffusion.posterior_log_variance_clipped[index]),
          log_most(std::log(diffusion.beta[index])) {}

    // The bound in bits, and its derivative by the network's variance value v.
    Term bound(double x0, double x_t, double epsilon, double v) const {
        const double fraction = (v + 1) / 2;
        const double log_variance = fraction * log_most + (1 - fraction) * log_least;
        const double predicted = recip * x_t - recip_minus_one * epsilon;
        const Term term = first ? bin_nll(x0, x0 - coef1 * predicted - coef2 * x_t, 0.5 * log_variance)
                                : normal_kl(coef1 * (x0 - predicted), log_least, log_variance);
        const double by_v = (log_most - log_least) / 4;  // d log σ / d v
        return {term.value / std::numbers::ln2, term.slope * by_v / std::numbers::ln2};
    }

    bool first;
    double coef1, coef2, recip, recip_minus_one, log_least, log_most;
};

}  // namespace

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

double diffusion_loss(const Diffusion& diffusion, const LossInput& input, const LossTerms& terms, float scale,
                      std::span<float> d_out) {
    const int64_t batch = input.batch, tokens = input.tokens;
    assert(static_cast<int64_t>(input.out.size()) == batch * 4 * tokens);
    assert(input.x0.size() * 2 == input.out.size() && input.x_t.size() == input.x0.size());
    assert(input.noise.size() == input.x0.size() && static_cast<int64_t>(input.timestep.size()) == batch);
    assert(d_out.empty() || d_out.size() == input.out.size());
    const auto row = [&](int64_t b) {
        const Step step(diffusion, input.timestep[b]);
        const int64_t valid = input.lengths.empty() ? tokens : std::min<int64_t>(input.lengths[b], tokens);
        const double weight =
            valid > 0 ? 1.0 / static_cast<double>(2 * valid) : 0;  // of one element in the row's mean
        const double gradient = weight * scale / static_cast<double>(batch);
        double error = 0, bound = 0;
        for (int64_t channel = 0; channel < 2; ++channel) {
            const int64_t in = (b * 2 + channel) * tokens, out = (b * 4 + channel) * tokens,
                          out_v = out + 2 * tokens;
            for (int64_t t = 0; t < valid; ++t) {
                const double miss = double{input.out[out + t]} - input.noise[in + t];
                error += input.l1 ? std::abs(miss) : miss * miss;
                const Term term =
                    step.bound(input.x0[in + t], input.x_t[in + t], input.out[out + t], input.out[out_v + t]);
                bound += term.value;
                if (d_out.empty()) continue;
                const double by_epsilon = input.l1 ? (miss > 0) - (miss < 0) : 2 * miss;
                d_out[out + t] = static_cast<float>(gradient * by_epsilon);
                d_out[out_v + t] = static_cast<float>(gradient * term.slope);
            }
            if (d_out.empty()) continue;
            std::fill_n(&d_out[out] + valid, tokens - valid, 0.0f);
            std::fill_n(&d_out[out_v] + valid, tokens - valid, 0.0f);
        }
        terms.error[b] = static_cast<float>(error * weight);
        terms.bound[b] = static_cast<float>(bound * weight);
        return (error + bound) * weight;
    };
    std::vector<double> losses(batch);
    parallel_for(batch, [&](int64_t b) { losses[b] = row(b); });
    double sum = 0;  // in order: the same for any number of threads
    for (double loss : losses) sum += loss;
    return batch > 0 ? sum / static_cast<double>(batch) : 0;
}

}  // namespace osu
