#include "sequence/outline.h"

#include <cmath>
#include <numbers>
#include <vector>

#include <gtest/gtest.h>

namespace osu {
namespace {

std::vector<Vec2> arc(Vec2 centre, float radius, double from, double to) {
    std::vector<Vec2> outline;
    for (int i = 0; i <= 20; ++i) {
        const double angle = from + (to - from) * i / 20;
        outline.push_back(
            centre + Vec2{static_cast<float>(std::cos(angle)), static_cast<float>(std::sin(angle))} * radius);
    }
    return outline;
}

TEST(Outline, IsCurvedWhereItLeavesItsChordByATenth) {
    EXPECT_FALSE(is_curved(std::vector<Vec2>{{0, 0}, {50, 9}, {100, 0}}));
    EXPECT_TRUE(is_curved(std::vector<Vec2>{{0, 0}, {50, 11}, {100, 0}}));
    EXPECT_FALSE(is_curved(std::vector<Vec2>{{7, 7}, {7, 7}})) << "no length at all";
    EXPECT_TRUE(is_curved(arc({0, 0}, 50, 0, 2 * std::numbers::pi))) << "its ends are one point";
}

TEST(Outline, IsABlanketAroundItsCentreAlone) {
    const std::vector<Vec2> outline = arc({200, 200}, 80, 0, 2);
    EXPECT_TRUE(is_blanket(outline, {200, 200}, 36));
    EXPECT_TRUE(is_blanket(outline, {202, 200}, 36));
    EXPECT_FALSE(is_blanket(outline, {210, 200}, 36)) << "nearer on one side";
    EXPECT_FALSE(is_blanket(outline, {200, 200}, 81)) << "over the circle";
    EXPECT_FALSE(is_blanket(outline, {200, 200}, 19)) << "too far from it";
}

}  // namespace
}  // namespace osu
