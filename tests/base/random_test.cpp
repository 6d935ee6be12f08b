#include "base/random.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "archive/safetensors.h"
#include "support/goldens.h"

namespace osu {
namespace {

using Words = std::array<uint32_t, 4>;

// The known answers that its authors publish with Random123.
TEST(Philox, MatchesThePublishedVectors) {
    EXPECT_EQ(philox4x32({0, 0, 0, 0}, {0, 0}), (Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
    EXPECT_EQ(philox4x32({~0u, ~0u, ~0u, ~0u}, {~0u, ~0u}),
              (Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
    EXPECT_EQ(philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
              (Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Philox, CountsBlocksAndKeepsStreamsApart) {
    Philox stream(0x299f31d0a4093822, 0x0370734413198a2e);
    for (uint32_t block = 0; block < 3; ++block)
        for (uint32_t word : philox4x32({block, 0, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}))
            EXPECT_EQ(stream.next_u32(), word);
    EXPECT_NE(Philox(1, 0).next_u32(), Philox(1, 1).next_u32());
    EXPECT_NE(Philox(1, 0).next_u32(), Philox(2, 0).next_u32());
}

TEST(Philox, UniformAndBelowFillTheirRanges) {
    Philox random(7);
    std::array<int, 6> counts{};
    float low = 1, high = 0;
    for (int i = 0; i < 60000; ++i) {
        const uint64_t value = random.below(6);
        ASSERT_LT(value, 6u);
        ++counts[value];
        const float u = random.uniform();
        low = std::min(low, u);
        high = std::max(high, u);
    }
    for (int count : counts) EXPECT_NEAR(count, 10000, 400);  // four standard deviations
    EXPECT_GE(low, 0);
    EXPECT_LT(low, 1e-3f);
    EXPECT_LT(high, 1);
    EXPECT_GT(high, 0.999f);
    EXPECT_EQ(random.below(1), 0u);
    for (int i = 0; i < 100; ++i) EXPECT_LT(random.below((uint64_t{1} << 63) + 1), (uint64_t{1} << 63) + 1);
}

TEST(Philox, NormalNumbersAreNormal) {
    std::vector<float> values(1000001);  // odd: the last of a pair alone
    Philox(3).fill_normal(values);
    double sum = 0, square = 0, cube = 0, fourth = 0;
    for (double v : values) {
        sum += v;
        square += v * v;
        cube += v * v * v;
        fourth += v * v * v * v;
    }
    const double n = static_cast<double>(values.size());
    EXPECT_NEAR(sum / n, 0, 4e-3);
    EXPECT_NEAR(square / n, 1, 6e-3);
    EXPECT_NEAR(cube / n, 0, 0.016);
    EXPECT_NEAR(fourth / n, 3, 0.04);
    double lag = 0;
    for (size_t i = 1; i < values.size(); ++i) lag += double{values[i]} * values[i - 1];
    EXPECT_NEAR(lag / n, 0, 4e-3);
}

TEST(Philox, NormalNumbersAreTheLibrarysToTheLastDigits) {
    std::vector<float> values(2000);
    Philox(11, 5).fill_normal(values);
    Philox again(11, 5);
    for (size_t i = 0; i < values.size(); i += 2) {
        const double u = again.uniform(), v = again.uniform();
        const double radius = std::sqrt(-2 * std::log(1 - u)), angle = 2 * M_PI * v;
        EXPECT_NEAR(values[i], radius * std::cos(angle), 5e-6);
        EXPECT_NEAR(values[i + 1], radius * std::sin(angle), 5e-6);
    }
}

class TorchStream : public testing::TestWithParam<int> {};

TEST_P(TorchStream, IsPyTorchsBitForBit) {
    const auto golden = Safetensors::open(test::test_data("torch_cpu_rng.safetensors"));
    const std::string seed = "seed" + std::to_string(GetParam());
    TorchRandom random(GetParam());
    for (const char* name : {".randn.1x2x757", ".then.randn_like.2x2x757", ".then.randn.7"}) {
        const auto expected = golden.tensor(seed + name).as<float>();
        std::vector<float> values(expected.size());
        random.fill_normal(values);
        size_t wrong = 0;
        for (size_t i = 0; i < values.size(); ++i) wrong += values[i] != expected[i];
        EXPECT_EQ(wrong, 0u) << name << " of " << values.size();
    }
    const auto uniform = golden.tensor(seed + ".then.rand.33").as<float>();
    std::vector<float> values(uniform.size());
    random.fill_uniform(values);
    EXPECT_TRUE(std::equal(values.begin(), values.end(), uniform.begin()));
    const auto below = golden.tensor(seed + ".then.randint1000.33").as<int64_t>();
    std::vector<int64_t> integers(below.size());
    random.fill_below(1000, integers);
    EXPECT_TRUE(std::equal(integers.begin(), integers.end(), below.begin()));
}

INSTANTIATE_TEST_SUITE_P(Seeds, TorchStream, testing::Values(0, 1, 12345));

}  // namespace
}  // namespace osu
