#include "diffusion/schedule.h"

#include <algorithm>
#include <cmath>
#include <string>

#include <gtest/gtest.h>

#include "archive/safetensors.h"
#include "base/error.h"
#include "support/goldens.h"

namespace osu {
namespace {

void expect_table(const Safetensors& golden, const std::string& name, const std::vector<double>& table) {
    const auto expected = golden.tensor(name).as<double>();
    ASSERT_EQ(table.size(), expected.size()) << name;
    for (size_t i = 0; i < table.size(); ++i)
        ASSERT_NEAR(table[i], expected[i], 1e-12 * std::max(1.0, std::abs(expected[i])))
            << name << " at " << i;
}

void expect_tables(const Safetensors& golden, const std::string& prefix, const Diffusion& diffusion) {
    expect_table(golden, prefix + ".betas", diffusion.beta);
    expect_table(golden, prefix + ".alphas_cumprod", diffusion.alpha_cumprod);
    expect_table(golden, prefix + ".posterior_variance", diffusion.posterior_variance);
    expect_table(golden, prefix + ".posterior_log_variance_clipped",
                 diffusion.posterior_log_variance_clipped);
    expect_table(golden, prefix + ".posterior_mean_coef1", diffusion.posterior_mean_coef1);
    expect_table(golden, prefix + ".posterior_mean_coef2", diffusion.posterior_mean_coef2);
}

TEST(Schedule, TablesAreTheReferences) {
    const auto golden = Safetensors::open(test::test_data("schedules.safetensors"));
    for (auto schedule : {NoiseSchedule::linear, NoiseSchedule::squaredcos_cap_v2}) {
        const std::string name(name_of(schedule));
        expect_table(golden, name + ".betas", betas(schedule));
        expect_tables(golden, name, Diffusion(schedule, respace("1000")));
    }
    const NoiseSchedule cosine = noise_schedule("squaredcos_cap_v2");
    expect_tables(golden, "respaced25.squaredcos_cap_v2", Diffusion(cosine, respace("25")));
}

TEST(Schedule, RespacingIsTheReferences) {
    const auto golden = Safetensors::open(test::test_data("schedules.safetensors"));
    int found = 0;
    for (const auto& [name, tensor] : golden.tensors()) {
        if (!name.starts_with("respace.")) continue;
        ++found;
        const auto expected = tensor.as<int64_t>();
        const std::vector<int> kept = respace(name.substr(8));
        EXPECT_EQ(std::vector<int64_t>(kept.begin(), kept.end()),
                  std::vector<int64_t>(expected.begin(), expected.end()))
            << name;
    }
    EXPECT_EQ(found, 10);
}

TEST(Schedule, EvenInLogSnr) {
    for (auto schedule : {NoiseSchedule::linear, NoiseSchedule::squaredcos_cap_v2}) {
        const Diffusion all(schedule, respace("1000"));
        const auto log_snr = [&](int t) {
            return std::log(all.alpha_cumprod[t] / (1 - all.alpha_cumprod[t]));
        };
        const std::vector<int> kept = respace_log_snr(schedule, 20);
        ASSERT_EQ(kept.size(), 20u);
        EXPECT_EQ(kept.front(), 0);
        EXPECT_EQ(kept.back(), 999);
        for (size_t i = 1; i + 6 < kept.size();
             ++i) {  // at the ends one step of the schedule is wider than a share
            const double width = log_snr(kept[i]) - log_snr(kept[i + 1]);
            EXPECT_NEAR(width, log_snr(kept[i + 1]) - log_snr(kept[i + 2]), 0.5 * width) << i;
        }
        for (int count : {1, 2, 250, 999, 1000}) {
            const std::vector<int> some = respace_log_snr(schedule, count);
            EXPECT_EQ(Diffusion(schedule, some).steps(),
                      static_cast<size_t>(count));  // which checks the order
        }
        EXPECT_EQ(respace_log_snr(schedule, 1000), respace("1000"));
        EXPECT_EQ(respace_log_snr(schedule, 1), std::vector<int>{999});
        EXPECT_THROW(respace_log_snr(schedule, 0), Error);
        EXPECT_THROW(respace_log_snr(schedule, 1001), Error);
    }
}

TEST(Schedule, FewStepsWasteNone) {
    for (auto schedule : {NoiseSchedule::linear, NoiseSchedule::squaredcos_cap_v2}) {
        const Diffusion all(schedule, respace("1000"));
        const auto noise = [&](int t) {  // px
            return 512 * std::sqrt((1 - all.alpha_cumprod[t]) / all.alpha_cumprod[t]);
        };
        for (int count = 2; count <= few_steps; ++count) {
            const std::vector<int> kept = respace_few(schedule, count);
            ASSERT_EQ(kept.size(), static_cast<size_t>(count));
            EXPECT_NEAR(noise(kept.back()), 1600, 20);
            const double factor = std::pow(320, 1.0 / count);
            for (size_t i = 1; i < kept.size(); ++i)
                EXPECT_NEAR(noise(kept[i]) / noise(kept[i - 1]), factor, 0.15 * factor) << count << ", " << i;
        }
        EXPECT_THROW(respace_few(schedule, 1), Error);
        EXPECT_THROW(respace_few(schedule, few_steps + 1), Error);
    }
    EXPECT_EQ(respace_few(NoiseSchedule::squaredcos_cap_v2, 4), (std::vector<int>{19, 102, 399, 800}));
}

TEST(Schedule, NonsenseIsAnError) {
    for (const char* spacing : {"", "0", "-3", "1001", "ten", "10,", "10,x", "400,400,400", "ddim", "ddim0",
                                "ddim999", "ddim-4", "0,0", "25 ", "99999999999999"})
        EXPECT_THROW(respace(spacing), Error) << spacing;
    EXPECT_THROW(noise_schedule("cosine"), Error);
    EXPECT_THROW(Diffusion(NoiseSchedule::linear, {}), Error);
    EXPECT_THROW(Diffusion(NoiseSchedule::linear, {3, 3}), Error);
    EXPECT_THROW(Diffusion(NoiseSchedule::linear, {5, 1000}), Error);
    try {
        respace("ddim41");
        FAIL();
    } catch (const Error& error) {
        EXPECT_NE(error.hint().find("40, 42"), std::string::npos) << error.hint();
    }
}

TEST(Schedule, OneStepIsAProcessToo) {
    const Diffusion one(NoiseSchedule::squaredcos_cap_v2, {999});
    EXPECT_TRUE(std::isfinite(one.posterior_log_variance_clipped[0]));
    EXPECT_NEAR(one.posterior_mean_coef1[0], 1, 1e-12);
    EXPECT_EQ(one.posterior_mean_coef2[0], 0);
}

}  // namespace
}  // namespace osu
