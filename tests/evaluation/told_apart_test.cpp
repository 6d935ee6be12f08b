#include "evaluation/told_apart.h"

#include <cmath>

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "base/parallel.h"
#include "base/random.h"
#include "evaluation/forest.h"

namespace osu {
namespace {

// Windows of ten mappers by chance; `moved` is added to statistic 3.
std::vector<ToldWindow> windows_of(uint64_t seed, float moved) {
    Philox random(seed);
    std::vector<ToldWindow> windows;
    for (int i = 0; i < 300; ++i) {
        ToldWindow window{fmt::format("mapper {}", i % 10), {}};
        random.fill_normal(window.statistics);
        window.statistics[3] += moved;
        windows.push_back(window);
    }
    return windows;
}

TEST(ToldApart, WhatIsAlikeCannotBeTold) {
    const Told told = told_apart(windows_of(1, 0), windows_of(2, 0));
    EXPECT_NEAR(told.auc.value, 0.5, 0.06);
    EXPECT_LT(told.auc.low, 0.5);
}

TEST(ToldApart, WhatDiffersIsToldAndNamed) {
    const Told told = told_apart(windows_of(1, 2), windows_of(2, 0));
    // Two normal distributions two deviations apart: Φ(2 / √2) = 0.921.
    EXPECT_NEAR(told.auc.value, 0.921, 0.04);
    EXPECT_GT(told.auc.low, 0.8);
    EXPECT_EQ(told.biggest.size(), 3u);
    EXPECT_EQ(told.biggest[0], "heads near an edge");
}

// A mapper's own habits say nothing of others: the forest learns them by heart and is not asked about them.
TEST(ToldApart, MappersAreNotKnownByHeart) {
    auto placed = windows_of(1, 0), real = windows_of(2, 0);
    for (size_t i = 0; i < placed.size(); ++i) {
        placed[i].statistics[0] = static_cast<float>(2 * (i % 10));
        real[i].statistics[0] = static_cast<float>(2 * (i % 10) + 1);
    }
    EXPECT_LT(told_apart(placed, real).auc.value, 0.75);
}

TEST(ToldApart, OneMapperIsNotEnough) {
    auto one = windows_of(1, 2);
    for (ToldWindow& window : one) window.mapper = "one";
    EXPECT_TRUE(std::isnan(told_apart(one, one).auc.value));
}

TEST(ToldApart, WindowsAreMeansOfWhatIsSeen) {
    MarksOfObject nothing;
    nothing.fill(NAN);
    Marks marks(70, nothing);
    for (size_t i = 0; i < 70; ++i) {
        marks[i][static_cast<size_t>(Mark::near_edge)] = i < 8;
        marks[i][static_cast<size_t>(Mark::angle)] = i % 2 ? 100.0f : 60.0f;
    }
    std::vector<ToldWindow> windows;
    add_windows(marks, "one", windows);
    ASSERT_EQ(windows.size(), 2u);
    EXPECT_EQ(windows[0].statistics[3], 0.25f);
    EXPECT_EQ(windows[1].statistics[3], 0);
    EXPECT_EQ(windows[0].statistics[0], -1);  // nothing seen
    EXPECT_EQ(windows[0].statistics[15], 80);
    EXPECT_EQ(windows[0].statistics[16], 20);
}

TEST(Forest, DependsOnTheSeedAloneAndLearnsMoreThanLines) {
    Philox random(5);
    std::vector<Example> examples(600);
    for (Example& example : examples) {
        random.fill_normal(example.values);
        example.positive = example.values[1] * example.values[2] > 0;  // no single value tells
    }
    const int threads = thread_count();
    set_thread_count(1);
    const Forest one(examples, 3);
    set_thread_count(2);
    const Forest two(examples, 3), other(examples, 4);
    set_thread_count(threads);
    ForestValues same{}, apart{};
    same[1] = same[2] = apart[1] = 1.5f;
    apart[2] = -1.5f;
    EXPECT_EQ(one.score(same), two.score(same));
    EXPECT_NE(one.score(same), other.score(same));
    EXPECT_GT(one.score(same), 0.6f);
    EXPECT_LT(one.score(apart), 0.4f);
    EXPECT_EQ(Forest({}, 1).score(same), 0.5f);
}

}  // namespace
}  // namespace osu
