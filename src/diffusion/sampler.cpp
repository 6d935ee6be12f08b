#include "diffusion/sampler.h"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "base/error.h"

namespace osu {

namespace {

// The coefficients of one step, rounded to float32 where the reference rounds them.
struct Step {
    Step(const Diffusion& diffusion, size_t index)
        : recip(std::sqrt(1 / diffusion.alpha_cumprod[index])),
          recip_minus_one(std::sqrt(1 / diffusion.alpha_cumprod[index] - 1)),
          mean_x0(diffusion.posterior_mean_coef1[index]),
          mean_x(diffusion.posterior_mean_coef2[index]),
          log_least(diffusion.posterior_log_variance_clipped[index]),
          log_most(std::log(diffusion.beta[index])) {}

    float recip, recip_minus_one, mean_x0, mean_x, log_least, log_most;
};

// The way from noise to a sample, by any of the samplers: the network's output, the prediction of x₀ and the
// noise of the current step.
class ReverseProcess {
  public:
    ReverseProcess(const Diffusion& diffusion, const Denoiser& denoiser, const SamplerOptions& options,
                   int64_t rows, int64_t tokens, std::span<float> x)
        : diffusion_(diffusion),
          denoiser_(denoiser),
          options_(options),
          row_(2 * tokens),
          rows_(rows),
          x_(x),
          out_(2 * x.size()),
          x0_(x.size()),
          noise_(x.size()) {
        assert(x.size() == static_cast<size_t>(rows * row_));
        assert(options.known.mask.empty() || options.known.mask.size() == static_cast<size_t>(row_));
        assert(options.known.value.size() == options.known.mask.size());
        assert(options.start.empty() || options.start.size() == static_cast<size_t>(row_));
    }

    // What is known, or begun from, at the noise level of the first step; x is the noise.
    void start() {
        const double alpha = diffusion_.alpha_cumprod.back();
        const float signal = static_cast<float>(std::sqrt(alpha)),
                    spread = static_cast<float>(std::sqrt(1 - alpha));
        const std::span<const float> begin = options_.start;
        for (size_t i = 0; i < x_.size(); ++i) {
            if (!is_known(i) && begin.empty() && !options_.middle) continue;
            const float value = is_known(i)      ? options_.known.value[i % row_]
                                : !begin.empty() ? begin[i % row_]
                                                 : *options_.middle;
            x_[i] = signal * value + spread * x_[i];
        }
    }

    // Asks the network, and fills x0.
    void predict(size_t index) {
        denoiser_(x_, index, out_);
        const Step step(diffusion_, index);
        for (size_t i = 0; i < x_.size(); ++i) {
            const float x0 = step.recip * x_[i] - step.recip_minus_one * epsilon(i);
            if (!std::isfinite(x0) || !std::isfinite(variance(i)))
                fail(Hint{"the checkpoint may be broken, or try --precision f32"},
                     "the network's output is not finite at step {}", diffusion_.timestep[index]);
            x0_[i] = std::clamp(x0, -1.0f, 2.0f);
        }
        for_known([&](size_t i, float value) { x0_[i] = value; });
        if (options_.shape) options_.shape(index, x0_);
    }

    void ancestral(size_t index) {
        const Step step(diffusion_, index);
        if (index > 0) draw();
        for (size_t i = 0; i < x_.size(); ++i) {
            x_[i] = step.mean_x0 * x0_[i] + step.mean_x * x_[i];
            if (index == 0) continue;
            // What is known follows the posterior given x₀, whose variance is the least.
            const float share = is_known(i) ? 0 : (variance(i) + 1) / 2;
            x_[i] += std::exp(0.5f * (share * step.log_most + (1 - share) * step.log_least)) * noise_[i];
        }
    }

    void implicit(size_t index) {
        const Step step(diffusion_, index);
        const double alpha = diffusion_.alpha_cumprod[index], next = diffusion_.alpha_cumprod_prev[index];
        const double sigma = options_.eta * std::sqrt((1 - next) / (1 - alpha)) * std::sqrt(1 - alpha / next);
        const float signal = static_cast<float>(std::sqrt(next)), spread = static_cast<float>(sigma);
        const float direction = static_cast<float>(std::sqrt(std::max(0.0, 1 - next - sigma * sigma)));
        const bool noisy = index > 0 && sigma > 0;
        if (noisy) draw();
        for (size_t i = 0; i < x_.size(); ++i) {
            const float eps = (step.recip * x_[i] - x0_[i]) / step.recip_minus_one;  // of the clipped x₀
            x_[i] = signal * x0_[i] + direction * eps + (noisy ? spread * noise_[i] : 0);
        }
    }

    // DPM-Solver++ (2M) of Lu et al. 2022: the exact solution for an x₀ that is linear in λ = ln(α/σ), drawn
    // through this step's and the last one's. The first step and the one to σ = 0 take x₀ as constant.
    void multistep(size_t index) {
        const double alpha = diffusion_.alpha_cumprod[index], next = diffusion_.alpha_cumprod_prev[index];
        const double width = log_snr(next) - log_snr(alpha);
        const bool linear = !last_x0_.empty() && index > 0;
        const float extrapolation = linear ? static_cast<float>(width / (2 * last_width_)) : 0;
        const float keep = static_cast<float>(std::sqrt((1 - next) / (1 - alpha)));
        const float take = static_cast<float>(-std::sqrt(next) * std::expm1(-width));
        for (size_t i = 0; i < x_.size(); ++i) {
            const float target = linear ? x0_[i] + extrapolation * (x0_[i] - last_x0_[i]) : x0_[i];
            x_[i] = keep * x_[i] + take * target;
        }
        last_x0_ = x0_;
        last_width_ = width;
    }

    bool report(size_t done) { return !options_.on_step || options_.on_step(done, x_, x0_); }

    // To the last bit, whatever the arithmetic made of it.
    void finish() {
        for_known([&](size_t i, float value) { x_[i] = value; });
    }

  private:
    const Diffusion& diffusion_;
    const Denoiser& denoiser_;
    const SamplerOptions& options_;
    const int64_t row_, rows_;  // floats in a row of x, rows
    std::span<float> x_;
    std::vector<float> out_, x0_, noise_, last_x0_;
    double last_width_ = 0;

    static double log_snr(double alpha) { return 0.5 * std::log(alpha / (1 - alpha)); }

    float epsilon(size_t i) const {
        return out_[i + i / row_ * row_];
    }  // out has four channels where x has two
    float variance(size_t i) const { return out_[i + (i / row_ + 1) * row_]; }
    bool is_known(size_t i) const {
        return !options_.known.mask.empty() && options_.known.mask[i % row_] != 0;
    }

    template <class Body>
    void for_known(Body&& body) {
        if (options_.known.mask.empty()) return;
        for (size_t i = 0; i < x_.size(); ++i)
            if (is_known(i)) body(i, options_.known.value[i % row_]);
    }

    void draw() {
        if (options_.noise.size() == 1) return options_.noise[0]->fill_normal(noise_);
        assert(options_.noise.size() == static_cast<size_t>(rows_));
        for (int64_t r = 0; r < rows_; ++r)
            options_.noise[r]->fill_normal(std::span(noise_).subspan(r * row_, row_));
    }
};

}  // namespace

SamplerKind sampler_kind(std::string_view name) {
    if (name == "ddpm") return SamplerKind::ddpm;
    if (name == "ddim") return SamplerKind::ddim;
    if (name == "dpm++") return SamplerKind::dpmpp;
    fail(Hint{"known are ddpm, ddim and dpm++"}, "unknown sampler '{}'", name);
}

void sample(const Diffusion& diffusion, const Denoiser& denoiser, const SamplerOptions& options, int64_t rows,
            int64_t tokens, std::span<float> x) {
    ReverseProcess run(diffusion, denoiser, options, rows, tokens, x);
    run.start();
    for (size_t done = 0; done < diffusion.steps(); ++done) {
        const size_t index = diffusion.steps() - 1 - done;
        run.predict(index);
        switch (options.kind) {
            case SamplerKind::ddpm: run.ancestral(index); break;
            case SamplerKind::ddim: run.implicit(index); break;
            case SamplerKind::dpmpp: run.multistep(index); break;
        }
        if (index == 0) run.finish();
        if (!run.report(done)) return;
    }
}

void refine(const Diffusion& diffusion, const Denoiser& denoiser, const SamplerOptions& options,
            int iterations, int64_t rows, int64_t tokens, std::span<float> x) {
    ReverseProcess run(diffusion, denoiser, options, rows, tokens, x);
    for (int done = 0; done < iterations; ++done) {
        run.predict(0);
        run.ancestral(0);
        run.finish();
        if (!run.report(done)) return;
    }
}

}  // namespace osu
