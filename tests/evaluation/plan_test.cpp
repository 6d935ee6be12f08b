#include "evaluation/plan.h"

#include <gtest/gtest.h>

#include "beatmap/beatmap.h"
#include "beatmap/slider_path.h"
#include "evaluation/hand_made_map.h"
#include "support/goldens.h"

namespace osu {
namespace {

using enum PointType;
using test::HandMadeMap;

double needed(const std::vector<std::pair<PointType, Vec2>>& points) {
    HandMadeMap map;
    for (const auto& [type, at] : points) map.add(type, at, 0);
    const Plan plan = make_plan(map.real());
    EXPECT_EQ(plan.objects.size(), 1u);
    return plan.objects[0].needed_length;
}

TEST(Plan, TheEndOfASliderTellsItsLength) {
    EXPECT_NEAR(needed({{slider_head, {100, 100}}, {last_anchor, {200, 100}}, {slider_end_1, {170, 100}}}),
                70, 1e-3);
    // The game draws a path out that is too short.
    EXPECT_NEAR(needed({{slider_head, {100, 100}}, {last_anchor, {200, 100}}, {slider_end_1, {250, 100}}}),
                150, 1e-3);
    EXPECT_NEAR(needed({{slider_head, {0, 0}},
                        {red_anchor, {100, 0}},
                        {last_anchor, {100, 100}},
                        {slider_end_3, {100, 50}}}),
                150, 1e-3);
    // There and back: where the path passes twice, the second time counts.
    EXPECT_NEAR(
        needed(
            {{slider_head, {0, 0}}, {red_anchor, {100, 0}}, {last_anchor, {0, 0}}, {slider_end_1, {80, 0}}}),
        120, 1e-3);
    // Three quarters of a half circle about (100, 100).
    const float half = 100 * std::sqrt(0.5f);
    EXPECT_NEAR(needed({{slider_head, {0, 100}},
                        {perfect_anchor, {100, 0}},
                        {last_anchor, {200, 100}},
                        {slider_end_1, {100 + half, 100 - half}}}),
                75 * M_PI, 0.5);
}

TEST(Plan, Objects) {
    HandMadeMap map;
    map.add(bezier_anchor, {0, 0}, 0);  // belongs to nothing
    map.add(circle_new_combo, {10, 10}, 100);
    map.add(slider_head, {20, 20}, 200);
    map.add(bezier_anchor, {30, 30}, 250);
    map.add(last_anchor, {60, 20}, 300);
    map.add(slider_end_2, {50, 20}, 400);
    map.add(spinner_start, {256, 192}, 500);
    map.add(spinner_end, {256, 192}, 900);
    map.add(slider_head, {1, 1}, 1000);  // the sequence breaks off
    const Plan plan = make_plan(map.real());
    ASSERT_EQ(plan.objects.size(), 4u);
    EXPECT_TRUE(plan.objects[0].new_combo);
    EXPECT_EQ(plan.objects[1].kind, ObjectKind::slider);
    EXPECT_EQ(plan.objects[1].first, 2u);
    EXPECT_EQ(plan.objects[1].end, 6u);
    EXPECT_EQ(plan.objects[1].leave, 2u);  // after two spans the cursor is at the head again
    EXPECT_EQ(plan.objects[1].finish, 400);
    EXPECT_EQ(plan.objects[2].kind, ObjectKind::spinner);
    EXPECT_EQ(plan.objects[3].needed_length, 0);
}

std::vector<FlowKind> kinds(const std::vector<Vec2>& places, double gap) {
    std::vector<FlowKind> out;
    for (const PlannedTurn& turn : make_plan(test::circles(places, gap).real()).turns)
        out.push_back(turn.kind);
    return out;
}

TEST(Plan, KindsOfTurns) {
    EXPECT_EQ(kinds({{0, 0}, {20, 0}, {40, 0}}, 300), std::vector{FlowKind::stack});
    EXPECT_EQ(kinds({{0, 0}, {50, 0}, {100, 0}}, 100), std::vector{FlowKind::stream});
    EXPECT_EQ(kinds({{0, 0}, {150, 0}, {0, 0}}, 300), std::vector{FlowKind::jump});
    EXPECT_EQ(kinds({{0, 0}, {50, 0}, {200, 0}}, 300), std::vector{FlowKind::step});
    EXPECT_TRUE(kinds({{0, 0}, {1, 0}, {200, 0}}, 300).empty());     // the first step has no direction
    EXPECT_TRUE(kinds({{0, 0}, {100, 0}, {200, 0}}, 1500).empty());  // nor is a pause a movement
}

TEST(Plan, PairsThatTheSpacingDoesNotTell) {
    // The second lies 30 px beside the first because it was asked to; the third returns by itself.
    const Plan plan = make_plan(test::circles({{100, 100}, {130, 100}, {100, 130}, {300, 300}}, 200).real());
    std::vector<std::pair<uint32_t, uint32_t>> pairs;
    for (const PlannedPair& pair : plan.pairs) pairs.emplace_back(pair.earlier, pair.later);
    EXPECT_EQ(pairs, (std::vector<std::pair<uint32_t, uint32_t>>{{0, 2}, {2, 3}, {1, 3}}));
}

// What the ruler reads out of a sequence is what the map says.
TEST(Plan, NeededLengthsOfRealMaps) {
    const auto files = test::shared_maps();
    if (files.empty()) GTEST_SKIP() << "../shared/maps is absent";
    size_t sliders = 0, right = 0;
    for (size_t i = 0; i < files.size(); i += 16) {
        const Beatmap map = read_beatmap(files[i]);
        const Sequence sequence = to_sequence(map);
        const HandMadeMap measured = test::as_measured(sequence);
        for (const PlannedObject& object : make_plan(measured.real()).objects) {
            if (object.kind != ObjectKind::slider) continue;
            const HitObject& slider = map.objects[sequence.object[object.first]];
            ++sliders;
            right += std::abs(object.needed_length - SliderPath(map, slider).length()) < 1;
        }
    }
    EXPECT_GT(sliders, 1000u);
    EXPECT_GT(static_cast<double>(right), 0.995 * static_cast<double>(sliders));
}

}  // namespace
}  // namespace osu
