// What a map has of itself is found, and asked of what is placed.
#include "sampling/structure.h"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "base/random.h"
#include "support/made_datapoints.h"

namespace osu {
namespace {

using test::MadeDatapoints;

constexpr size_t part = 10;  // circles; 12 between a part and its copy

// A part, something else, and the part again: mirrored, turned by 90°, elsewhere.
struct Song : MadeDatapoints {
    Song() {
        Philox random(3);
        for (size_t i = 0; i < 32; ++i) {
            position.push_back({100 + 150 * random.uniform(), 100 + 150 * random.uniform()});
            const double gap = i < part || i >= 22 ? 200 : 300 + 17.0 * static_cast<double>(i);
            time.push_back(i == 0 ? 0 : time.back() + gap);
        }
        for (size_t i = 0; i < part; ++i) position[22 + i] = {position[i].y + 100, position[i].x + 20};
        type.assign(32, 0);
        distance.assign(32, 0);
    }
};

std::vector<float> noise(uint64_t seed) {
    Philox random(seed);
    std::vector<float> x(64);
    for (float& value : x) value = random.uniform();
    return x;
}

Vec2 at(const std::vector<float>& x, size_t i) {
    return {512 * x[i], 384 * x[32 + i]};
}
Vec2 centre(const std::vector<float>& x, size_t first) {
    Vec2 sum{};
    for (size_t i = 0; i < part; ++i) sum = sum + at(x, first + i);
    return sum * (1.0f / part);
}

TEST(Structure, FindsTheCopyAndItsMirror) {
    const Song song;
    const Structure structure(song.view());
    ASSERT_EQ(structure.ties().size(), 1u);
    const Structure::Tie& tie = structure.ties()[0];
    EXPECT_EQ(tie.points.front(), std::pair(0u, 22u));
    EXPECT_EQ(tie.points.size(), part);
    EXPECT_TRUE(tie.rotation.mirrored);
    EXPECT_NEAR(tie.rotation.cosine, 0, 1e-4);
}

TEST(Structure, OtherPlacesOrAnotherRhythmAreNoCopy) {
    Song other;
    for (size_t i = 0; i < part; i += 2) other.position[22 + i].x += 60;
    EXPECT_TRUE(Structure(other.view()).ties().empty());
    Song late;
    for (size_t i = 26; i < 32; ++i) late.time[i] += 100;
    EXPECT_TRUE(Structure(late.view()).ties().empty());
}

TEST(Structure, TheResultRepeatsWithItsOwnCentresAndShape) {
    const Song song;
    const std::vector<float> before = noise(1);
    std::vector<float> x = before;
    Structure(song.view()).apply(x);
    for (const size_t first : {size_t{0}, size_t{22}})
        EXPECT_NEAR(length(centre(x, first) - centre(before, first)), 0, 0.01);
    double far_from_source = 0;
    for (size_t i = 0; i < part; ++i) {
        const Vec2 a = at(x, i) - centre(x, 0), b = at(x, 22 + i) - centre(x, 22);
        EXPECT_NEAR(a.y, b.x, 0.01);
        EXPECT_NEAR(a.x, b.y, 0.01);
        far_from_source += length(at(x, i) - song.position[i]);
    }
    EXPECT_GT(far_from_source / part, 50) << "the source's places are not copied";
    for (size_t i = part; i < 22; ++i) EXPECT_NEAR(length(at(x, i) - at(before, i)), 0, 1e-3);
}

// The fifth circle of a part and of its copy become sliders of one shape, the second turned 30° further.
MadeDatapoints with_sliders() {
    MadeDatapoints map = Song();
    const std::vector<Vec2> arms{{40, 10}, {60, 50}, {60, 50}};
    const Rotation turned{-0.5f, 0.8660254f, true};
    for (const size_t head : {size_t{26}, size_t{4}}) {
        map.type[head] = static_cast<uint8_t>(PointType::slider_head);
        for (const PointType type :
             {PointType::slider_end_1, PointType::last_anchor, PointType::bezier_anchor})
            map.type.insert(map.type.begin() + head + 1, static_cast<uint8_t>(type));
        map.time.insert(map.time.begin() + head + 1, 3, map.time[head] + 100);
        map.distance.insert(map.distance.begin() + head + 1, 3, 0);
        for (size_t k = arms.size(); k-- > 0;)
            map.position.insert(map.position.begin() + head + 1,
                                map.position[head] + (head == 4 ? arms[k] : turned(arms[k])));
    }
    return map;
}

TEST(Structure, ASliderOfACopyThatIsTurnedByItselfKeepsItsShape) {
    const MadeDatapoints map = with_sliders();
    const uint32_t count = static_cast<uint32_t>(map.type.size()), first = 4, again = 29;
    Philox random(5);
    std::vector<float> x(2 * count);
    for (float& value : x) value = random.uniform();
    const auto arm = [&](uint32_t head, uint32_t k) {
        return length(Vec2{512 * (x[head + k] - x[head]), 384 * (x[count + head + k] - x[count + head])});
    };
    Structure(map.view()).apply(x);
    for (uint32_t k = 1; k < 4; ++k) EXPECT_NEAR(arm(first, k), arm(again, k), 1) << k;
}

// A section that is placed anew beside a part like it would else be that part again, whatever its seed.
TEST(Structure, WhatIsFixedIsLikeNothing) {
    const Song song;
    std::vector<uint8_t> fixed(32);
    for (size_t i = 0; i < part; ++i) fixed[i] = 1;
    EXPECT_TRUE(Structure(song.view(), fixed).ties().empty());
    fixed.assign(32, 0);
    for (size_t i = part; i < 22; ++i) fixed[i] = 1;
    EXPECT_EQ(Structure(song.view(), fixed).ties().size(), 1u) << "two parts that are both placed";
}

// x has the datapoints of a section alone.
TEST(Structure, TiesWithinASection) {
    const Song song;
    std::vector<uint8_t> fixed(32);
    std::vector<uint32_t> kept;
    for (uint32_t i = 0; i < 32; ++i) {
        fixed[i] = i >= 12 && i < 20;
        if (i < 15 || i >= 18) kept.push_back(i);
    }
    Structure structure(song.view(), fixed);
    const auto parts = structure.parts(kept);
    ASSERT_EQ(parts.size(), 1u);
    EXPECT_EQ(parts[0].from, 0u);
    EXPECT_EQ(parts[0].to, 19u) << "among those that are kept";
    EXPECT_EQ(parts[0].count, part);
    Philox random(4);
    std::vector<float> x(2 * kept.size());
    for (float& value : x) value = random.uniform();
    structure.apply(x, kept);
    const auto placed = [&](size_t i) {
        const auto at = static_cast<size_t>(std::find(kept.begin(), kept.end(), i) - kept.begin());
        return Vec2{512 * x[at], 384 * x[kept.size() + at]};
    };
    for (size_t i = 1; i < part; ++i) {
        const Vec2 here = placed(22 + i) - placed(22), there = placed(i) - placed(0);
        EXPECT_NEAR(here.x, there.y, 1) << i;
        EXPECT_NEAR(here.y, there.x, 1) << i;
    }
}

// A map of one rhythm asks for every pair of its objects.
TEST(Structure, OneRhythmIsNoWorkOfHours) {
    std::vector<uint8_t> type(3000);
    std::vector<double> time;
    std::vector<float> distance(3000);
    std::vector<Vec2> position;
    Philox random(5);
    for (size_t i = 0; i < type.size(); ++i) {
        time.push_back(250.0 * static_cast<double>(i));
        position.push_back({512 * random.uniform(), 384 * random.uniform()});
    }
    const Datapoints map{.type = type, .time = time, .distance = distance, .position = position};
    EXPECT_TRUE(Structure(map).ties().empty());
}

TEST(Structure, HeadsAloneComeNearerAtEachRound) {
    const Song song;
    Structure structure(song.view());
    std::vector<float> x = noise(2);
    const auto apart = [&] {
        double sum = 0;
        for (size_t i = 0; i < part; ++i) {
            const Vec2 a = at(x, i) - centre(x, 0), b = at(x, 22 + i) - centre(x, 22);
            sum += length(Vec2{a.y - b.x, a.x - b.y});
        }
        return sum;
    };
    const double before = apart();
    structure.align_heads(x);
    EXPECT_LT(apart(), 0.01 * before);
}

// Parts that overlap: A B C came before as A B and, elsewhere, as B C. The seam is tied, too.
TEST(Structure, PartsMayOverlap) {
    Philox random(8);
    std::vector<Vec2> figure;
    for (size_t i = 0; i < 24; ++i)
        figure.push_back({100 + 200 * random.uniform(), 80 + 200 * random.uniform()});
    std::vector<uint8_t> type;
    std::vector<double> time;
    std::vector<float> distance;
    std::vector<Vec2> position;
    const auto add = [&](size_t first, size_t end, Vec2 by) {
        for (size_t i = first; i < end; ++i) {
            position.push_back(figure[i] + by);
            time.push_back(time.empty() ? 0 : time.back() + (i == first ? 500 : 200));
            type.push_back(0);
            distance.push_back(0);
        }
    };
    add(0, 16, {0, 0});
    add(8, 24, {40, 0});
    add(0, 24, {0, 30});
    const Structure structure({.type = type, .time = time, .distance = distance, .position = position});
    ASSERT_GE(structure.ties().size(), 2u);
    size_t twice = 0;
    for (uint32_t i = 32; i < 56; ++i) {
        size_t ties = 0;
        for (const Structure::Tie& tie : structure.ties())
            for (const auto& [from, to] : tie.points) ties += to == i;
        twice += ties >= 2;
    }
    EXPECT_GE(twice, 7u);
}

// A part that comes a fourth time is tied to all three before: tied to the first alone, the copies would take
// many rounds to be alike.
TEST(Structure, APartIsTiedToAllOfItsLastCopies) {
    Philox random(9);
    std::vector<Vec2> position;
    std::vector<double> time;
    std::vector<Vec2> figure;
    for (size_t i = 0; i < 8; ++i)
        figure.push_back({100 + 200 * random.uniform(), 80 + 200 * random.uniform()});
    for (int copy = 0; copy < 4; ++copy)
        for (size_t i = 0; i < 8; ++i) {
            position.push_back(figure[i] + Vec2{0, 20.0f * static_cast<float>(copy)});
            // Times of two maps' parts differ by what an editor rounds, and a little more.
            time.push_back(time.empty() ? 0
                                        : time.back() + (i == 0 ? 2000 + 500 * copy : 200 + 12 * (copy % 2)));
        }
    const std::vector<uint8_t> type(position.size());
    const std::vector<float> distance(position.size());
    const Structure structure({.type = type, .time = time, .distance = distance, .position = position});
    for (uint32_t copy = 0; copy < 3; ++copy) {
        size_t ties = 0;
        for (const Structure::Tie& tie : structure.ties())
            ties += tie.points.front() == std::pair(8 * copy, 24u);
        EXPECT_EQ(ties, 1u) << copy;
    }
}

TEST(Structure, SpotsOfStreamsAndOfLongWaysAreNotHeld) {
    const auto spot_of_last = [](size_t between, double gap) {
        std::vector<Vec2> position{{100, 100}};
        for (size_t i = 0; i < between; ++i) position.push_back({150 + 10 * static_cast<float>(i), 200});
        position.push_back({100, 100});
        std::vector<double> time;
        for (size_t i = 0; i < position.size(); ++i) time.push_back(gap * static_cast<double>(i));
        const std::vector<uint8_t> type(position.size());
        const std::vector<float> distance(position.size());
        return shared_spots({.type = type, .time = time, .distance = distance, .position = position}).back();
    };
    EXPECT_EQ(spot_of_last(3, 200), 0);
    EXPECT_EQ(spot_of_last(7, 200), 0);
    EXPECT_EQ(spot_of_last(8, 200), -1) << "nine objects later";
    EXPECT_EQ(spot_of_last(3, 120), -1) << "in a stream";
}

TEST(Structure, SpotsAreSharedFor3Seconds) {
    const std::vector<uint8_t> type(6, 0);
    const std::vector<double> time{0, 500, 1000, 1500, 2000, 6000};
    const std::vector<Vec2> position{{100, 100}, {200, 100}, {101, 100}, {300, 200}, {100, 100}, {100, 100}};
    const std::vector<float> distance(6);
    Datapoints map{.type = type, .time = time, .distance = distance, .position = position};
    EXPECT_EQ(shared_spots(map), (std::vector<int32_t>{0, -1, 0, -1, 0, -1}));
    const std::vector<uint8_t> fixed{1, 0, 0, 0, 0, 0};
    EXPECT_EQ(shared_spots(map, fixed), (std::vector<int32_t>{-1, -1, 2, -1, 2, -1}));
}

}  // namespace
}  // namespace osu
