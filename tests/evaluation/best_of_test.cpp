#include "evaluation/best_of.h"

#include <limits>

#include <gtest/gtest.h>

namespace osu {
namespace {

TEST(BestOf, CountsWhatIsObjectedTo) {
    Marks marks(10);
    for (MarksOfObject& object : marks) object.fill(std::numeric_limits<float>::quiet_NaN());
    EXPECT_EQ(objections(marks), 0);
    mark_of(marks[3], Mark::covered) = 1;
    mark_of(marks[4], Mark::covered) = 0;
    EXPECT_EQ(objections(marks), 10);
    mark_of(marks[5], Mark::spot_missed) = 1;
    EXPECT_EQ(objections(marks), 15);
    mark_of(marks[6], Mark::mirror) = 1;
    EXPECT_EQ(objections(marks), 15) << "what people do is no fault";
    EXPECT_EQ(objections({}), 0);
}

TEST(BestOf, TakesTheFirstWithTheFewest) {
    const std::vector<uint8_t> type(4, 0);
    const std::vector<double> time{0, 300, 600, 900};
    const std::vector<float> distance{100, 120, 120, 120};
    const std::vector<Vec2> apart{{100, 100}, {220, 100}, {220, 220}, {340, 220}};
    std::vector<Vec2> covered = apart, edge = apart;
    covered[2] = {130, 110};  // half over the first, which is still there
    edge[3] = {340, 378};
    Datapoints map{.type = type, .time = time, .distance = distance, .position = apart};
    map.circle_radius = 36;
    const std::vector<std::vector<Vec2>> placements{covered, edge, apart, apart};
    EXPECT_EQ(fewest_objections(map, 900, placements), 2u);
    EXPECT_EQ(fewest_objections(map, 0, std::span(placements).first(2)), 1u);
}

}  // namespace
}  // namespace osu
