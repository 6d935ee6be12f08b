#include "sampling/placement_fit.h"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "base/random.h"
#include "sequence/sequence_path.h"

namespace osu {
namespace {

constexpr size_t count = 400;

// A spacing-true walk inside the field, and the same with noise of `spread` px.
struct Walk {
    std::vector<float> distance, x, noisy;
};
Walk walk(float spread, uint64_t seed) {
    Philox random(seed);
    Walk result;
    result.x.resize(2 * count);
    Vec2 before{256, 192};
    for (size_t i = 0; i < count; ++i) {
        const Vec2 at{20 + 472 * random.uniform(), 20 + 344 * random.uniform()};
        const float share = i % 7 == 3 ? 0 : 0.3f;  // some stand in one place
        const Vec2 next = before + (at - before) * share;
        result.distance.push_back(std::hypot(next.x - before.x, next.y - before.y));
        result.x[i] = next.x / 512;
        result.x[count + i] = next.y / 384;
        before = next;
    }
    result.noisy = result.x;
    std::vector<float> noise(2 * count);
    random.fill_normal(noise);
    for (size_t i = 0; i < 2 * count; ++i) result.noisy[i] += spread * noise[i] / (i < count ? 512 : 384);
    return result;
}

PlacementFit fit(const Walk& walk, std::span<const uint8_t> fixed = {}) {
    const std::vector<uint8_t> circles(count, 0);
    const std::vector<double> time(count);
    return PlacementFit({circles, time, walk.distance}, fixed);
}

double worst_error(const std::vector<float>& x, const std::vector<float>& distance) {
    double worst = 0, last_x = 256, last_y = 192;
    for (size_t i = 0; i < count; ++i) {
        const double px = 512 * x[i], py = 384 * x[count + i];
        worst = std::max(worst, std::abs(std::hypot(px - last_x, py - last_y) - distance[i]));
        last_x = px, last_y = py;
    }
    return worst;
}

TEST(PlacementFit, ReachesTheSpacing) {
    for (const float spread : {1.0f, 5.0f, 20.0f}) {
        const Walk made = walk(spread, 1);
        EXPECT_GT(worst_error(made.noisy, made.distance), 2 * spread);
        std::vector<float> x = made.noisy;
        fit(made).apply(x, 12);
        EXPECT_LT(worst_error(x, made.distance), 0.1) << spread;
        double moved = 0;
        for (size_t i = 0; i < count; ++i)
            moved += std::hypot(512 * (x[i] - made.noisy[i]), 384 * (x[count + i] - made.noisy[count + i]));
        EXPECT_LT(moved / count, 2 * spread) << "no farther than it takes";
    }
}

// A window of a map begins anywhere: nothing is asked of its first datapoint.
TEST(PlacementFit, AFirstDistanceBelowZeroIsNone) {
    Walk made = walk(0, 2);
    for (size_t i = 0; i < count; ++i) made.x[i] = 0.6f * made.x[i] + 0.2f;  // elsewhere than it was asked
    std::vector<float> x = made.x;
    for (size_t i = 1; i < count; ++i)
        made.distance[i] = std::hypot(512 * (x[i] - x[i - 1]), 384 * (x[count + i] - x[count + i - 1]));
    made.distance[0] = 0;
    fit(made).apply(x, 3);
    EXPECT_GT(std::hypot(x[0] - made.x[0], x[count] - made.x[count]), 1e-3);
    made.distance[0] = -1;
    x = made.x;
    fit(made).apply(x, 3);
    for (size_t i = 0; i < x.size(); ++i) EXPECT_NEAR(x[i], made.x[i], 1e-5);
}

TEST(PlacementFit, LeavesWhatIsRight) {
    const Walk made = walk(0, 2);
    std::vector<float> x = made.x;
    fit(made).apply(x, 3);
    for (size_t i = 0; i < x.size(); ++i) EXPECT_NEAR(x[i], made.x[i], 1e-5);
}

TEST(PlacementFit, StaysInsideAndFinite) {
    Walk made = walk(300, 3);
    for (size_t i = 0; i < count; i += 5) made.distance[i] = 900;  // farther than the field is wide
    std::vector<float> x = made.noisy;
    fit(made).apply(x, 10);
    for (const float value : x) {
        EXPECT_GE(value, 0);
        EXPECT_LE(value, 1);
    }
    std::vector<float> heap(2 * count, 0.5f);  // all in one place
    fit(made).apply(heap, 10);
    for (const float value : heap) EXPECT_TRUE(std::isfinite(value));
}

TEST(PlacementFit, KeepsTheFixed) {
    const Walk made = walk(10, 4);
    std::vector<uint8_t> fixed(count);
    std::vector<float> x = made.noisy;
    for (size_t i = 0; i < count; ++i)
        if (i < 100 || i > 300) {
            fixed[i] = 1;
            x[i] = made.x[i];
            x[count + i] = made.x[count + i];
        }
    fit(made, fixed).apply(x, 12);
    for (size_t i = 0; i < count; ++i)
        if (fixed[i]) {
            EXPECT_EQ(x[i], made.x[i]);
            EXPECT_EQ(x[count + i], made.x[count + i]);
        }
    EXPECT_LT(worst_error(x, made.distance), 0.1);
}

// A slider of three anchors that is drawn too short, and a circle behind it.
TEST(PlacementFit, SlidersGetTheirLengths) {
    const std::vector<uint8_t> type{0, 5, 6, 10, 11, 0};
    const std::vector<double> time{0, 500, 600, 700, 750, 1000};
    const std::vector<float> distance{50, 100, 60, 60, 0, 90};
    const std::vector<SliderLengths> lengths{{110, 100}};
    std::vector<float> px{200, 290, 320, 340, 340, 420}, py{192, 192, 160, 192, 192, 200};
    std::vector<float> x;
    for (const float value : px) x.push_back(value / 512);
    for (const float value : py) x.push_back(value / 384);
    PlacementFit({type, time, distance, {}, lengths, 30}).apply(x, 12);
    std::vector<Vec2> at;
    for (size_t i = 0; i < 6; ++i) at.push_back({512 * x[i], 384 * x[6 + i]});
    SliderPath path;
    assign_path(path, std::span(type).subspan(1, 4), std::span(at).subspan(1, 4), 100);
    EXPECT_NEAR(path.natural_length(), 110, 1);
    EXPECT_NEAR(std::hypot(path.position_at(1).x - at[4].x, path.position_at(1).y - at[4].y), 0, 0.01);
    EXPECT_NEAR(std::hypot(at[5].x - at[4].x, at[5].y - at[4].y), 90, 0.1);
    EXPECT_NEAR(std::hypot(at[1].x - at[0].x, at[1].y - at[0].y), 100, 0.1);
}

// A slider whose ball comes back to its head, and one with three spans: the circle behind the first is asked
// 80 px from the head, behind the second from the end.
TEST(PlacementFit, SpacingIsKeptFromWhereTheBallEnds) {
    for (const PointType end :
         {PointType::slider_end_2, PointType::slider_end_even, PointType::slider_end_3}) {
        const bool returns = end != PointType::slider_end_3;
        const std::vector<uint8_t> type{0, 4, 10, static_cast<uint8_t>(end), 0};
        const std::vector<double> time{0, 500, 600, 700, 1000};
        const std::vector<Vec2> source{
            {200, 192}, {250, 192}, {350, 192}, {350, 192}, {returns ? 250.0f : 350.0f, 112}};
        const std::vector<float> distance{56, 50, 100, 0, length(source[4] - source[3])};
        const std::vector<SliderLengths> lengths{{100, 100}};
        std::vector<float> x{220 / 512.f, 240 / 512.f, 300 / 512.f, 310 / 512.f, 200 / 512.f};
        for (const float y : {192, 230, 280, 290, 130}) x.push_back(y / 384);
        PlacementFit({type, time, distance, source, lengths}).apply(x, 12);
        std::vector<Vec2> at;
        for (size_t i = 0; i < 5; ++i) at.push_back({512 * x[i], 384 * x[5 + i]});
        EXPECT_NEAR(length(at[4] - at[returns ? 1 : 3]), 80, 0.1);
        EXPECT_NEAR(length(at[1] - at[0]), 50, 0.1);
        EXPECT_NEAR(length(at[3] - at[1]), 100, 0.1);
    }
}

// Four circles, 100 px apart: the third half over the first gives way, the fourth all but on the second
// stacks; one that comes a second later may cover what it likes.
TEST(PlacementFit, NothingIsPartlyUnderAnother) {
    const std::vector<uint8_t> type{0, 0, 0, 0, 0};
    const std::vector<double> time{0, 200, 400, 600, 1900};
    const std::vector<float> distance{156, 100, 100, 100, 100};
    const std::vector<float> px{100, 200, 130, 205, 110}, py{192, 192, 220, 192, 200};
    std::vector<float> x;
    for (const float value : px) x.push_back(value / 512);
    for (const float value : py) x.push_back(value / 384);
    std::vector<float> alone = x;
    PlacementFit({type, time, distance, {}, {}, 36}).apply(x, 12);
    PlacementFit({type, time, distance, {}, {}, 0}).apply(alone, 12);
    const auto between = [](const std::vector<float>& at, size_t a, size_t b) {
        return std::hypot(512 * (at[a] - at[b]), 384 * (at[5 + a] - at[5 + b]));
    };
    EXPECT_LT(between(alone, 0, 2), 60);
    EXPECT_GT(between(x, 0, 2), 71);
    EXPECT_GT(between(alone, 1, 3), 2);
    EXPECT_LT(between(x, 1, 3), 1);
    EXPECT_LT(between(x, 4, 0), 60);
    for (size_t i = 1; i < 5; ++i) EXPECT_NEAR(between(x, i, i - 1), 100, 0.2) << i;
}

// The third circle comes 1.4 s after the first, half over it: it gives way where that is still to be seen.
TEST(PlacementFit, WhatIsOnTheScreenByTheApproachRateIsNotCovered) {
    const std::vector<uint8_t> type{0, 0, 0};
    const std::vector<double> time{0, 700, 1400};
    const std::vector<float> distance{156, 100, 100};
    const auto apart = [&](double preempt) {
        std::vector<float> x{100 / 512.f, 200 / 512.f, 130 / 512.f, 192 / 384.f, 192 / 384.f, 220 / 384.f};
        Datapoints map{.type = type, .time = time, .distance = distance, .circle_radius = 36};
        map.preempt = preempt;
        PlacementFit(map).apply(x, 12);
        return std::hypot(512 * (x[2] - x[0]), 384 * (x[5] - x[3]));
    };
    EXPECT_LT(apart(preempt_of(10)), 60);
    EXPECT_GT(apart(preempt_of(3)), 71);
}

TEST(PlacementFit, KeepsOffTheEdgesWhereTheSpacingLetsIt) {
    const std::vector<uint8_t> circles(6, 0);
    const std::vector<double> time{0, 300, 600, 900, 1200, 1500};
    const std::vector<float> distance = {254, 40, 50, 60, 50, 40};
    const auto placed = [&](float margin) {  // down the right edge
        std::vector<float> x = {510, 510, 510, 510, 510, 510, 192, 232, 282, 342, 292, 252};
        for (size_t i = 0; i < 6; ++i) x[i] /= 512, x[6 + i] /= 384;
        PlacementFit({circles, time, distance}).apply(x, 12, margin);
        for (size_t i = 1; i < 6; ++i)
            EXPECT_NEAR(std::hypot(512 * (x[i] - x[i - 1]), 384 * (x[6 + i] - x[5 + i])), distance[i], 0.5);
        return x;
    };
    EXPECT_GT(placed(0)[2] * 512, 505);
    // Each by its own share of the margin, up to one and a half.
    const std::vector<float> kept_off = placed(16);
    EXPECT_LT(*std::min_element(kept_off.begin(), kept_off.begin() + 6) * 512, 496);
}

// The chain pulls what just touches over one another again; with room to spare it does not.
TEST(PlacementFit, PushesALittleFurtherWhereTheWayIsLong) {
    const std::vector<uint8_t> type{0, 0, 0};
    const std::vector<double> time{0, 200, 400};
    const auto apart = [&](float spacing) {
        const std::vector<float> distance{156, spacing, spacing};
        std::vector<float> x{100 / 512.f, 180 / 512.f, 150 / 512.f, 192 / 384.f, 192 / 384.f, 242 / 384.f};
        PlacementFit({type, time, distance, {}, {}, 36}).apply(x, 12);
        return std::hypot(512 * (x[2] - x[0]), 384 * (x[5] - x[3]));
    };
    EXPECT_NEAR(apart(80), 86.4, 3);
    EXPECT_NEAR(apart(37), 74, 1.5) << "no farther than the way between them";
}

TEST(PlacementFit, WhatElseIsAskedGoesInTurnWithThePushing) {
    const Walk made = walk(5, 3);
    PlacementFit fitted = fit(made);
    std::vector<float> x = made.noisy;
    fitted.apply(x, 3);
    int calls = 0;
    const auto count_calls = [&](std::span<float> row) {
        EXPECT_EQ(row.size(), 2 * count);
        ++calls;
    };
    x = made.noisy;
    const std::vector<uint8_t> circles(count, 0);
    const std::vector<double> time(count);
    PlacementFit({circles, time, made.distance, {}, {}, 30}).apply(x, 3, 0, count_calls);
    EXPECT_GE(calls, 4);
    const std::vector<float> distance{156, 100, 100};
    std::vector<float> three{100 / 512.f, 200 / 512.f, 300 / 512.f, 192 / 384.f, 192 / 384.f, 192 / 384.f};
    PlacementFit({std::span(circles).first(3), std::span(time).first(3), distance, {}, {}, 36})
        .apply(three, 3, 0, [](std::span<float> row) { row[5] = row[4] + 100 / 384.f; });
    EXPECT_GT(384 * (three[5] - three[4]), 60) << "what is moved in between stays moved";
}

// What is tied is asked for by halves; it has the last word, for the last rounds push nothing apart.
TEST(PlacementFit, ThePushingEndsBeforeWhatElseIsAsked) {
    const std::vector<uint8_t> type{0, 0, 0};
    const std::vector<double> time{0, 200, 400};
    const std::vector<float> distance{156, 100, 100};
    std::vector<float> x{100 / 512.f, 180 / 512.f, 150 / 512.f, 192 / 384.f, 192 / 384.f, 242 / 384.f};
    const auto apart = [&] { return std::hypot(512 * (x[2] - x[0]), 384 * (x[5] - x[3])); };
    PlacementFit({type, time, distance, {}, {}, 36}).apply(x, 3, 0, [](std::span<float> row) {
        const float wide = 512 * (row[2] - row[0]), high = 384 * (row[5] - row[3]);
        const float less = (std::hypot(wide, high) - 30) / 2 / std::hypot(wide, high);
        row[2] -= less * wide / 512;
        row[5] -= less * high / 384;
    });
    EXPECT_LT(apart(), 45);
}

// Something pulls the third back onto the first, whatever pushes it; it can only go the other way around.
TEST(PlacementFit, WhatPushingLeavesIsFoldedAway) {
    const std::vector<uint8_t> type{0, 0, 0, 0};
    const std::vector<double> time{0, 300, 600, 900};
    const std::vector<float> distance{56.6f, 80, 57, 102};
    const auto placed = [&](bool fold) {
        std::vector<float> x{200, 280, 235, 335, 200, 200, 235, 255};
        for (size_t i = 0; i < 8; ++i) x[i] /= i < 4 ? 512 : 384;
        const std::vector<float> before = x;
        const auto pull = [&](std::span<float> row) {
            if (std::hypot(512 * (row[2] - before[2]), 384 * (row[6] - before[6])) < 60)
                std::copy(before.begin(), before.end(), row.begin());
        };
        PlacementFit({type, time, distance, {}, {}, 36}).apply(x, 3, 0, pull, fold);
        return std::hypot(512 * (x[2] - x[0]), 384 * (x[6] - x[4]));
    };
    EXPECT_LT(placed(false), 72);
    EXPECT_GE(placed(true), 72);
}

// A section of a map has the margins of the map.
TEST(PlacementFit, HowFarOneKeepsOffAnEdgeHangsOnItsTime) {
    size_t bold = 0;
    std::vector<float> all;
    for (double at = 1000; at < 41000; at += 1000) {
        const std::vector<uint8_t> type(2, 0);
        const std::vector<double> time{at - 500, at};
        const auto kept_off = [&](std::span<const double> times, std::vector<float> distance) {
            const size_t n = times.size();
            std::vector<float> x(2 * n, 0.5f);
            x[n - 1] = 511 / 512.f;
            PlacementFit({std::span(type).first(n), times, distance}).apply(x, 12, 16);
            return 512 * (1 - x[n - 1]);
        };
        const float alone = kept_off(std::span(time).last(1), {-1});
        EXPECT_NEAR(kept_off(time, {0, 256 - alone}), alone, 0.5) << at;
        bold += alone < 2;
        all.push_back(alone);
    }
    EXPECT_GT(bold, 0u) << "some may lie on the edge, as people's do";
    EXPECT_LT(bold, 15u);
    EXPECT_GT(*std::max_element(all.begin(), all.end()), 20);
}

TEST(PlacementFit, SharedSpotsStayOne) {
    Walk made = walk(0, 5);
    made.x[30] = made.x[12], made.x[count + 30] = made.x[count + 12];
    for (const size_t i : {30, 31})
        made.distance[i] =
            std::hypot(512 * (made.x[i] - made.x[i - 1]), 384 * (made.x[count + i] - made.x[count + i - 1]));
    std::vector<float> x = made.x;
    for (size_t i = 0; i < x.size(); ++i) x[i] += (i % 3 == 0 ? 6.0f : -4.0f) / 512;
    PlacementFit fitted = fit(made);
    std::vector<int32_t> spot(count, -1);
    spot[12] = spot[30] = 12;
    fitted.share_spots(spot);
    fitted.apply(x, 12);
    EXPECT_NEAR(512 * (x[30] - x[12]), 0, 1e-3);
    EXPECT_NEAR(384 * (x[count + 30] - x[count + 12]), 0, 1e-3);
    EXPECT_LT(worst_error(x, made.distance), 0.5);
}

}  // namespace
}  // namespace osu
