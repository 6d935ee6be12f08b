// The training loss of one element: |ε − ε̂| or its square, plus the variational bound in bits, in which ε̂
// counts as a constant. The same for every backend, so written once, for CPUs and GPUs.
#pragma once

#include <cmath>

#include "ops/anywhere.h"
#include "ops/backend.h"

namespace osu {

// A value and its derivative by the log of the standard deviation.
struct LossTerm {
    double value, slope;
};

// Φ(z), as the reference approximates it, and its derivative by z.
OSU_ANYWHERE inline LossTerm normal_cdf(double z) {
    constexpr double factor = 0.7978845608028654;  // √(2/π)
    const double tangent = tanh(factor * (z + 0.044715 * z * z * z));
    return {0.5 * (1 + tangent), 0.5 * (1 - tangent * tangent) * factor * (1 + 3 * 0.044715 * z * z)};
}

// −log of the probability of the bin ±1/255 around a value that lies `centred` from the mean; the bins beyond
// ±0.999 reach to infinity. As the reference has it, probabilities below 1e-12 count as that.
OSU_ANYWHERE inline LossTerm bin_nll(double x0, double centred, double log_sigma) {
    const double inverse = exp(-log_sigma);
    const double above = inverse * (centred + 1.0 / 255), below = inverse * (centred - 1.0 / 255);
    const LossTerm upper = normal_cdf(above), lower = normal_cdf(below);
    const double upper_slope = -above * upper.slope, lower_slope = -below * lower.slope;  // by log σ
    LossTerm probability{upper.value - lower.value, upper_slope - lower_slope};
    if (x0 < -0.999) probability = {upper.value, upper_slope};
    if (x0 > 0.999) probability = {1 - lower.value, -lower_slope};
    constexpr double least = 1e-12;
    if (probability.value < least) return {-log(least), 0};
    return {-log(probability.value), -probability.slope / probability.value};
}

// KL of two normal distributions whose means differ by `difference`, and its derivative by log σ of the
// second.
OSU_ANYWHERE inline LossTerm normal_kl(double difference, double log_variance1, double log_variance2) {
    const double ratio = exp(log_variance1 - log_variance2);
    const double distance = difference * difference * exp(-log_variance2);
    return {0.5 * (-1 + log_variance2 - log_variance1 + ratio + distance), 1 - ratio - distance};
}

struct LossElement {
    double error, bound;          // the bound in bits
    double by_epsilon, by_value;  // the error's slope by ε̂, the bound's by v
};

OSU_ANYWHERE inline LossElement loss_element(const LossRow& row, bool l1, double x0, double x_t, double noise,
                                             double epsilon, double v) {
    constexpr double ln_2 = 0.6931471805599453;
    const double miss = epsilon - noise, fraction = (v + 1) / 2;
    const double log_variance = fraction * row.log_most + (1 - fraction) * row.log_least;
    const double predicted = row.recip * x_t - row.recip_minus_one * epsilon;
    const LossTerm term = row.first
                              ? bin_nll(x0, x0 - row.coef1 * predicted - row.coef2 * x_t, 0.5 * log_variance)
                              : normal_kl(row.coef1 * (x0 - predicted), row.log_least, log_variance);
    const double by_v = (row.log_most - row.log_least) / 4;  // d log σ / d v
    return {l1 ? fabs(miss) : miss * miss, term.value / ln_2, l1 ? double((miss > 0) - (miss < 0)) : 2 * miss,
            term.slope * by_v / ln_2};
}

}  // namespace osu
