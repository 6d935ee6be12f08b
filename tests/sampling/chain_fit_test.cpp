// Bodies that share a spot, in the chain's linear system and in the chain.
#include "sampling/chain_fit.h"

#include <cmath>
#include <numeric>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"

namespace osu {
namespace {

// What is solved is what the system is for: moved as they are pulled, the bodies' links lose their errors.
TEST(ChainSolver, WhatIsPulledAsToldLosesItsErrors) {
    constexpr size_t count = 60;
    Philox random(4);
    std::vector<Vec2> direction(count), mobility(count, {1, 1});
    std::vector<double> error(count);
    std::vector<int32_t> partner(count, -1);
    for (size_t i = 0; i < count; ++i) {
        const float angle = 6.28f * random.uniform();
        direction[i] = {std::cos(angle), std::sin(angle)};
        error[i] = 20 * random.uniform() - 10;
    }
    mobility[20] = {0, 0};
    mobility[33] = {0, 1};  // at an edge
    const auto left = [&] {
        ChainSolver solver;
        const std::span<const Vec2> pull = solver.solve({direction, error, mobility, partner});
        std::vector<Vec2> moved(count);
        for (size_t i = 0; i < count; ++i) moved[i] = {pull[i].x * mobility[i].x, pull[i].y * mobility[i].y};
        double worst = 0;
        for (size_t i = 0; i < count; ++i) {
            const Vec2 step = i > 0 ? moved[i] - moved[i - 1] : moved[i];
            const double less = double{direction[i].x} * step.x + double{direction[i].y} * step.y;
            worst = std::max(worst, std::abs(error[i] + less));
        }
        for (size_t i = 0; i < count; ++i)
            if (partner[i] >= 0) {
                EXPECT_EQ(moved[i].x, moved[static_cast<size_t>(partner[i])].x) << i;
            }
        return worst;
    };
    EXPECT_LT(left(), 0.1);
    for (const auto& [spot, bodies] :
         {std::pair<int32_t, std::vector<size_t>>{5, {5, 9, 14}}, {24, {24, 30}}, {40, {40, 57}}})
        for (const size_t body : bodies) {
            partner[body] = spot;
            const float share = 1 / static_cast<float>(bodies.size());
            mobility[body] = {share, share};
        }
    EXPECT_LT(left(), 0.1);
}

// Each body at its place, with the distance to it from the one before.
void put(std::span<const Vec2> places, std::span<ChainFit::Body> bodies) {
    Vec2 before{256, 192};
    for (size_t i = 0; i < places.size(); ++i) {
        bodies[i].at = places[i];
        bodies[i].distance = length(places[i] - before);
        before = places[i];
    }
}

void shake(std::span<ChainFit::Body> bodies, Philox& random) {
    for (ChainFit::Body& body : bodies)
        body.at = body.at + Vec2{40 * random.uniform() - 20, 40 * random.uniform() - 20};
}

// px that each body is off its distance.
std::vector<double> errors(std::span<const ChainFit::Body> bodies) {
    std::vector<double> off;
    Vec2 before{256, 192};
    for (const ChainFit::Body& body : bodies) {
        off.push_back(std::abs(length(body.at - before) - body.distance));
        before = body.at + body.leave;
    }
    return off;
}

TEST(ChainFit, BodiesOfOneSpotMeetAndKeepTheirDistances) {
    constexpr size_t count = 24;
    Philox random(2);
    std::vector<ChainFit::Body> bodies(count);
    std::vector<Vec2> places;
    for (size_t i = 0; i < count; ++i) {
        places.push_back({100 + 300 * random.uniform(), 80 + 220 * random.uniform()});
        if (i == 9 || i == 17) places[i] = places[4];
    }
    put(places, bodies);
    for (const size_t i : {4, 9, 17}) bodies[i].spot = 4;
    shake(bodies, random);
    ChainFit().apply(bodies, 8);
    for (const double error : errors(bodies)) EXPECT_LT(error, 0.2);
    for (const size_t i : {9, 17}) EXPECT_EQ(length(bodies[i].at - bodies[4].at), 0);
}

// As in a map that comes back to a few places all the time, not always to the pixel: rings within rings.
TEST(ChainFit, ManySpotsKeepTheirDistances) {
    constexpr size_t count = 400;
    Philox random(6);
    std::vector<ChainFit::Body> bodies(count);
    std::vector<Vec2> places;
    for (size_t i = 0; i < count; ++i) {
        const size_t back = 1 + random.below(5);
        Vec2 at{60 + 400 * random.uniform(), 60 + 260 * random.uniform()};
        if (i > 8 && random.uniform() < 0.5f) {
            ChainFit::Body& first = bodies[i - back];
            if (first.spot < 0) first.spot = static_cast<int32_t>(i - back);
            bodies[i].spot = first.spot;
            at = places[static_cast<size_t>(first.spot)] +
                 Vec2{2 * random.uniform() - 1, 2 * random.uniform() - 1};
        }
        places.push_back(at);
    }
    put(places, bodies);
    shake(bodies, random);
    ChainFit().apply(bodies, 16);
    const std::vector<double> off = errors(bodies);
    EXPECT_LT(std::accumulate(off.begin(), off.end(), 0.0) / count, 0.5);
}

// A slider is left 100 px from the spot to which 40 px lead back: the way cannot be both.
TEST(ChainFit, ASpotThatNoPlacesMeetIsParted) {
    std::vector<ChainFit::Body> bodies(5);
    bodies[0] = {.at = {200, 192}, .distance = 56};
    bodies[1] = {.at = {240, 192}, .leave = {100, 0}, .high = {100, 0}, .distance = 40, .spot = 1};
    bodies[2] = {.at = {300, 192}, .distance = 40, .spot = 1};
    bodies[3] = {.at = {330, 222}, .distance = 42, .spot = 3};
    bodies[4] = {.at = {330, 222}, .distance = 0, .spot = 3};
    ChainFit chain;
    chain.apply(bodies, 12);
    EXPECT_EQ(length(bodies[2].at - bodies[1].at), 0);
    EXPECT_TRUE(chain.part_spots(bodies));
    EXPECT_EQ(bodies[1].spot, -1);
    EXPECT_EQ(bodies[2].spot, -1);
    EXPECT_EQ(bodies[4].spot, 3) << "it closes";
    chain.apply(bodies, 12);
    EXPECT_FALSE(chain.part_spots(bodies));
    for (const double error : errors(bodies)) EXPECT_LT(error, 0.2);
}

// One at the wall holds the other: the spot stays in the field for both.
TEST(ChainFit, ASpotStaysInsideForAllWhoShareIt) {
    std::vector<ChainFit::Body> bodies(3);
    bodies[0] = {.at = {480, 192}, .distance = 224, .spot = 0};
    bodies[1] = {.at = {400, 192}, .distance = 80};
    bodies[2] = {
        .at = {500, 192}, .leave = {60, 0}, .low = {0, 0}, .high = {60, 0}, .distance = 80, .spot = 0};
    ChainFit().apply(bodies, 12);
    EXPECT_LE(bodies[2].at.x, 452.01f);
    EXPECT_EQ(bodies[0].at.x, bodies[2].at.x);
}

// A row that leaves the field at its end: brought in before, it is still a row and not a corner at the wall.
TEST(ChainFit, AFigureThatIsPartlyOutsideComesInAsAWhole) {
    std::vector<ChainFit::Body> bodies(20);
    for (size_t i = 0; i < bodies.size(); ++i) {
        bodies[i].at = {100, 100 + (i < 12 ? 10.0f * static_cast<float>(i) : 110)};
        bodies[i].linked = false;
    }
    for (size_t i = 8; i < 12; ++i) bodies[i].at.x = -20;  // four of them, in a column
    std::vector<ChainFit::Body> stay = bodies;
    for (ChainFit::Body& body : stay) body.fixed = true;
    ChainFit().bring_inside(bodies, 10);
    for (size_t i = 8; i < 12; ++i) EXPECT_NEAR(bodies[i].at.x, 10, 1e-3) << i;
    EXPECT_GT(bodies[12].at.x, 125) << "its neighbours come along";
    EXPECT_GT(bodies[7].at.x, 125);
    EXPECT_LT(bodies[5].at.x, bodies[7].at.x) << "farther ones less";
    EXPECT_EQ(bodies[2].at.x, 100);
    EXPECT_EQ(bodies[9].at.y, 190);
    ChainFit().bring_inside(stay, 10);
    EXPECT_EQ(stay[9].at.x, -20);
    ChainFit anywhere(false);
    stay[9].fixed = false;
    anywhere.bring_inside(stay, 10);
    EXPECT_EQ(stay[9].at.x, -20);
}

TEST(ChainFit, EachKeepsOffTheEdgesItsOwnWay) {
    std::vector<ChainFit::Body> bodies(2);
    bodies[0] = {.at = {1, 100}, .linked = false};
    bodies[1] = {.at = {1, 300}, .shyness = 1.5f, .linked = false};
    ChainFit().apply(bodies, 4, 10);
    EXPECT_NEAR(bodies[0].at.x, 10, 1e-3);
    EXPECT_NEAR(bodies[1].at.x, 15, 1e-3);
}

}  // namespace
}  // namespace osu
