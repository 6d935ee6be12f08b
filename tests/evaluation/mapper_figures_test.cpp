#include "evaluation/mapper_figures.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "evaluation/hand_made_map.h"
#include "evaluation/tier.h"

namespace osu {
namespace {

size_t place_of(const char* key) {
    const auto kinds = mapper_figure_kinds();
    for (size_t i = 0; i < kinds.size(); ++i)
        if (kinds[i].key == key) return i;
    ADD_FAILURE() << key;
    return 0;
}

Marks marks_of(Mark mark, std::initializer_list<float> values) {
    MarksOfObject nothing;
    nothing.fill(std::numeric_limits<float>::quiet_NaN());
    Marks marks(values.size() + 1, nothing);  // one object has no such mark
    size_t i = 0;
    for (const float value : values) marks[i++][static_cast<size_t>(mark)] = value;
    return marks;
}

TEST(MapperFigures, SharesOverTheObjectsOfAllMaps) {
    MarkSums first, second;
    first += marks_of(Mark::covered, {1, 0, 0});
    second += marks_of(Mark::covered, {1});
    const std::vector<MarkSums> maps{first, second};
    const auto figures = mapper_figures(maps, 50);
    EXPECT_EQ(figures[place_of("covered_share")].value, 0.5);
    EXPECT_GT(figures[place_of("covered_share")].high, 0.5);
    EXPECT_TRUE(std::isnan(figures[place_of("blanket_share")].value));
}

TEST(MapperFigures, TheMedianChangeOfTurn) {
    MarkSums sums;
    sums += marks_of(Mark::stream_turn_change, {2.1f, 3.2f, 170});
    const auto figures = mapper_figures(std::vector{sums}, 3);
    EXPECT_NEAR(figures[place_of("stream_turn_change_deg")].value, 3.25, 0.26);
}

TEST(MapperFigures, NoIntervalOfAShareGoesBelowNothing) {
    std::vector<MarkSums> maps(20);
    for (MarkSums& map : maps) map += marks_of(Mark::covered, {0, 0, 0});
    maps[0] += marks_of(Mark::covered, {1, 1, 1});
    EXPECT_GE(mapper_figures(maps, 300)[place_of("covered_share")].low, 0);
    EXPECT_GE(with_interval(0.01, {0, 0, 0, 0.5}).low, 0);         // moved by −0.115
    EXPECT_LT(with_interval(-0.2, {-0.3, -0.2, -0.1}).low, -0.2);  // a difference may be negative
}

TEST(Tier, ByNameElseByDensityAndApproachRate) {
    const auto plan = [](double gap) {
        static test::HandMadeMap map;
        map = test::circles(std::vector<Vec2>(20, {256, 192}), gap);
        return make_plan(map.real());
    };
    EXPECT_EQ(tier_of("Mia's Light Insane", plan(1000), {}), Tier::insane);
    EXPECT_EQ(tier_of("EASY", plan(100), {}), Tier::easy);
    EXPECT_EQ(tier_of("Advanced", plan(100), {}), Tier::hard);
    EXPECT_EQ(tier_of("Stella", plan(1000), {}), Tier::easy);
    EXPECT_EQ(tier_of("Stella", plan(600), {}), Tier::normal);
    EXPECT_EQ(tier_of("Stella", plan(400), {}), Tier::hard);
    EXPECT_EQ(tier_of("Stella", plan(200), {}), Tier::insane);
    EXPECT_EQ(tier_of("Stella", plan(400), 9.5f), Tier::insane);
    EXPECT_EQ(tier_of("Stella", plan(400), 5.0f), Tier::hard);
    EXPECT_EQ(tier_of("Stella", plan(400), 3.0f), Tier::normal);
}

}  // namespace
}  // namespace osu
