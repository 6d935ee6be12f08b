// Stacked positions, ticks, repeats and tails, against what the game's own conversion gives for the same
// maps.
#include "beatmap/game_positions.h"

#include <fstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "support/game_points.h"
#include "support/goldens.h"

namespace osu {
namespace {

void expect_game(const std::filesystem::path& map_path, const std::filesystem::path& expected_path) {
    const Beatmap map = read_beatmap(map_path);
    const std::vector<test::GamePoint> points = test::game_points(map);
    const auto expected = nlohmann::json::parse(std::ifstream(expected_path));
    size_t i = 0, wrong = 0;
    for (const auto& mapping : expected["Mappings"]) {
        for (const auto& object : mapping["Objects"]) {
            ASSERT_LT(i, points.size());
            const test::GamePoint& point = points[i++];
            const std::string where = std::string(map.line(map.objects[point.object].line).substr(0, 200));
            EXPECT_NEAR(point.time, object["StartTime"].get<double>(), 2) << where;
            EXPECT_NEAR(point.end_time, object["EndTime"].get<double>(), 2) << where;
            EXPECT_NEAR(point.position.x, object["X"].get<double>(), 2) << where;
            EXPECT_NEAR(point.position.y, object["Y"].get<double>(), 2) << where;
            if (testing::Test::HasFailure() && ++wrong > 5) return;
        }
    }
    EXPECT_EQ(i, points.size());
}

TEST(GamePositions, EqualTheGame) {
    SHARED_OR_SKIP(folder, "expected/stacked_objects");
    int pairs = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        if (entry.path().extension() != ".osu") continue;
        const auto expected = folder / (entry.path().stem().string() + "-expected-conversion.json");
        if (!std::filesystem::exists(expected)) continue;
        SCOPED_TRACE(entry.path().filename());
        expect_game(entry.path(), expected);
        ++pairs;
    }
    EXPECT_EQ(pairs, 14);
}

Beatmap circles(const std::string& objects, int version = 14) {
    return parse_beatmap(
        "osu file format v" + std::to_string(version) +
        "\n\n[General]\nStackLeniency: 0.7\n\n[Difficulty]\nCircleSize:4\nApproachRate:9\n\n[TimingPoints]\n"
        "0,500,4,1,0,100,1,0\n\n[HitObjects]\n" +
        objects);
}

TEST(GamePositions, CirclesStackUpAndLeft) {
    const Beatmap map = circles("100,100,0,1,0\n101,100,100,1,0\n100,100,200,1,0\n300,100,300,1,0\n");
    const auto offsets = stack_offsets(map);
    const float step = -6.4f * circle_scale(map.difficulty);
    EXPECT_FLOAT_EQ(offsets[0].x, 2 * step);
    EXPECT_FLOAT_EQ(offsets[1].y, step);
    EXPECT_EQ(offsets[2], (Vec2{}));
    EXPECT_EQ(offsets[3], (Vec2{}));
}

TEST(GamePositions, CirclesUnderASliderEndStackDown) {
    const auto offsets = stack_offsets(circles("100,100,0,2,0,L|200:100,1,100\n200,100,600,1,0\n"));
    EXPECT_EQ(offsets[0], (Vec2{}));
    EXPECT_GT(offsets[1].x, 0);
}

TEST(GamePositions, FarInTimeNothingStacks) {
    const auto offsets = stack_offsets(circles("100,100,0,1,0\n100,100,5000,1,0\n"));
    EXPECT_EQ(offsets[0], (Vec2{}));
}

}  // namespace
}  // namespace osu
