// Samplers: short loops over a denoiser.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "base/random.h"
#include "diffusion/schedule.h"

namespace osu {

// The network as a sampler sees it: x (rows, 2, T) → out (rows, 4, T): ε̂ in channels 0–1, v in 2–3. Guidance is
// the denoiser's business. `step` is the index of the kept step.
using Denoiser = std::function<void(std::span<const float> x, size_t step, std::span<float> out)>;

enum class SamplerKind { ddpm, ddim, dpmpp };

// Positions that are known and must stay (in-painting): where mask is 1, the sample is `known` at the end, and
// `known` at the noise level of the step on the way.
struct Known {
    std::span<const float> mask;   // (2, T), 0 or 1; shared by all rows
    std::span<const float> value;  // (2, T)
};

struct SamplerOptions {
    SamplerKind kind = SamplerKind::ddpm;
    float eta = 0;                 // of ddim
    Known known;                   // empty spans: nothing is known
    // One source of noise for each row, so that a row is the same whatever its neighbours are; or a single one for the
    // whole (rows, 2, T) block.
    std::vector<NormalSource*> noise;
    // Called after each step with the step's number from 0, x, and the predicted x₀; may be empty. Returning false
    // stops the run.
    std::function<bool(size_t done, std::span<const float> x, std::span<const float> x0)> on_step;
};

// x (rows, 2, T): noise in, the sample out. x₀ is clipped to [−1, 1] at every step.
void sample(const Diffusion& diffusion, const Denoiser& denoiser, const SamplerOptions& options, int64_t rows,
            int64_t tokens, std::span<float> x);

// The refining of the reference: `iterations` times the ancestral step at index 0.
void refine(const Diffusion& diffusion, const Denoiser& denoiser, const SamplerOptions& options, int iterations,
            int64_t rows, int64_t tokens, std::span<float> x);

}  // namespace osu
