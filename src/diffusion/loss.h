// The training objective: |ε − ε̂| or its square, plus the variational bound in bits that trains the variance
// alone.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "diffusion/schedule.h"
#include "ops/backend.h"

namespace osu {

// x_t = √ᾱ_t·x₀ + √(1 − ᾱ_t)·ε for each row. x0, noise, x_t (B, 2, T); timestep (B).
void add_noise(const Diffusion& diffusion, std::span<const float> x0, std::span<const float> noise,
               std::span<const int> timestep, std::span<float> x_t);

// What Backend::diffusion_loss takes of each row. timestep, lengths (B); lengths empty: all `tokens` are
// valid. `gradient_scale` of 1 / B makes the gradient that of the mean over B rows.
std::vector<LossRow> loss_rows(const Diffusion& diffusion, std::span<const int> timestep,
                               std::span<const int32_t> lengths, int64_t tokens, double gradient_scale);

}  // namespace osu
