// What pushing leaves on one another is folded away: every distance stays, and what is alike stays alike.
#include "sampling/folding.h"

#include <gtest/gtest.h>

#include "sampling/alignment.h"

namespace osu {
namespace {

constexpr float radius = 36;

// Circles 300 ms apart, each as far from the one before as it stands.
struct Circles {
    explicit Circles(std::vector<Vec2> at) : outlines(at.size(), {{0, 0}}), held(at.size()) {
        for (size_t i = 0; i < at.size(); ++i) {
            ChainFit::Body body;
            body.at = at[i];
            body.linked = i > 0;
            body.distance = i > 0 ? length(at[i] - at[i - 1]) : 0;
            bodies.push_back(body);
        }
    }
    int fold(std::span<const Folding::Copies> copies = {}) {
        std::vector<Separation::Object> objects;
        std::vector<float> distance;
        for (size_t i = 0; i < bodies.size(); ++i) {
            const double time = 300 * static_cast<double>(i);
            objects.push_back({time, time, true, length(bodies[i].leave)});
            distance.push_back(bodies[i].distance);
        }
        const Separation separation(objects, distance, radius, 900);
        return Folding(held, copies).apply(separation, bodies, outlines);
    }
    void expect_distances() const {
        for (size_t i = 1; i < bodies.size(); ++i)
            EXPECT_NEAR(length(bodies[i].at - bodies[i - 1].at - bodies[i - 1].leave), bodies[i].distance,
                        1e-3)
                << i;
    }
    float apart(size_t a, size_t b) const { return length(bodies[b].at - bodies[a].at); }

    std::vector<ChainFit::Body> bodies;
    std::vector<std::vector<Vec2>> outlines;
    std::vector<uint8_t> held;
};

// The third lies over the first.
const std::vector<Vec2> figure{{200, 200}, {280, 200}, {235, 235}, {335, 255}};

TEST(Folding, OneThatLiesOverAnotherGoesTheOtherWayAround) {
    Circles circles(figure);
    ASSERT_LT(circles.apart(0, 2), 2 * radius);
    EXPECT_EQ(circles.fold(), 1);
    EXPECT_GE(circles.apart(0, 2), 2 * radius);
    circles.expect_distances();
    EXPECT_EQ(circles.apart(0, 3), length(figure[3] - figure[0])) << "the first and the last stay";
    EXPECT_EQ(circles.fold(), 0);
}

TEST(Folding, WhatIsHeldOrFixedOrSharesASpotStays) {
    Circles held(figure), fixed(figure), spot(figure);
    held.held[2] = 1;
    fixed.bodies[2].fixed = true;
    spot.bodies[2].spot = 2;
    for (Circles* circles : {&held, &fixed, &spot}) {
        EXPECT_EQ(circles->fold(), 0);
        EXPECT_LT(circles->apart(0, 2), 2 * radius);
    }
}

TEST(Folding, NothingIsFoldedOntoAnEdgeOrOntoSomethingElse) {
    std::vector<Vec2> low = figure;
    for (Vec2& at : low) at.y = 582 - at.y;  // the way around leads over the lower edge
    Circles outwards(low);
    outwards.held[1] = 1;
    EXPECT_EQ(outwards.fold(), 0);
    std::vector<Vec2> full{{340, 140}};  // lies where the third would go
    full.insert(full.end(), figure.begin(), figure.end());
    Circles circles(full);
    circles.fold();
    EXPECT_GE(circles.apart(0, 3), 2 * radius);
}

TEST(Folding, ASliderIsCarried) {
    Circles circles(figure);
    circles.bodies[2].leave = {20, 10};
    circles.outlines[2].push_back({20, 10});
    circles.bodies[3].distance = length(figure[3] - figure[2] - Vec2{20, 10});
    EXPECT_EQ(circles.fold(), 1);
    circles.expect_distances();
    EXPECT_EQ(circles.bodies[2].leave.x, 20);
}

// The copy stands elsewhere, turned by a right angle.
TEST(Folding, WhatIsAlikeIsFoldedAlike) {
    std::vector<Vec2> twice = figure;
    for (const Vec2 at : figure) twice.push_back({340 - at.y, at.x - 150});
    for (size_t i = 4; i < 8; ++i) twice[i].y += 100;
    const std::vector<Folding::Copies> whole{{0, 4, 4}}, half{{2, 6, 2}};
    Circles alike(twice);
    EXPECT_GE(alike.fold(whole), 1);
    alike.expect_distances();
    EXPECT_GE(alike.apart(0, 2), 2 * radius);
    for (size_t i = 1; i < 4; ++i) {
        const Vec2 a = alike.bodies[i].at - alike.bodies[0].at;
        const Vec2 b = alike.bodies[i + 4].at - alike.bodies[4].at;
        EXPECT_NEAR(b.x, -a.y, 1e-2);
        EXPECT_NEAR(b.y, a.x, 1e-2);
    }
    Circles seam(twice);
    EXPECT_EQ(seam.fold(half), 0) << "what is alike would no longer be";
}

}  // namespace
}  // namespace osu
