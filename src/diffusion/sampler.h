// Samplers: short loops over a denoiser.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "diffusion/schedule.h"

namespace osu {

// The network as a sampler sees it: x (rows, 2, T) → out (rows, 4, T): ε̂ in channels 0–1, v in 2–3. Guidance
// is the denoiser's business. `step` is the index of the kept step.
using Denoiser = std::function<void(std::span<const float> x, size_t step, std::span<float> out)>;

enum class SamplerKind { ddpm, ddim, dpmpp };

SamplerKind sampler_kind(std::string_view name);  // ddpm, ddim, dpm++; Error with the list for another name

// Positions that are known and must stay (in-painting): where mask is 1, the prediction of x₀ is replaced by
// `value` at every step, so the sample has the step's noise level there on the way and is `value` at the end.
struct Known {
    std::span<const float> mask;   // (2, T), 0 or 1; shared by all rows
    std::span<const float> value;  // (2, T)
};

struct SamplerOptions {
    SamplerKind kind = SamplerKind::ddpm;
    float eta = 0;  // of ddim
    Known known;    // empty spans: nothing is known
    // (2, T): begins from these at the noise of the first step, all rows alike; empty: from noise alone.
    std::span<const float> start;
    // One source of noise for each row, so that a row is the same whatever its neighbours are; or a single
    // one for the whole (rows, 2, T) block. ddpm draws at every step but the last, ddim too when eta > 0,
    // dpm++ never.
    std::vector<NormalSource*> noise;
    // Called after each step with the step's number from 0, x, and the predicted x₀; may be empty. Returning
    // false stops the run.
    std::function<bool(size_t done, std::span<const float> x, std::span<const float> x0)> on_step;
    // Makes the predicted x₀ (rows, 2, T) of step `index` what the caller knows it must be; may be empty.
    // What is known it must leave.
    std::function<void(size_t index, std::span<float> x0)> shape;
    // The mean of x₀, where the first step is not so noisy that nothing of it shows in x; may be empty.
    std::optional<float> middle;
};

// x (rows, 2, T): noise in, the sample out. x₀ is clipped to [−1, 2] at every step, as the reference clips:
// the playfield is [0, 1], and as much again is left on each side. Error when the network's output is not
// finite.
void sample(const Diffusion& diffusion, const Denoiser& denoiser, const SamplerOptions& options, int64_t rows,
            int64_t tokens, std::span<float> x);

// The refining of the reference: `iterations` times the ancestral step at index 0.
void refine(const Diffusion& diffusion, const Denoiser& denoiser, const SamplerOptions& options,
            int iterations, int64_t rows, int64_t tokens, std::span<float> x);

}  // namespace osu
