// Sliders lie parallel and around their neighbours where the source has them so.
#include "sampling/slider_relations.h"

#include <cmath>
#include <numbers>

#include <gtest/gtest.h>

#include "sampling/alignment.h"
#include "sequence/sequence_path.h"
#include "support/made_datapoints.h"

namespace osu {
namespace {

constexpr auto circle = static_cast<uint8_t>(PointType::circle);
constexpr auto head = static_cast<uint8_t>(PointType::slider_head);
constexpr auto perfect = static_cast<uint8_t>(PointType::perfect_anchor);
constexpr auto last = static_cast<uint8_t>(PointType::last_anchor);
constexpr auto end = static_cast<uint8_t>(PointType::slider_end_1);

struct Song : test::MadeDatapoints {
    Song() { circle_radius = 36; }

    void add(std::vector<uint8_t> types, std::vector<Vec2> at) {
        for (size_t i = 0; i < types.size(); ++i) {
            time.push_back(type.empty() ? 0 : time.back() + (i == 0 ? 300 : 100));
            type.push_back(types[i]);
            position.push_back(at[i]);
            distance.push_back(0);
        }
        if (types[0] != head) return;
        SliderPath path;
        assign_path(path, types, at, 0);
        const auto length = static_cast<float>(path.natural_length());
        sliders.push_back({length, length});
    }
    // A straight one, of 100 px in this direction (degrees).
    void add_line(Vec2 at, double degrees) {
        const double angle = degrees * std::numbers::pi / 180;
        const Vec2 to =
            at + Vec2{100 * static_cast<float>(std::cos(angle)), 100 * static_cast<float>(std::sin(angle))};
        add({head, last, end}, {at, to, to});
    }
};

std::vector<Vec2> fit(const Song& song, const std::vector<Vec2>& at, std::span<const uint8_t> fixed = {}) {
    const size_t count = at.size();
    std::vector<float> x(2 * count);
    for (size_t i = 0; i < count; ++i) x[i] = at[i].x / 512, x[count + i] = at[i].y / 384;
    SliderRelations(song.view(), fixed).apply(x, 0);
    std::vector<Vec2> out;
    for (size_t i = 0; i < count; ++i) out.push_back({512 * x[i], 384 * x[count + i]});
    return out;
}

double degrees(const std::vector<Vec2>& at, size_t first) {
    const Vec2 chord = at[first + 2] - at[first];
    return std::atan2(chord.y, chord.x) * 180 / std::numbers::pi;
}

TEST(SliderRelations, ParallelAndMirroredSlidersAreSo) {
    Song source, placed;
    for (const double angle : {30.0, 32.0, -28.0, 80.0}) source.add_line({200, 200}, angle);
    for (const double angle : {100.0, 60.0, 10.0, 40.0}) placed.add_line({250, 150}, angle);
    const SliderRelations relations(source.view());
    ASSERT_EQ(relations.parallels().size(), 2u);
    EXPECT_FALSE(relations.parallels()[0].mirrored);
    EXPECT_TRUE(relations.parallels()[1].mirrored);
    const std::vector<Vec2> fitted = fit(source, placed.position);
    EXPECT_NEAR(std::remainder(degrees(fitted, 3) - degrees(fitted, 0), 180), 0, 15);
    EXPECT_NEAR(std::remainder(degrees(fitted, 6) + degrees(fitted, 3), 180), 0, 1);
    EXPECT_NEAR(degrees(fitted, 9), 40, 0.01);
    EXPECT_NEAR(length(fitted[2] - fitted[0]), 100, 0.1);
    EXPECT_LT(length(fitted[3] - placed.position[3]), 0.01f) << "about its head";

    Song longer = source;
    longer.sliders[1].slider = 120;
    EXPECT_TRUE(SliderRelations(longer.view()).parallels().empty());
}

TEST(SliderRelations, WhatIsFixedStaysAndIsFollowed) {
    Song source, placed;
    for (int i = 0; i < 2; ++i) source.add_line({200, 200}, 30);
    placed.add_line({200, 200}, 100);
    placed.add_line({300, 200}, 60);
    const std::vector<Vec2> fitted = fit(source, placed.position, std::vector<uint8_t>{1, 1, 1, 0, 0, 0});
    EXPECT_LT(length(fitted[2] - placed.position[2]), 0.01f);
    EXPECT_NEAR(degrees(fitted, 3), 100, 0.1);
}

TEST(SliderRelations, ABlanketLiesAroundItsNeighbour) {
    // An arc of 90° about the circle before it, which is 90 px away.
    const auto arc = [](Vec2 centre, double from) {
        std::vector<Vec2> at;
        for (const double degrees : {0.0, 45.0, 90.0, 90.0}) {
            const double angle = (from + degrees) * std::numbers::pi / 180;
            at.push_back(centre + Vec2{90 * static_cast<float>(std::cos(angle)),
                                       90 * static_cast<float>(std::sin(angle))});
        }
        return at;
    };
    Song source;
    source.add({circle}, {{200, 200}});
    source.add({head, perfect, last, end}, arc({200, 200}, 0));
    const SliderRelations relations(source.view());
    ASSERT_EQ(relations.blankets().size(), 1u);
    EXPECT_EQ(relations.blankets()[0].around, 0u);
    const std::vector<Vec2> placed = {{300, 100}, {250, 160}, {230, 110}, {200, 80}, {200, 80}};
    const std::vector<Vec2> fitted = fit(source, placed);
    for (size_t i = 1; i < 5; ++i) {
        EXPECT_NEAR(length(fitted[i] - fitted[0]), 90, 0.1) << i;
        EXPECT_LT(length(fitted[i] - placed[i]), 60) << i;
    }
    Song straight;
    straight.add({circle}, {{200, 200}});
    straight.add_line({290, 200}, 90);
    EXPECT_TRUE(SliderRelations(straight.view()).blankets().empty());
}

TEST(Alignment, FindsTheTurnAndTheMirror) {
    const std::vector<Vec2> points = {{0, 0}, {10, 0}, {10, 30}};
    std::vector<Vec2> onto;
    for (const Vec2 p : points) onto.push_back({100 + p.y, 50 + p.x});  // mirrored, and turned by 90°
    const auto left = [&](const Alignment& alignment, size_t points_meant) {
        float most = 0;
        for (size_t i = 0; i < points_meant; ++i)
            most = std::max(most, length(alignment(points[i]) - onto[i]));
        return most;
    };
    const Alignment with = align(points, onto, {}, true);
    EXPECT_TRUE(with.rotation.mirrored);
    EXPECT_LT(left(with, 3), 1e-3f);
    EXPECT_GT(left(align(points, onto), 3), 2);
    EXPECT_LT(left(align(points, onto, std::vector<float>{1, 1, 0}), 2), 1e-3f) << "two points always fit";
    for (const Vec2 arm : points) EXPECT_LT(length(with.rotation.back(with.rotation(arm)) - arm), 1e-4f);
}

}  // namespace
}  // namespace osu
