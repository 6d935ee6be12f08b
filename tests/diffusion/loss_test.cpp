#include "diffusion/loss.h"

#include <cmath>

#include <gtest/gtest.h>

#include "archive/safetensors.h"
#include "base/random.h"
#include "support/backends.h"
#include "support/goldens.h"
#include "support/host_loss.h"

namespace osu {
namespace {

// A batch with the timesteps that matter: the discretised likelihood (0), the KL, both ends, and points on
// the border of the playfield, whose bins reach to infinity.
struct Case {
    Case(bool l1, Backend& backend) : backend(backend) {
        input.l1 = l1;
        input.batch = static_cast<int64_t>(timestep.size());
        input.tokens = tokens;
        Philox random(17);
        for (auto* values : {&x0, &noise}) values->resize(input.batch * 2 * tokens);
        for (float& value : x0) value = random.uniform();
        x0[1] = 1;
        x0[3] = -1;
        random.fill_normal(noise);
        x_t.resize(x0.size());
        add_noise(diffusion, x0, noise, timestep, x_t);
        out.resize(input.batch * 4 * tokens);
        random.fill_normal(out);
        for (int64_t b = 0; b < input.batch;
             ++b)  // a prediction near enough that no probability is clamped away
            for (int64_t i = 0; i < 2 * tokens; ++i)
                out[b * 4 * tokens + i] = noise[b * 2 * tokens + i] + 0.3f * out[b * 4 * tokens + i];
        input.x0 = x0, input.x_t = x_t, input.noise = noise, input.out = out, input.timestep = timestep;
        error.resize(input.batch), bound.resize(input.batch);
    }
    double loss(std::span<float> d_out = {}, float scale = 1) {
        return test::diffusion_loss(backend, diffusion, input, {error, bound}, scale, d_out);
    }
    Backend& backend;
    static constexpr int64_t tokens = 6;
    Diffusion diffusion{NoiseSchedule::squaredcos_cap_v2, respace("1000")};
    std::vector<int> timestep{0, 1, 40, 417, 999};
    std::vector<float> x0, noise, x_t, out, error, bound;
    std::vector<int32_t> lengths;
    test::LossInput input;
};

TEST(Loss, NoiseIsAddedAsTheReferenceDoes) {
    SHARED_OR_SKIP(train, "golden/train_l1.safetensors");
    const auto golden = Safetensors::open(train);
    const auto forward = Safetensors::open(test::test_data("dit_forward.safetensors"));
    const auto steps = forward.tensor("in.t").as<int64_t>();
    const std::vector<int> timestep(steps.begin(), steps.end());
    const auto x0 = to_floats(forward.tensor("in.x")), noise = to_floats(golden.tensor("in.noise"));
    const auto expected = to_floats(golden.tensor("in.x_t"));
    std::vector<float> x_t(x0.size());
    add_noise(Diffusion(NoiseSchedule::squaredcos_cap_v2, respace("1000")), x0, noise, timestep, x_t);
    for (size_t i = 0; i < x_t.size(); ++i) EXPECT_NEAR(x_t[i], expected[i], 1e-6) << i;
}

class LossOf : public testing::TestWithParam<test::BackendCase> {
  protected:
    const std::unique_ptr<Backend> backend = GetParam().make();
};
INSTANTIATE_TEST_SUITE_P(Backends, LossOf, testing::ValuesIn(test::all_backends()),
                         [](const auto& info) { return info.param.name; });

// The KL and the likelihood written out from the textbook, variances instead of logarithms, the exact Φ.
TEST_P(LossOf, TermsAreTheTextbooks) {
    Case test(false, *backend);
    const double total = test.loss();
    double sum = 0;
    const int64_t T = test.tokens;
    for (int64_t b = 0; b < test.input.batch; ++b) {
        const Diffusion& d = test.diffusion;
        const int t = test.timestep[b];
        double error = 0, bound = 0;
        for (int64_t i = 0; i < 2 * T; ++i) {
            const double x0 = test.x0[b * 2 * T + i], x_t = test.x_t[b * 2 * T + i];
            const double epsilon = test.out[b * 4 * T + i], v = test.out[b * 4 * T + 2 * T + i];
            const double least = d.posterior_variance[t ? t : 1];
            const double variance = std::pow(d.beta[t], (v + 1) / 2) * std::pow(least, (1 - v) / 2);
            const double a = d.alpha_cumprod[t], guess = (x_t - std::sqrt(1 - a) * epsilon) / std::sqrt(a);
            const double mean = d.posterior_mean_coef1[t] * guess + d.posterior_mean_coef2[t] * x_t;
            const double wanted = d.posterior_mean_coef1[t] * x0 + d.posterior_mean_coef2[t] * x_t;
            error += std::pow(epsilon - test.noise[b * 2 * T + i], 2);
            const auto cdf = [&](double x) { return 0.5 * std::erfc(-(x - mean) / std::sqrt(2 * variance)); };
            const double high = x0 > 0.999 ? 1 : cdf(x0 + 1.0 / 255),
                         low = x0 < -0.999 ? 0 : cdf(x0 - 1.0 / 255);
            bound +=
                t == 0 ? -std::log2(high - low)
                       : (std::log(variance / least) + (least + std::pow(mean - wanted, 2)) / variance - 1) /
                             (2 * std::log(2));
        }
        EXPECT_NEAR(test.error[b], error / (2 * T), 1e-5 * error / (2 * T));
        // Φ is an approximation in the loss, good to 3e-4.
        EXPECT_NEAR(test.bound[b], bound / (2 * T), t == 0 ? 5e-3 : 1e-5 * std::max(1.0, bound / (2 * T)))
            << t;
        sum += (error + bound) / (2 * T);
    }
    EXPECT_NEAR(total, sum / test.input.batch, 1e-3 * sum);
}

// ε̂ is a constant in the bound, so its finite difference is of the error term alone, v's of the bound alone.
void expect_gradient(Case& test) {
    constexpr float scale = 64;
    std::vector<float> d_out(test.out.size(), NAN);
    test.loss(d_out, scale);
    const auto terms = [&](const std::vector<float>& values) {
        double sum = 0;
        for (float value : values) sum += value;
        return sum / test.input.batch;
    };
    const int64_t T = test.tokens;
    for (int64_t i = 0; i < static_cast<int64_t>(test.out.size()); ++i) {
        const bool variance = i / T % 4 >= 2;
        const int64_t b = i / (4 * T);
        const float at = test.out[i], step = 4e-3f;
        std::array<double, 2> value{};
        for (int side = 0; side < 2; ++side) {
            test.out[i] = side ? at + step : at - step;
            test.loss();
            value[side] = terms(variance ? test.bound : test.error);
        }
        test.out[i] = at;
        const double slope = scale * (value[1] - value[0]) / (2 * step);
        // float32 terms: what the difference of two of them can resolve, plus the curvature
        test.loss();
        const double resolution = scale * 1e-7 * (std::abs(terms(test.bound)) + 1) / step;
        EXPECT_NEAR(d_out[i], slope, resolution + 2e-3 * std::abs(slope))
            << "row " << b << " element " << i % (4 * T);
    }
}

TEST_P(LossOf, GradientMatchesFiniteDifferences) {
    for (bool l1 : {true, false}) {
        for (int alone :
             {0, 1, 40, 417}) {  // one row each: the far rows' bounds would drown the near ones' digits
            Case test(l1, *backend);
            std::fill(test.timestep.begin(), test.timestep.end(), alone);
            add_noise(test.diffusion, test.x0, test.noise, test.timestep, test.x_t);
            expect_gradient(test);
        }
    }
}

TEST_P(LossOf, PaddingCountsForNothing) {
    Case full(true, *backend), padded(true, *backend);
    padded.lengths = {3, 6, 1, 0, 6};
    padded.input.lengths = padded.lengths;
    for (int64_t b = 0; b < full.input.batch; ++b)
        for (int64_t channel = 0; channel < 4; ++channel)
            for (int64_t t = padded.lengths[b]; t < Case::tokens; ++t)
                padded.out[(b * 4 + channel) * Case::tokens + t] = NAN;
    std::vector<float> d_full(full.out.size()), d_padded(full.out.size(), NAN);
    full.loss(d_full);
    const double loss = padded.loss(d_padded);
    EXPECT_TRUE(std::isfinite(loss));
    EXPECT_EQ(padded.error[1], full.error[1]);
    EXPECT_EQ(padded.bound[4], full.bound[4]);
    EXPECT_EQ(padded.error[3], 0);
    for (int64_t b = 0; b < full.input.batch; ++b) {
        for (int64_t i = 0; i < 4 * Case::tokens; ++i) {
            const int64_t t = i % Case::tokens, at = b * 4 * Case::tokens + i;
            if (t >= padded.lengths[b])
                EXPECT_EQ(d_padded[at], 0);
            else  // the mean runs over fewer tokens
                EXPECT_NEAR(d_padded[at] * padded.lengths[b], d_full[at] * Case::tokens,
                            1e-5f * std::abs(d_full[at] * Case::tokens));
        }
    }
}

}  // namespace
}  // namespace osu
