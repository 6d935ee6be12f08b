// Remaps that fit the sliders' velocities to their new paths.
#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "beatmap/slider_path.h"
#include "sequence/remap_support.h"
#include "sequence/sequence.h"
#include "support/goldens.h"

namespace osu {
namespace {

using test::expect_same_play;
using test::random_positions;
using test::rich_map;

std::vector<Vec2> stretched(const Sequence& sequence, float factor) {
    std::vector<Vec2> position = sequence.position;
    Vec2 head;
    for (size_t i = 0; i < position.size(); ++i) {
        if (sequence.anchor[i] == 0) head = position[i];
        position[i] = head + (position[i] - head) * factor;
    }
    return position;
}

void expect_fitted(const Beatmap& map, const std::vector<Vec2>& position) {
    const Beatmap back = parse_beatmap(remap(map, position, {.velocity = VelocityMode::fit}));
    expect_same_play(map, back, 1e-3);
    const Sequence before = to_sequence(map), after = to_sequence(back);
    ASSERT_EQ(before.time, after.time);
    EXPECT_TRUE(std::is_sorted(back.timing_points.begin(), back.timing_points.end(),
                               [](const TimingPoint& a, const TimingPoint& b) { return a.line < b.line; }) ||
                !std::is_sorted(map.timing_points.begin(), map.timing_points.end(),
                                [](const TimingPoint& a, const TimingPoint& b) { return a.line < b.line; }));
    for (size_t i = 0; i < map.objects.size(); ++i) {
        if (map.objects[i].kind != ObjectKind::slider) continue;
        EXPECT_GE(back.objects[i].slider_velocity, 0.1);
        EXPECT_LE(back.objects[i].slider_velocity, 10);
    }
    // Kiai and volume at every moment, and the velocity wherever no slider runs.
    const auto at = [](const Beatmap& m, double time) {
        const auto after =
            std::upper_bound(m.velocity_lines.begin(), m.velocity_lines.end(), time,
                             [&](double t, uint32_t i) { return t < m.timing_points[i].time; });
        return after == m.velocity_lines.begin() ? TimingPoint{} : m.timing_points[*(after - 1)];
    };
    for (const TimingPoint& moment : back.timing_points) {
        if (map.timing_points.empty() || moment.time < map.timing_points.front().time) continue;
        const TimingPoint a = at(map, moment.time), b = at(back, moment.time);
        ASSERT_EQ(a.volume, b.volume);
        ASSERT_EQ(a.effects & 1, b.effects & 1);
        ASSERT_EQ(a.sample_set, b.sample_set);
        ASSERT_EQ(a.sample_index, b.sample_index);
        ASSERT_EQ(map.beat_length_at(moment.time), back.beat_length_at(moment.time));
    }
    for (size_t i = 0; i < map.objects.size(); ++i) {
        const double behind = map.objects[i].end_time + 1;
        const bool busy = std::any_of(map.objects.begin(), map.objects.end(), [&](const HitObject& o) {
            return o.kind == ObjectKind::slider && o.start_time <= behind && o.end_time + 1 > behind;
        });
        if (busy) continue;
        ASSERT_EQ(map.velocity_multiplier_at(behind), back.velocity_multiplier_at(behind)) << behind;
    }
}

TEST(RemapFit, GivesTheLengthThatThePathWants) {
    const Beatmap map = parse_beatmap(rich_map);
    const std::string text = remap(map, stretched(to_sequence(map), 1.3f), {.velocity = VelocityMode::fit});
    const Beatmap back = parse_beatmap(text);
    for (const HitObject& slider : back.objects) {
        if (slider.kind != ObjectKind::slider) continue;
        const double natural = SliderPath(back, slider).natural_length();
        EXPECT_NEAR(slider.pixel_length, natural, 0.51) << back.line(slider.line);
    }
    expect_fitted(map, stretched(to_sequence(map), 1.3f));
    expect_fitted(map, stretched(to_sequence(map), 0.2f));
}

TEST(RemapFit, StaysWithinWhatTheGameKnows) {
    // 10 px/beat by nature: a path a hundred times as long wants more than tenfold velocity.
    const Beatmap map = parse_beatmap(
        "osu file format v14\n[Difficulty]\nSliderMultiplier:1\n[TimingPoints]\n"
        "0,500,4,1,0,100,1,0\n[HitObjects]\n100,100,0,2,0,L|104:100,1,4\n"
        "10,100,2000,2,0,L|310:100,1,400\n");
    std::vector<Vec2> position = to_sequence(map).position;
    position[1] = {400, 100};
    position[4] = {14, 100};
    const Beatmap back = parse_beatmap(remap(map, position, {.velocity = VelocityMode::fit}));
    EXPECT_NEAR(back.objects[0].slider_velocity, 10, 1e-9);
    EXPECT_NEAR(back.objects[0].pixel_length, 40, 1e-3);
    EXPECT_NEAR(back.objects[1].slider_velocity, 0.1, 1e-9);
    EXPECT_NEAR(back.objects[1].pixel_length, 40, 1e-3);
    expect_same_play(map, back, 1e-3);
}

TEST(RemapFit, ChangesAGreenLineInPlace) {
    const Beatmap map = parse_beatmap(
        "osu file format v14\n[TimingPoints]\n0,500,4,1,0,100,1,0\n"
        "1000,-80,4,2,3,44,0,1\n1000,500,3,2,3,44,1,1\n[HitObjects]\n"
        "100,100,1000,2,0,L|200:100,1,100\n100,100,3000,2,0,L|200:100,1,100\n");
    std::vector<Vec2> position = to_sequence(map).position;
    position[1] = {250, 100};
    const std::string text = remap(map, position, {.velocity = VelocityMode::fit});
    EXPECT_NE(text.find("\n1000,-53.3330078125,4,2,3,44,0,1\n1000,500,3,2,3,44,1,1\n1"), text.npos) << text;
    expect_fitted(map, position);
}

TEST(RemapFit, RealMapsKeepTheirTimes) {
    uint64_t seed = 0;
    for (const auto& file : test::shared_maps()) {
        if (++seed % 29) continue;
        const Beatmap map = read_beatmap(file);
        SCOPED_TRACE(file);
        expect_fitted(map, random_positions(to_sequence(map), seed));
        if (testing::Test::HasFailure()) return;
    }
}

}  // namespace
}  // namespace osu
