// Streams bend evenly and symmetric jumps are symmetric where the source has them so.
#include "sampling/turn_fit.h"

#include <cmath>
#include <numbers>

#include <gtest/gtest.h>

#include "base/random.h"
#include "support/made_datapoints.h"

namespace osu {
namespace {

constexpr double degrees = 180 / std::numbers::pi;

struct Song : test::MadeDatapoints {
    // Circles with a turn (degrees) at each inner one.
    Song(const std::vector<double>& turns, float step, double gap) {
        double heading = 0.3;
        position = {{200, 200}};
        for (size_t i = 0; i <= turns.size(); ++i) {
            if (i > 0) heading += turns[i - 1] / degrees;
            position.push_back(position.back() + Vec2{step * static_cast<float>(std::cos(heading)),
                                                      step * static_cast<float>(std::sin(heading))});
        }
        type.assign(position.size(), 0);
        for (size_t i = 0; i < position.size(); ++i) {
            time.push_back(gap * static_cast<double>(i));
            distance.push_back(i == 0 ? 0 : step);
        }
    }
};

std::vector<double> turns_of(const std::vector<Vec2>& at) {
    std::vector<double> turns;
    for (size_t i = 1; i + 1 < at.size(); ++i) {
        const Vec2 in = at[i] - at[i - 1], out = at[i + 1] - at[i];
        turns.push_back(degrees * std::atan2(double{in.x} * out.y - double{in.y} * out.x,
                                             double{in.x} * out.x + double{in.y} * out.y));
    }
    return turns;
}

std::vector<Vec2> shaken(const std::vector<Vec2>& position, float px, uint64_t seed) {
    Philox random(seed);
    std::vector<Vec2> at = position;
    for (Vec2& p : at) p = {p.x + px * (2 * random.uniform() - 1), p.y + px * (2 * random.uniform() - 1)};
    return at;
}

std::vector<Vec2> fit(const Song& song, const std::vector<Vec2>& at, std::span<const uint8_t> fixed = {},
                      double noise = 0) {
    const size_t count = at.size();
    std::vector<float> x(2 * count);
    for (size_t i = 0; i < count; ++i) x[i] = at[i].x / 512, x[count + i] = at[i].y / 384;
    TurnFit(song.view(), fixed).apply(x, noise);
    std::vector<Vec2> out;
    for (size_t i = 0; i < count; ++i) out.push_back({512 * x[i], 384 * x[count + i]});
    return out;
}

double mean_change(const std::vector<double>& turns) {
    double sum = 0;
    for (size_t i = 1; i < turns.size(); ++i) sum += std::abs(turns[i] - turns[i - 1]);
    return sum / static_cast<double>(turns.size() - 1);
}

TEST(TurnFit, AStreamThatShakesBendsEvenlyAndStaysWhereItIs) {
    const Song song(std::vector<double>(20, 12), 30, 100);
    // What is placed is another stream, which bends to the other side, and shakes.
    const Song other(std::vector<double>(20, -8), 30, 100);
    const std::vector<Vec2> before = shaken(other.position, 6, 1), after = fit(song, before);
    EXPECT_GT(mean_change(turns_of(before)), 10);
    EXPECT_LT(mean_change(turns_of(after)), 2);
    double moved = 0, bent = 0;
    for (size_t i = 0; i < after.size(); ++i) moved += length(after[i] - before[i]);
    for (const double turn : turns_of(after)) bent += turn;
    EXPECT_LT(moved / static_cast<double>(after.size()), 8);
    EXPECT_NEAR(bent / 20, -8, 2);
    for (size_t i = 1; i < after.size(); ++i) EXPECT_NEAR(length(after[i] - after[i - 1]), 30, 0.1);
    EXPECT_EQ(fit(song, before, {}, 1000)[7], before[7]) << "not under so much noise";
}

// Sixty circles that wind: evened out alone, what is lost of the winding adds up to hundreds of px.
TEST(TurnFit, ALongStreamThatWindsStaysWhereItIs) {
    std::vector<double> winding;
    for (int i = 0; i < 60; ++i) winding.push_back(14 * std::sin(0.35 * i));
    const Song song(std::vector<double>(60, 5), 20, 100), placed(winding, 20, 100);
    const std::vector<Vec2> before = shaken(placed.position, 4, 3), after = fit(song, before);
    EXPECT_GT(mean_change(turns_of(before)), 12);
    EXPECT_LT(mean_change(turns_of(after)), 4.5);
    double moved = 0;
    for (size_t i = 0; i < after.size(); ++i) moved += length(after[i] - placed.position[i]);
    EXPECT_LT(moved / static_cast<double>(after.size()), 6);
}

TEST(TurnFit, ACornerOfTheSourceMayBeOne) {
    std::vector<double> turns(20, 5);
    turns[10] = 90;
    const Song song(turns, 30, 100);
    const TurnFit two(song.view());
    ASSERT_EQ(two.stretches().size(), 2u);
    EXPECT_TRUE(two.stretches()[0].stream);
    EXPECT_NEAR(turns_of(fit(song, song.position))[10], 90, 3);
    EXPECT_TRUE(TurnFit(Song(std::vector<double>(20, 5), 30, 400).view()).stretches().empty());
}

TEST(TurnFit, JumpsTurnAsTheyDoInTheSource) {
    const Song square({90, 90}, 120, 300), zigzag({140, -140, 140}, 120, 300), free({30, 90, -20}, 120, 300);
    ASSERT_EQ(TurnFit(square.view()).stretches().size(), 1u);
    EXPECT_TRUE(TurnFit(free.view()).stretches().empty());
    const Song placed({70, 40}, 120, 300);
    const std::vector<double> same = turns_of(fit(square, placed.position));
    EXPECT_NEAR(same[0], 55, 0.5);
    EXPECT_NEAR(same[1], 55, 0.5);
    const Song other({-100, 60, -80}, 120, 300);
    const std::vector<double> opposite = turns_of(fit(zigzag, other.position));
    EXPECT_NEAR(opposite[0], -80, 0.5);
    EXPECT_NEAR(opposite[1], 80, 0.5);
    EXPECT_NEAR(opposite[2], -80, 0.5);
}

TEST(TurnFit, WhatIsFixedStays) {
    const Song song(std::vector<double>(20, 12), 30, 100);
    const std::vector<Vec2> before = shaken(song.position, 6, 2);
    std::vector<uint8_t> fixed(before.size());
    fixed[3] = 1;
    EXPECT_EQ(fit(song, before, fixed)[3], before[3]);
    EXPECT_TRUE(TurnFit(song.view(), std::vector<uint8_t>(before.size(), 1)).stretches().empty());
}

}  // namespace
}  // namespace osu
