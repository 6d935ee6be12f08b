#include "evaluation/statistics.h"

#include <algorithm>
#include <map>
#include <string>

#include <gtest/gtest.h>

#include "evaluation/figures.h"
#include "evaluation/hand_made_map.h"
#include "evaluation/random_walk.h"
#include "support/goldens.h"

namespace osu {
namespace {

using enum PointType;
using test::HandMadeMap;

Statistics measured(const HandMadeMap& map, const std::vector<Vec2>& position) {
    return measure(map.real(), make_plan(map.real()), position);
}

std::map<std::string, double> figures_of(const Statistics& placed, const Statistics& real) {
    const auto all = figures({&placed, 1}, {&real, 1}, real.flow, 3);
    std::map<std::string, double> out;
    for (size_t i = 0; i < all.size(); ++i) out[figure_kinds()[i].key] = all[i].value;
    return out;
}

TEST(Statistics, Spacing) {
    // Asked: 100, 40 and 50 px.
    HandMadeMap map;
    map.add(circle, {356, 192}, 0);
    map.add(slider_head, {356, 232}, 500);
    map.add(last_anchor, {386, 272}, 600);
    const auto found = figures_of(measured(map, {{366, 192}, {366, 202}, {366, 251}}),
                                  measured(map, map.position));  // 110, 10, 49
    EXPECT_NEAR(found.at("spacing_mean_px"), (10 + 30 + 1) / 3.0, 1e-4);
    EXPECT_NEAR(found.at("spacing_median_px"), 10, 1e-4);
    EXPECT_NEAR(found.at("spacing_off_share"), 0.5, 1e-6);
    EXPECT_NEAR(found.at("spacing_relative"), 41 / 190.0, 1e-6);
    EXPECT_NEAR(found.at("spacing_circle_px"), 10, 1e-4);
    EXPECT_NEAR(found.at("spacing_head_px"), 30, 1e-4);
    EXPECT_NEAR(found.at("spacing_last_anchor_px"), 1, 1e-4);
    EXPECT_TRUE(std::isnan(found.at("spacing_slider_end_px")));
}

// The ball of a slider with two spans ends at its head: the circle behind it is asked 80 px from there.
TEST(Statistics, SpacingIsMeasuredFromWhereTheBallEnds) {
    HandMadeMap map;
    map.add(slider_head, {200, 192}, 0);
    map.add(last_anchor, {300, 192}, 200);
    map.add(PointType::slider_end_2, {300, 192}, 400);
    map.add(circle, {200, 112}, 600);
    const auto behind = [&](Vec2 place) {
        const Statistics placed = measured(map, {{200, 192}, {300, 192}, {300, 192}, place});
        return placed.spacing_errors.back();
    };
    EXPECT_NEAR(behind({120, 192}), 0, 1e-4);
    EXPECT_NEAR(behind({300, 192 - 128.06f}), 82.5, 0.1) << "as far from the path's end as in the source";
}

TEST(Statistics, FieldAndSliders) {
    HandMadeMap map;
    map.add(circle, {500, 100}, 0);
    map.add(slider_head, {400, 100}, 500);
    map.add(last_anchor, {510, 100}, 600);
    map.add(slider_end_1, {500, 100}, 600);  // 100 px of a path of 110
    const Statistics real = measured(map, map.position);
    const Statistics placed = measured(map, {{513, 100}, {450, 100}, {500, 100}, {540, 100}});
    const auto found = figures_of(placed, real), truth = figures_of(real, real);
    EXPECT_EQ(truth.at("off_field_share"), 0);
    EXPECT_EQ(found.at("off_field_share"), 0.5);
    EXPECT_EQ(truth.at("slider_off_field_share"), 0);
    EXPECT_EQ(found.at("slider_off_field_share"), 1);  // drawn out to 550
    EXPECT_NEAR(truth.at("slider_length_ratio"), 1.1, 1e-4);
    EXPECT_NEAR(found.at("slider_length_ratio"), 0.5, 1e-4);
    EXPECT_EQ(found.at("slider_length_share"), 0);
    EXPECT_EQ(found.at("slider_short_share"), 1);
    EXPECT_EQ(truth.at("slider_short_share"), 0);
    EXPECT_NEAR(truth.at("slider_end_px"), 0, 1e-3);
    EXPECT_NEAR(found.at("slider_end_px"), 10, 1e-3);
}

TEST(Statistics, Overlaps) {
    const HandMadeMap map = test::circles({{100, 100}, {250, 100}, {400, 100}, {400, 300}}, 200);
    const Statistics real = measured(map, map.position);
    EXPECT_EQ(real.overlapping, 0);
    // The third comes to lie half on the first, the fourth exactly on the second.
    const Statistics placed = measured(map, {{100, 100}, {250, 100}, {120, 100}, {252, 101}});
    EXPECT_EQ(placed.overlapping, 1);
    EXPECT_EQ(placed.stacked, 1);
    EXPECT_EQ(figures_of(placed, real).at("overlap_excess"), 0.25);
    // Half a second later nobody minds.
    const HandMadeMap slow = test::circles({{100, 100}, {250, 100}, {400, 100}, {400, 300}}, 600);
    EXPECT_EQ(measured(slow, {{100, 100}, {250, 100}, {120, 100}, {252, 101}}).overlapping, 0);
    // A circle on the body of the slider before.
    HandMadeMap slider;
    slider.add(slider_head, {100, 100}, 0);
    slider.add(last_anchor, {300, 100}, 200);
    slider.add(slider_end_1, {300, 100}, 200);
    slider.add(circle, {300, 250}, 400);
    EXPECT_EQ(measured(slider, slider.position).overlapping, 0);
    EXPECT_EQ(measured(slider, {{100, 100}, {300, 100}, {300, 100}, {200, 120}}).overlapping, 1);
}

double in_bin(const FlowHistogram& flow, FlowKind kind, size_t bin) {
    return flow[static_cast<size_t>(kind)][bin];
}

TEST(Statistics, TurnsGoOnOrBack) {
    // Round a square: every turn is 90° the way of the one before. The first has none before it.
    const std::vector<Vec2> square{{100, 100}, {250, 100}, {250, 250}, {100, 250}, {100, 100}};
    EXPECT_EQ(in_bin(measured(test::circles(square, 300), square).flow, FlowKind::jump, angle_bins / 4), 2);
    // Stairs: every turn is the other way.
    const std::vector<Vec2> stairs{{0, 0}, {90, 0}, {90, 90}, {180, 90}, {180, 180}};
    EXPECT_EQ(in_bin(measured(test::circles(stairs, 300), stairs).flow, FlowKind::jump, 3 * angle_bins / 4),
              2);
    const std::vector<Vec2> line{{0, 0}, {90, 0}, {180, 0}, {270, 0}};
    EXPECT_EQ(in_bin(measured(test::circles(line, 300), line).flow, FlowKind::jump, 0), 1);
    const std::vector<Vec2> back{{0, 0}, {90, 0}, {0, 0}, {90, 0}};
    EXPECT_EQ(in_bin(measured(test::circles(back, 300), back).flow, FlowKind::jump, angle_bins / 2), 1);
}

TEST(JensenShannon, Identities) {
    const std::vector<double> a{1, 2, 3}, twice{2, 4, 6}, b{5, 0, 1}, none{0, 0, 0};
    EXPECT_NEAR(jensen_shannon_distance(a, twice), 0, 1e-8);
    EXPECT_EQ(jensen_shannon_distance(a, b), jensen_shannon_distance(b, a));
    EXPECT_NEAR(jensen_shannon_distance(std::vector<double>{1, 0}, std::vector<double>{0, 7}), 1, 1e-12);
    EXPECT_NEAR(jensen_shannon_distance(std::vector<double>{1, 0}, std::vector<double>{1, 1}), 0.557923,
                1e-6);
    EXPECT_TRUE(std::isnan(jensen_shannon_distance(a, none)));
    // A metric: the way over a third is no shorter.
    EXPECT_LE(jensen_shannon_distance(a, b), jensen_shannon_distance(a, std::vector<double>{1, 1, 1}) +
                                                 jensen_shannon_distance(std::vector<double>{1, 1, 1}, b));
}

TEST(Figures, SetsOfMapsAndTheirIntervals) {
    const HandMadeMap map = test::circles({{256, 192}, {356, 192}}, 300);
    const Statistics real = measured(map, map.position);
    const Statistics near = measured(map, {{256, 192}, {366, 192}}),
                     far = measured(map, {{256, 192}, {456, 192}});
    const std::vector<Statistics> same(8, near), both{near, near, near, near, far, far, far, far},
        truth(8, real);
    const Figure steady = figures(same, truth, real.flow)[0], wide = figures(both, truth, real.flow)[0];
    EXPECT_EQ(figure_kinds()[0].key, "spacing_mean_px");
    EXPECT_NEAR(steady.value, 5, 1e-5);
    EXPECT_NEAR(steady.high - steady.low, 0, 1e-5);
    EXPECT_NEAR(wide.value, 27.5, 1e-5);
    // The mean of eight coins of 5 and 50: 27.5 ± 1.96 · 22.5 / √8.
    EXPECT_NEAR(wide.low, 27.5 - 15.6, 6);
    EXPECT_NEAR(wide.high, 27.5 + 15.6, 6);
}

TEST(RandomWalk, KeepsTheSpacingAndTheField) {
    std::vector<float> asked;
    for (int i = 0; i < 2000; ++i) asked.push_back(static_cast<float>(i % 23) * 12);
    const std::vector<uint8_t> circles(asked.size());
    const Datapoints map{.type = circles, .distance = asked};
    const std::vector<Vec2> walk = random_walk(map, 1);
    Vec2 before{256, 192};
    for (size_t i = 0; i < asked.size(); ++i) {
        EXPECT_NEAR(std::hypot(walk[i].x - before.x, walk[i].y - before.y), asked[i], 1e-3);
        EXPECT_TRUE(walk[i].x >= 0 && walk[i].x <= 512 && walk[i].y >= 0 && walk[i].y <= 384) << i;
        before = walk[i];
    }
    EXPECT_EQ(random_walk(map, 1), walk);
    EXPECT_NE(random_walk(map, 2), walk);
}

// The ruler tells people from chance: one half of real maps is nearer to the other half than a walk on the
// same rhythm is.
TEST(Statistics, RealMapsAreNearerToRealMapsThanAWalk) {
    const auto files = test::shared_maps();
    if (files.empty()) GTEST_SKIP() << "../shared/maps is absent";
    std::vector<Statistics> real, walked;
    FlowHistogram flow{};
    for (size_t i = 0; i < files.size(); i += 9) {
        const HandMadeMap map = test::as_measured(to_sequence(read_beatmap(files[i])));
        const Plan plan = make_plan(map.real());
        if (i % 2 == 0) {
            count_turns(plan, map.position, flow);
            continue;
        }
        real.push_back(measure(map.real(), plan, map.position));
        walked.push_back(measure(map.real(), plan, random_walk(map.real(), i)));
    }
    const auto truth = figures(real, real, flow, 200), walk = figures(walked, real, flow, 200);
    const auto place = [](const char* key) {
        const auto kinds = figure_kinds();
        return static_cast<size_t>(std::find_if(kinds.begin(), kinds.end(),
                                                [&](const FigureKind& kind) { return kind.key == key; }) -
                                   kinds.begin());
    };
    EXPECT_LT(truth[place("flow_distance")].high, walk[place("flow_distance")].low);
    EXPECT_EQ(truth[place("overlap_excess")].value, 0);
    EXPECT_GT(walk[place("overlap_excess")].low, 0);
    EXPECT_LT(walk[place("spacing_mean_px")].value, 0.01);
    EXPECT_LT(truth[place("slider_end_px")].value, 0.5);
}

}  // namespace
}  // namespace osu
