// When a run is said to have lost its footing.
#include "train/footing.h"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

namespace osu {
namespace {

struct Told {
    int64_t step;
    std::string what;
};

// The steps from `first` on that have something to tell.
std::vector<Told> look_at(Footing& footing, int64_t first, int64_t steps, double (*loss_of)(int64_t step)) {
    std::vector<Told> told;
    for (int64_t step = first; step < first + steps; ++step)
        if (const auto what = footing.look(step, loss_of(step))) told.push_back({step, *what});
    return told;
}

// Comes down from 1 to 0.2; every seventh batch is three times as hard.
double learning(int64_t step) {
    return (0.2 + 0.8 * std::exp(-static_cast<double>(step) / 300)) * (step % 7 == 0 ? 3 : 1);
}

TEST(Footing, WhatLearnsIsLeftAlone) {
    Footing footing;
    EXPECT_TRUE(look_at(footing, 1, 20000, learning).empty());
    // Short of twice as much, for as long as it likes.
    EXPECT_TRUE(look_at(footing, 20001, 5000, [](int64_t step) { return 1.8 * learning(step); }).empty());
}

TEST(Footing, ALossThatRisesIsToldOnceAndAgainWhenItHasComeDown) {
    Footing footing;
    EXPECT_TRUE(look_at(footing, 1, 5000, learning).empty());
    const auto lost = look_at(footing, 5001, 3000, [](int64_t) { return 0.9; });
    ASSERT_EQ(lost.size(), 1u);
    EXPECT_LT(lost[0].step, 5200) << "within some hundred steps";
    EXPECT_NE(lost[0].what.find("is 0.5"), std::string::npos) << lost[0].what;
    EXPECT_NE(lost[0].what.find("--lr"), std::string::npos) << lost[0].what;
    EXPECT_TRUE(look_at(footing, 8001, 3000, learning).empty());
    EXPECT_EQ(look_at(footing, 11001, 3000, [](int64_t) { return 0.9; }).size(), 1u);
}

// Of a run that begins anew from a checkpoint that was lost already, or one that never learned: there is no
// better time to compare with.
TEST(Footing, OneThatWasNeverBetterIsNotLost) {
    Footing footing;
    EXPECT_TRUE(look_at(footing, 11500, 3000, [](int64_t) { return 0.9; }).empty());
}

}  // namespace
}  // namespace osu
