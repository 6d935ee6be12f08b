// Each mark on maps of a few objects: where it is seen, where not, and where there is nothing to see.
#include "evaluation/marks.h"

#include <cmath>

#include <gtest/gtest.h>

#include "evaluation/hand_made_map.h"

namespace osu {
namespace {

using enum PointType;
using test::HandMadeMap;

constexpr double normal_preempt = 1200;

Marks marks_of(const HandMadeMap& map, const std::vector<Vec2>& position, double preempt = normal_preempt) {
    return note_marks(map.real(), make_plan(map.real()), position, preempt);
}

float at(const Marks& marks, size_t object, Mark mark) {
    return marks[object][static_cast<size_t>(mark)];
}

// A slider of one straight line.
void add_slider(HandMadeMap& map, Vec2 head, Vec2 end, double start, double finish,
                PointType spans = slider_end_1) {
    map.add(slider_head, head, start);
    map.add(last_anchor, end, start + (finish - start) / 2);
    map.add(spans, end, finish);
}

TEST(Marks, TheBallOfAReverseSliderEndsAtItsHead) {
    HandMadeMap map;
    add_slider(map, {100, 100}, {200, 100}, 0, 400, slider_end_2);
    map.add(circle, {100, 180}, 600);  // 80 px from the head, 128 from the end of the path
    EXPECT_EQ(at(marks_of(map, map.position), 1, Mark::reverse_spacing_off), 0);
    std::vector<Vec2> placed = map.position;
    placed.back() = {200, 228};  // as far from the end of the path as before, 163 px from the head
    EXPECT_EQ(at(marks_of(map, placed), 1, Mark::reverse_spacing_off), 1);
    placed.back() = {100, 205};
    EXPECT_EQ(at(marks_of(map, placed), 1, Mark::reverse_spacing_off), 0);
    HandMadeMap once;
    add_slider(once, {100, 100}, {200, 100}, 0, 400);
    once.add(circle, {100, 180}, 600);
    EXPECT_TRUE(std::isnan(at(marks_of(once, once.position), 1, Mark::reverse_spacing_off)));
}

TEST(Marks, AHeadOverAnObjectThatIsStillSeen) {
    const HandMadeMap map = test::circles({{100, 100}, {300, 100}, {300, 300}}, 500);
    const std::vector<Vec2> over{{100, 100}, {300, 100}, {130, 100}};
    EXPECT_EQ(at(marks_of(map, map.position), 2, Mark::covered), 0);
    EXPECT_EQ(at(marks_of(map, over), 2, Mark::covered), 1);
    // The third comes a second after the first: with AR 9 the first is gone before it appears.
    EXPECT_EQ(at(marks_of(map, over, 600), 2, Mark::covered), 0);
    // Exactly on it: a stack.
    EXPECT_EQ(at(marks_of(map, {{100, 100}, {300, 100}, {102, 101}}), 2, Mark::covered), 0);
    // What the map asks for is not the placement's fault.
    const HandMadeMap near = test::circles({{100, 100}, {120, 100}, {140, 100}}, 500);
    EXPECT_EQ(at(marks_of(near, near.position), 2, Mark::covered), 0);
}

TEST(Marks, BodiesOverObjectsAndHeadsOverBodies) {
    HandMadeMap map;
    map.add(circle, {100, 100}, 0);
    add_slider(map, {300, 300}, {400, 300}, 600, 800);
    map.add(circle, {100, 200}, 1300);
    const Marks real = marks_of(map, map.position);
    EXPECT_EQ(at(real, 1, Mark::body_over), 0);
    EXPECT_EQ(at(real, 2, Mark::head_over_body), 0);
    EXPECT_TRUE(std::isnan(at(real, 2, Mark::body_over)));
    // The slider runs over the first circle, the last circle lies on its body.
    const Marks placed = marks_of(map, {{350, 300}, {300, 310}, {400, 310}, {400, 310}, {350, 320}});
    EXPECT_EQ(at(placed, 1, Mark::body_over), 1);
    EXPECT_EQ(at(placed, 2, Mark::head_over_body), 1);
}

TEST(Marks, Edges) {
    const HandMadeMap map = test::circles({{256, 192}, {8, 192}, {256, 384}, {256, 375}}, 500);
    const Marks marks = marks_of(map, map.position);
    const std::vector<float> near{0, 1, 1, 0}, on{0, 0, 1, 0};
    for (size_t i = 0; i < 4; ++i) {
        EXPECT_EQ(at(marks, i, Mark::near_edge), near[i]) << i;
        EXPECT_EQ(at(marks, i, Mark::on_edge), on[i]) << i;
    }
}

TEST(Marks, StreamsBendEvenly) {
    // Around a circle of 100 px: every turn is 20°.
    std::vector<Vec2> round, shaken;
    for (int i = 0; i < 8; ++i) {
        const double angle = i * 20 * 3.14159265 / 180;
        round.push_back({static_cast<float>(256 + 100 * std::cos(angle)),
                         static_cast<float>(192 + 100 * std::sin(angle))});
        shaken.push_back({static_cast<float>(100 + 30 * i), i % 2 ? 110.0f : 100.0f});
    }
    const HandMadeMap stream = test::circles(round, 100);
    const Marks even = marks_of(stream, round), zigzag = marks_of(stream, shaken);
    EXPECT_LT(at(even, 4, Mark::stream_turn_change), 4);  // whole pixels
    EXPECT_EQ(at(even, 4, Mark::stream_bend_flip), 0);
    EXPECT_NEAR(at(zigzag, 4, Mark::stream_turn_change), 4 * 18.4, 1);
    EXPECT_EQ(at(zigzag, 4, Mark::stream_bend_flip), 1);
    const HandMadeMap slow = test::circles(round, 200);
    EXPECT_TRUE(std::isnan(at(marks_of(slow, shaken), 4, Mark::stream_turn_change)));
}

TEST(Marks, FourJumps) {
    const std::vector<Vec2> trapezoid{{100, 100}, {150, 250}, {250, 250}, {300, 100}},
        turned{{100, 100}, {200, 100}, {150, 250}, {250, 250}},
        neither{{100, 100}, {200, 120}, {150, 250}, {330, 200}};
    const HandMadeMap map = test::circles(trapezoid, 300);
    EXPECT_EQ(at(marks_of(map, trapezoid), 3, Mark::mirror), 1);
    EXPECT_EQ(at(marks_of(map, trapezoid), 3, Mark::point_mirror), 0);
    EXPECT_EQ(at(marks_of(map, turned), 3, Mark::mirror), 0);
    EXPECT_EQ(at(marks_of(map, turned), 3, Mark::point_mirror), 1);
    EXPECT_EQ(at(marks_of(map, neither), 3, Mark::mirror), 0);
    EXPECT_EQ(at(marks_of(map, neither), 3, Mark::point_mirror), 0);
    EXPECT_EQ(at(marks_of(map, trapezoid), 2, Mark::equal_angle), 1);
    EXPECT_EQ(at(marks_of(map, neither), 2, Mark::equal_angle), 0);
    EXPECT_TRUE(std::isnan(at(marks_of(map, trapezoid), 2, Mark::mirror)));
}

TEST(Marks, ParallelSliders) {
    HandMadeMap map;
    add_slider(map, {100, 100}, {180, 160}, 0, 200);
    add_slider(map, {300, 100}, {380, 160}, 500, 700);
    add_slider(map, {300, 300}, {460, 300}, 1000, 1400);
    const auto second = [&](Vec2 end) {
        std::vector<Vec2> placed = map.position;
        placed[4] = placed[5] = end;
        return at(marks_of(map, placed), 1, Mark::parallel_slider);
    };
    EXPECT_EQ(second({380, 160}), 1);
    EXPECT_EQ(second({220, 160}), 1);  // mirrored
    EXPECT_EQ(second({300, 200}), 0);
    EXPECT_TRUE(std::isnan(at(marks_of(map, map.position), 2, Mark::parallel_slider)));  // twice as long
}

TEST(Marks, ABlanket) {
    HandMadeMap map;
    map.add(circle, {200, 200}, 0);
    map.add(slider_head, {300, 200}, 400);
    map.add(perfect_anchor, {271, 271}, 500);
    map.add(last_anchor, {200, 300}, 600);
    map.add(slider_end_1, {200, 300}, 600);
    EXPECT_EQ(at(marks_of(map, map.position), 1, Mark::blanket), 1);
    std::vector<Vec2> beside = map.position;
    beside[0] = {230, 180};
    EXPECT_EQ(at(marks_of(map, beside), 1, Mark::blanket), 0);
    HandMadeMap straight;
    straight.add(circle, {200, 200}, 0);
    add_slider(straight, {300, 200}, {300, 210}, 400, 600);
    EXPECT_TRUE(std::isnan(at(marks_of(straight, straight.position), 1, Mark::blanket)));
}

TEST(Marks, SpotsUsedAgainAndMissed) {
    const HandMadeMap map = test::circles({{100, 100}, {300, 100}, {300, 300}}, 500);
    const auto third = [&](Vec2 place, Mark mark) {
        return at(marks_of(map, {{100, 100}, {300, 100}, place}), 2, mark);
    };
    EXPECT_EQ(third({100, 100}, Mark::spot_again), 1);
    EXPECT_EQ(third({100, 100}, Mark::spot_missed), 0);
    EXPECT_EQ(third({110, 100}, Mark::spot_again), 0);
    EXPECT_EQ(third({110, 100}, Mark::spot_missed), 1);
    EXPECT_EQ(third({200, 250}, Mark::spot_missed), 0);
    const HandMadeMap slow = test::circles({{100, 100}, {300, 100}, {300, 300}}, 1600);
    EXPECT_EQ(at(marks_of(slow, {{100, 100}, {300, 100}, {100, 100}}), 2, Mark::spot_again), 0);
}

TEST(Marks, RepeatsOfTheSourceAndOfTheLastFour) {
    const std::vector<Vec2> figure{{0, 0},   {90, 20},  {30, 90},  {110, 120},
                                   {10, 40}, {80, 140}, {100, 30}, {20, 100}};
    std::vector<Vec2> places;
    for (const Vec2 p : figure) places.push_back(p + Vec2{50, 50});
    for (const Vec2 p : figure) places.push_back(Vec2{-p.y, p.x} + Vec2{400, 200});  // turned
    const HandMadeMap map = test::circles(places, 400);
    EXPECT_EQ(at(marks_of(map, places), 8, Mark::repeat_kept), 1);
    std::vector<Vec2> other = places;
    other[10] = {100, 300};
    EXPECT_EQ(at(marks_of(map, other), 8, Mark::repeat_kept), 0);
    EXPECT_TRUE(std::isnan(at(marks_of(map, places), 7, Mark::repeat_kept)));
    EXPECT_EQ(at(marks_of(map, places), 7, Mark::repeats_last_four), 0);
    std::vector<Vec2> twice = places;
    for (size_t i = 0; i < 4; ++i) twice[4 + i] = Vec2{places[i].x + 100, 350 - places[i].y};  // mirrored
    EXPECT_EQ(at(marks_of(map, twice), 7, Mark::repeats_last_four), 1);
}

}  // namespace
}  // namespace osu
