#include "base/same_math.h"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <numbers>

#include <gtest/gtest.h>

#include "base/random.h"

namespace osu {
namespace {

constexpr double ulp = std::numeric_limits<double>::epsilon();

TEST(SameMath, TurnsAreAsTheLibraryHasThem) {
    Philox random(1);
    for (const double most : {1e-6, 1.0, 10.0, 1e3, 1e6})
        for (int i = 0; i < 2000; ++i) {
            const double angle = most * (2 * random.uniform() - 1);
            const Turn turn = turn_by(angle);
            ASSERT_NEAR(turn.sine, std::sin(angle), 4 * ulp) << angle;
            ASSERT_NEAR(turn.cosine, std::cos(angle), 4 * ulp) << angle;
        }
}

TEST(SameMath, AnglesAreAsTheLibraryHasThem) {
    Philox random(2);
    for (int i = 0; i < 10000; ++i) {
        const double y = 2 * random.uniform() - 1, x = 2 * random.uniform() - 1,
                     cosine = 2 * random.uniform() - 1;
        ASSERT_NEAR(angle_of(y, x), std::atan2(y, x), 8 * ulp) << y << ' ' << x;
        ASSERT_NEAR(arc_cosine(cosine), std::acos(cosine), 8 * ulp) << cosine;
    }
    for (const double x : {-2.0, 0.0, 3.0})
        for (const double y : {-3.0, 0.0, 2.0})
            EXPECT_NEAR(angle_of(y, x), std::atan2(y, x), 4 * ulp) << y << ' ' << x;
    EXPECT_NEAR(angle_of(1e-300, -1), std::numbers::pi, 4 * ulp);
    EXPECT_NEAR(arc_cosine(1 - 1e-9), std::acos(1 - 1e-9), 1e-11);
}

TEST(SameMath, PowersAreAsTheLibraryHasThem) {
    Philox random(3);
    for (const double most : {1e-3, 1.0, 40.0, 700.0})
        for (int i = 0; i < 2000; ++i) {
            const double x = most * (2 * random.uniform() - 1), power = std::exp(x);
            ASSERT_NEAR(exponential(x) / power, 1, 8 * ulp) << x;
        }
    EXPECT_EQ(exponential(0), 1);
    EXPECT_EQ(exponential(-1e18), 0);
}

// What they are for: to the last bit what another machine made of the same numbers.
TEST(SameMath, BitsAreKnown) {
    uint64_t hash = 0;
    const auto add = [&](double value) {
        uint64_t bits = 0;
        std::memcpy(&bits, &value, sizeof bits);
        hash = (hash ^ bits) * 0x9e3779b97f4a7c15u;
        hash ^= hash >> 29;
    };
    Philox random(4);
    for (int i = 0; i < 1000; ++i) {
        const double a = 20 * random.uniform() - 10.0, b = 2 * random.uniform() - 1.0;
        const Turn turn = turn_by(a);
        for (const double value : {turn.cosine, turn.sine, angle_of(a, b), arc_cosine(b), exponential(a)})
            add(value);
    }
    EXPECT_EQ(hash, 11720158174190033295u);
}

}  // namespace
}  // namespace osu
