#include "diffusion/sampler.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "archive/safetensors.h"
#include "base/error.h"
#include "support/goldens.h"

namespace osu {
namespace {

// Data of one normal distribution per channel: the best denoiser is known in closed form, and so is the
// variance of each step, so every sampler must end with the data's mean and deviation.
constexpr std::array<double, 2> mean{0.55, 0.3}, deviation{0.12, 0.06};

Denoiser normal_data(const Diffusion& diffusion, int64_t tokens) {
    return [&diffusion, tokens](std::span<const float> x, size_t step, std::span<float> out) {
        const double a = diffusion.alpha_cumprod[step], signal = std::sqrt(a), spread = std::sqrt(1 - a);
        const double log_least = diffusion.posterior_log_variance_clipped[step],
                     log_most = std::log(diffusion.beta[step]);
        for (size_t i = 0; i < x.size(); ++i) {
            const size_t row = i / (2 * tokens), channel = i / tokens % 2, at = i + row * 2 * tokens;
            const double data = deviation[channel] * deviation[channel];
            const double gain = data * signal / (a * data + 1 - a);
            const double x0 = mean[channel] + gain * (x[i] - signal * mean[channel]);
            out[at] = static_cast<float>((x[i] - signal * x0) / spread);
            const double c = diffusion.posterior_mean_coef1[step];
            const double variance =
                diffusion.posterior_variance[step] + c * c * data * (1 - a) / (a * data + 1 - a);
            const double share = (std::log(variance) - log_least) / (log_most - log_least);
            out[at + 2 * tokens] = static_cast<float>(2 * share - 1);
        }
    };
}

struct Sources {
    Sources(uint64_t seed, int64_t rows) {
        for (int64_t r = 0; r < rows; ++r) streams.push_back(std::make_unique<Philox>(seed + r));
    }
    std::vector<NormalSource*> all() const {
        std::vector<NormalSource*> sources;
        for (const auto& stream : streams) sources.push_back(stream.get());
        return sources;
    }
    std::vector<float> start(int64_t tokens) {
        std::vector<float> x(streams.size() * 2 * tokens);
        for (size_t r = 0; r < streams.size(); ++r)
            streams[r]->fill_normal(std::span(x).subspan(r * 2 * tokens, 2 * tokens));
        return x;
    }
    std::vector<std::unique_ptr<Philox>> streams;
};

struct Way {
    const char* name;
    SamplerKind kind;
    float eta;
    int steps;
    double tolerance;  // of the deviation, relative: few steps of a solver are a little off, ancestral ones
                       // exact
};

Diffusion process(const Way& way) {
    constexpr auto schedule = NoiseSchedule::squaredcos_cap_v2;
    return {schedule, way.kind == SamplerKind::dpmpp ? respace_log_snr(schedule, way.steps)
                                                     : respace(std::to_string(way.steps))};
}

// Two standard errors of a deviation from 20,000 values are 1 %.
constexpr Way ways[] = {
    {"ddpm", SamplerKind::ddpm, 0, 250, 0.015},          {"ddpm_few", SamplerKind::ddpm, 0, 40, 0.03},
    {"ddim", SamplerKind::ddim, 0, 1000, 0.03},          {"ddim_few", SamplerKind::ddim, 0, 100, 0.12},
    {"ddim_noisy", SamplerKind::ddim, 0.5f, 1000, 0.03}, {"dpmpp", SamplerKind::dpmpp, 0, 50, 0.015},
    {"dpmpp_few", SamplerKind::dpmpp, 0, 20, 0.035}};

class EverySampler : public testing::TestWithParam<Way> {};

TEST_P(EverySampler, EndsWithTheDataDistribution) {
    const Way way = GetParam();
    const Diffusion diffusion = process(way);
    constexpr int64_t rows = 4, tokens = 5000;
    Sources sources(5, rows);
    std::vector<float> x = sources.start(tokens);
    SamplerOptions options;
    options.kind = way.kind, options.eta = way.eta, options.noise = sources.all();
    sample(diffusion, normal_data(diffusion, tokens), options, rows, tokens, x);
    for (int channel = 0; channel < 2; ++channel) {
        double sum = 0, square = 0;
        for (int64_t r = 0; r < rows; ++r)
            for (int64_t t = 0; t < tokens; ++t) {
                const double d = x[(r * 2 + channel) * tokens + t] - mean[channel];
                sum += d, square += d * d;
            }
        const double n = rows * tokens;
        EXPECT_NEAR(sum / n, 0, 0.03 * deviation[channel]);
        EXPECT_NEAR(std::sqrt(square / n), deviation[channel], way.tolerance * deviation[channel]);
    }
}

INSTANTIATE_TEST_SUITE_P(Ways, EverySampler, testing::ValuesIn(ways),
                         [](const auto& info) { return std::string(info.param.name); });

// On the same noise the solvers aim at the same end, the exact flow, which is known for normal data; the
// second order of dpm++ gets there with a fraction of ddim's error.
TEST(Samplers, SecondOrderIsNearerThanFirst) {
    constexpr int64_t tokens = 400;
    std::array<double, 2> error{};
    for (auto kind : {SamplerKind::ddim, SamplerKind::dpmpp}) {
        const Diffusion diffusion(NoiseSchedule::linear, respace_log_snr(NoiseSchedule::linear, 30));
        Sources sources(9, 1);
        std::vector<float> x = sources.start(tokens), noise = x;
        SamplerOptions options;
        options.kind = kind;
        sample(diffusion, normal_data(diffusion, tokens), options, 1, tokens, x);
        for (size_t i = 0; i < x.size(); ++i) {
            const double exact = mean[i / tokens] + deviation[i / tokens] * noise[i];
            error[kind == SamplerKind::dpmpp] += std::abs(x[i] - exact) / deviation[i / tokens] / x.size();
        }
    }
    EXPECT_LT(error[1], 0.5 * error[0]);
    EXPECT_LT(error[1], 0.05);
}

// Where a way begins so late that the data's mean shows in x, it has to be put there.
TEST(Samplers, AWayFromHalfwayBeginsAboutTheMiddle) {
    constexpr int64_t tokens = 20000;
    const NoiseSchedule schedule = NoiseSchedule::squaredcos_cap_v2;
    const Diffusion diffusion(schedule, respace_few(schedule, few_steps));
    const auto ends_at = [&](std::optional<float> middle) {
        Sources sources(5, 1);
        std::vector<float> x = sources.start(tokens);
        SamplerOptions options;
        options.kind = SamplerKind::dpmpp;
        options.middle = middle;
        sample(diffusion, normal_data(diffusion, tokens), options, 1, tokens, x);
        double sum = 0;
        for (int64_t t = 0; t < tokens; ++t) sum += x[static_cast<size_t>(t)];
        return sum / tokens;
    };
    EXPECT_NEAR(ends_at(static_cast<float>(mean[0])), mean[0], 0.03 * deviation[0]);
    EXPECT_GT(std::abs(ends_at({}) - mean[0]), 0.1 * deviation[0]);
}

TEST_P(EverySampler, KeepsWhatIsKnown) {
    const Way way = GetParam();
    const Diffusion diffusion = process({way.name, way.kind, way.eta, 50, 0});
    constexpr int64_t rows = 3, tokens = 2000;
    std::vector<float> mask(2 * tokens), value(2 * tokens, 9.0f);
    for (int64_t t = 0; t < tokens; t += 2)
        mask[t] = mask[tokens + t] = 1, value[t] = 0.9f, value[tokens + t] = 0.1f;
    Sources sources(5, rows);
    std::vector<float> x = sources.start(tokens);
    SamplerOptions options;
    options.kind = way.kind, options.eta = way.eta, options.noise = sources.all(),
    options.known = {mask, value};
    options.on_step = [&](size_t done, std::span<const float> now, std::span<const float> x0) {
        const size_t index = diffusion.steps() - 1 - done;
        const double level = 1 - diffusion.alpha_cumprod_prev[index], signal = std::sqrt(1 - level);
        double square = 0;
        for (int64_t r = 0; r < rows; ++r)
            for (int64_t t = 0; t < tokens; t += 2) {
                EXPECT_EQ(x0[r * 2 * tokens + t], 0.9f);
                square += std::pow(now[r * 2 * tokens + t] - signal * 0.9, 2);
            }
        EXPECT_NEAR(std::sqrt(square / (rows * tokens / 2)), std::sqrt(level), 0.06 * std::sqrt(level) + 1e-6)
            << done;
        return true;
    };
    sample(diffusion, normal_data(diffusion, tokens), options, rows, tokens, x);
    for (int64_t i = 0; i < rows * 2 * tokens; ++i)
        if (mask[i % (2 * tokens)] != 0)
            ASSERT_EQ(x[i], value[i % (2 * tokens)]);
        else
            ASSERT_NEAR(x[i], mean[i / tokens % 2], 6.5 * deviation[i / tokens % 2]);
}

TEST(Samplers, ARowIsTheSameWhateverItsNeighbours) {
    const Diffusion diffusion(NoiseSchedule::squaredcos_cap_v2, respace("20"));
    constexpr int64_t tokens = 30;
    const auto run = [&](int64_t rows) {
        Sources sources(100, rows);
        std::vector<float> x = sources.start(tokens);
        SamplerOptions options;
        options.noise = sources.all();
        sample(diffusion, normal_data(diffusion, tokens), options, rows, tokens, x);
        return x;
    };
    const std::vector<float> one = run(1), three = run(3);
    EXPECT_TRUE(std::equal(one.begin(), one.end(), three.begin()));
    EXPECT_FALSE(std::equal(one.begin(), one.end(), three.begin() + one.size()));
}

TEST(Samplers, RefiningIsTheLastStepAgain) {
    const Diffusion diffusion(NoiseSchedule::squaredcos_cap_v2, respace("250"));
    constexpr int64_t tokens = 2;
    std::vector<float> x{0.2f, 0.4f, 0.6f, 0.8f}, mask{0, 0, 0, 1}, value{0, 0, 0, 0.5f};
    const Denoiser halves = [&](std::span<const float> now, size_t step, std::span<float> out) {
        EXPECT_EQ(step, 0u);
        const double a = diffusion.alpha_cumprod[0];
        for (size_t i = 0; i < now.size(); ++i) {
            out[i] =
                static_cast<float>((now[i] - std::sqrt(a) * now[i] / 2) / std::sqrt(1 - a));  // x₀ = x / 2
            out[i + now.size()] = 0;
        }
    };
    SamplerOptions options;
    options.known = {mask, value};
    int steps = 0;
    options.on_step = [&](size_t done, std::span<const float>, std::span<const float>) {
        EXPECT_EQ(done, static_cast<size_t>(steps));
        return ++steps < 2;
    };
    refine(diffusion, halves, options, 10, 1, tokens, x);
    EXPECT_EQ(steps, 2);  // the callback stopped it
    EXPECT_NEAR(x[0], 0.05, 1e-5);
    EXPECT_NEAR(x[2], 0.15, 1e-5);
    EXPECT_EQ(x[3], 0.5f);
}

TEST(Samplers, ClipAndComplain) {
    const Diffusion diffusion(NoiseSchedule::squaredcos_cap_v2, respace("3"));
    std::vector<float> x{1, -1};
    const Denoiser wild = [](std::span<const float>, size_t, std::span<float> out) {
        out[0] = -1e6f, out[1] = 1e6f, out[2] = out[3] = 0;
    };
    sample(diffusion, wild, {.kind = SamplerKind::ddim}, 1, 1, x);
    EXPECT_EQ(x, (std::vector<float>{2, -1}));
    const Denoiser broken = [](std::span<const float>, size_t, std::span<float> out) {
        std::fill(out.begin(), out.end(), NAN);
    };
    EXPECT_THROW(sample(diffusion, broken, {.kind = SamplerKind::ddim}, 1, 1, x), Error);
    EXPECT_EQ(sampler_kind("dpm++"), SamplerKind::dpmpp);
    EXPECT_THROW(sampler_kind("euler"), Error);
}

}  // namespace
}  // namespace osu
