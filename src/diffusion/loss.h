// The training objective: |ε − ε̂| or its square, plus the variational bound in bits that trains the variance
// alone.
#pragma once

#include <cstdint>
#include <span>

#include "diffusion/schedule.h"

namespace osu {

// x_t = √ᾱ_t·x₀ + √(1 − ᾱ_t)·ε for each row. x0, noise, x_t (B, 2, T); timestep (B).
void add_noise(const Diffusion& diffusion, std::span<const float> x0, std::span<const float> noise,
               std::span<const int> timestep, std::span<float> x_t);

struct LossInput {
    std::span<const float> x0, x_t, noise;  // (B, 2, T)
    std::span<const float> out;             // (B, 4, T) of the network
    std::span<const int> timestep;          // (B)
    std::span<const int32_t> lengths;  // (B) valid tokens, or empty: all; means run over valid tokens alone
    int64_t batch = 0, tokens = 0;
    bool l1 = true;
};

struct LossTerms {
    std::span<float> error, bound;  // (B) each: mean |ε − ε̂| (or square), and the bound in bits
};

// Returns the mean over the batch of error + bound. d_out (B, 4, T), the gradient of that mean times `scale`,
// is written when not empty. In the bound ε̂ counts as a constant.
double diffusion_loss(const Diffusion& diffusion, const LossInput& input, const LossTerms& terms, float scale,
                      std::span<float> d_out);

}  // namespace osu
