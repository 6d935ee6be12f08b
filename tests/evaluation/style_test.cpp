#include "evaluation/style.h"

#include <gtest/gtest.h>

#include "evaluation/hand_made_map.h"
#include "evaluation/random_walk.h"

namespace osu {
namespace {

// Three hands on one rhythm and spacing of 90 px: one circles, one goes to and fro, one goes in zigzags.
std::vector<Vec2> by_hand(size_t hand, size_t count, uint64_t seed) {
    std::vector<Vec2> out{{256, 192}};
    double heading = static_cast<double>(seed);
    for (size_t i = 1; i < count; ++i) {
        heading += hand == 0 ? M_PI / 3 : hand == 1 ? M_PI : (i % 2 ? 1 : -1) * 2 * M_PI / 3;
        out.push_back(out.back() + Vec2{static_cast<float>(90 * std::cos(heading)),
                                        static_cast<float>(90 * std::sin(heading))});
    }
    return out;
}

StyleCounts counted(const std::vector<Vec2>& position) {
    const test::HandMadeMap map = test::circles(position, 300);
    return count_style(map.real(), make_plan(map.real()), position);
}

StyleJudge three_hands() {
    std::vector<StyleJudge::RealStyle> maps;
    for (size_t hand = 0; hand < 3; ++hand)
        for (uint64_t map = 0; map < 4; ++map) maps.push_back({hand, counted(by_hand(hand, 80, map))});
    return StyleJudge(maps);
}

TEST(Style, HandsAreToldApart) {
    const StyleJudge judge = three_hands();
    EXPECT_EQ(judge.mappers(), 3u);
    EXPECT_EQ(judge.ranks_of_real(), std::vector<size_t>(12, 0));
    const std::vector<StyleCounts> placed{counted(by_hand(0, 40, 9)), counted(by_hand(1, 40, 9)),
                                          counted(by_hand(2, 40, 9))};
    EXPECT_EQ(judge.ranks(placed), (std::vector<size_t>{0, 0, 0}));
    const std::vector<StyleCounts> mistaken{placed[1], placed[2], placed[0]};
    for (const size_t rank : judge.ranks(mistaken)) EXPECT_GT(rank, 0u);
}

// What all placements share is no style: with walks in place of styles every rank is as good as any.
TEST(Style, WalksHaveNone) {
    const StyleJudge judge = three_hands();
    const std::vector<uint8_t> type(80);
    const std::vector<float> distance(80, 90.0f);
    const Datapoints map{.type = type, .distance = distance};
    size_t sum = 0, seed = 0;
    for (int rhythm = 0; rhythm < 60; ++rhythm) {
        std::vector<StyleCounts> placed;
        for (int i = 0; i < 3; ++i) placed.push_back(counted(random_walk(map, ++seed)));
        for (const size_t rank : judge.ranks(placed)) sum += rank;
    }
    EXPECT_NEAR(static_cast<double>(sum) / 180, 1, 0.25);
}

}  // namespace
}  // namespace osu
