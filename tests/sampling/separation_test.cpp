// Objects that cover each other are pushed apart; by how much does not hang on hairs.
#include "sampling/separation.h"

#include <gtest/gtest.h>

namespace osu {
namespace {

constexpr float radius = 36;

// Two objects, half a second apart, far enough from each other in the source.
struct Pair {
    std::vector<ChainFit::Body> bodies{2};
    std::vector<std::vector<Vec2>> outlines{{{0, 0}}, {{0, 0}}};

    void push() {
        const std::vector<Separation::Object> objects{{0, 100, true, 100}, {500, 600, true, 100}};
        const std::vector<float> distance{0, 200};
        const Separation separation(objects, distance, radius, 1200);
        separation.push(bodies, outlines);
    }
};

std::vector<Vec2> straight(Vec2 to) {
    std::vector<Vec2> points;
    for (int i = 0; i <= 4; ++i) points.push_back(to * (static_cast<float>(i) / 4));
    return points;
}

TEST(Separation, CirclesPartWithAFifthOfADiameterToSpare) {
    Pair pair;
    pair.bodies[0].at = {200, 200};
    pair.bodies[1].at = {230, 240};
    pair.push();
    EXPECT_NEAR(length(pair.bodies[1].at - pair.bodies[0].at), 2.4 * radius, 1e-3);
    EXPECT_NEAR(pair.bodies[0].at.x, 200 - 0.5 * (2.4 * radius - 50) * 0.6, 1e-3);
}

TEST(Separation, OneThatStaysIsLeftByTheOther) {
    Pair pair;
    pair.bodies[0].at = {200, 200};
    pair.bodies[0].fixed = true;
    pair.bodies[1].at = {240, 200};
    pair.push();
    EXPECT_EQ(pair.bodies[0].at.x, 200);
    EXPECT_NEAR(pair.bodies[1].at.x, 200 + 2.4 * radius, 1e-3);
}

// A body that lies over another's in the source may do so again; heads that lie over heads may not.
TEST(Separation, WhatTheSourceLaysOverOneAnotherIsLeft) {
    const std::vector<Separation::Object> objects{{0, 100, true, 100}, {500, 600, true, 100}};
    const std::vector<float> distance{0, 200};
    const std::vector<std::vector<Vec2>> outlines{straight({200, 0}), {{0, 0}}};
    const auto moved = [&](Vec2 in_source, Vec2 placed) {
        Separation separation(objects, distance, radius, 1200);
        separation.allow(std::vector<Vec2>{{100, 100}, in_source}, outlines);
        std::vector<ChainFit::Body> bodies(2);
        bodies[0].at = {100, 200};
        bodies[1].at = placed;
        separation.push(bodies, outlines);
        return (bodies[1].at - placed) - (bodies[0].at - Vec2{100, 200});
    };
    const Vec2 over_body{250, 210}, over_head{140, 210}, beside{250, 260};
    EXPECT_GT(length(moved({200, 300}, over_body)), 1);
    EXPECT_EQ(length(moved({200, 110}, over_body)), 0) << "over the body, far from the head";
    EXPECT_GT(length(moved({110, 110}, over_body)), 1) << "over the head";
    EXPECT_GT(length(moved({200, 110}, over_head)), 1) << "heads are parted all the same";
    // What all but lies over it in the result is drawn over it, down to 0.6 radii.
    EXPECT_NEAR(moved({200, 110}, beside).y, 0.6f * radius - 60, 1);
    EXPECT_EQ(length(moved({200, 110}, {250, 280})), 0) << "farther off than two radii";
    EXPECT_GT(moved({200, 300}, beside).y, 1);
}

// A slider of 140 px, the next asked 100 px from its end: straight back, it lies over the slider's head. Away
// from that it cannot go, around the slider's end it can.
TEST(Separation, TheNextGoesAroundTheEndOfASliderWhoseHeadItCovers) {
    const std::vector<Separation::Object> objects{{0, 100, true, 140}, {500, 500, true, 0}};
    const std::vector<float> distance{0, 100};
    Separation separation(objects, distance, radius, 1200);
    std::vector<ChainFit::Body> bodies(2);
    bodies[0].at = {100, 100};
    bodies[0].leave = {140, 0};
    bodies[1].at = {140, 100};
    separation.push(bodies, std::vector<std::vector<Vec2>>{{{0, 0}}, {{0, 0}}});
    const Vec2 apart = bodies[1].at - bodies[0].at;
    EXPECT_NEAR(apart.x, 40, 1e-3);
    EXPECT_GT(apart.y, 40) << "towards the middle of the field";
}

// What rounding makes of a position must not become another map.
TEST(Separation, BodiesThatNearlyTouchArePushedAlikeFromPlacesThatAreNearlyTheSame) {
    const auto pushed = [](Vec2 away) {
        Pair pair;
        pair.outlines = {straight({100, 0}), straight({60, 80})};
        pair.bodies[0].at = {200, 200};
        pair.bodies[1].at = Vec2{250, 200} + away;
        pair.push();
        return pair.bodies[1].at;
    };
    constexpr float hair = 0.01f;
    for (const float gap : {0.03f, 0.3f, 3.0f})
        for (const Vec2 side : {Vec2{hair, 0}, Vec2{-hair, 0}, Vec2{0, hair}}) {
            const Vec2 away{gap * 0.6f, gap * 0.8f};
            EXPECT_LT(length(pushed(away + side) - pushed(away)), 12 * hair) << gap;
        }
}

}  // namespace
}  // namespace osu
