// Every map of the shared folder: read without a crash, written back byte for byte, and with the figures that
// the game's own database has for it.
#include <fstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "beatmap/beatmap.h"
#include "beatmap/rewrite.h"
#include "support/goldens.h"

namespace osu {
namespace {

std::vector<std::filesystem::path> maps_below(const std::filesystem::path& folder) {
    std::vector<std::filesystem::path> maps;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
        if (entry.path().extension() == ".osu") maps.push_back(entry.path());
    return maps;
}

void expect_consistent(const Beatmap& map, const std::filesystem::path& path) {
    for (const HitObject& object : map.objects) {
        ASSERT_LT(object.line, map.lines.size()) << path;
        ASSERT_EQ(map.lines[object.line].section, Section::hit_objects) << path;
        ASSERT_TRUE(object.end_time >= object.start_time) << path << ": " << map.line(object.line);
        if (object.kind != ObjectKind::slider) continue;
        ASSERT_EQ(map.anchors_of(object)[0], object.position) << path;
        ASSERT_GE(object.segment_count, 1u) << path;
        ASSERT_EQ(map.segments_of(object)[0].first, object.first_anchor) << path;
        const PathSegment& last = map.segments_of(object).back();
        ASSERT_EQ(last.first + last.count, object.first_anchor + object.anchor_count) << path;
    }
}

TEST(RealMaps, AreReadAndWrittenBack) {
    SHARED_OR_SKIP(folder, "maps");
    size_t count = 0, warnings = 0;
    for (const auto& path : maps_below(folder)) {
        const std::string text = read_file(path);
        const Beatmap map = parse_beatmap(text);
        ASSERT_EQ(Rewrite(map).text(), text) << path;
        expect_consistent(map, path);
        EXPECT_FALSE(map.objects.empty() || map.timing_points.empty()) << path;
        warnings += map.warning_count;
        ++count;
    }
    EXPECT_GE(count, 1130u);
    RecordProperty("warnings", static_cast<int>(warnings));
}

TEST(EdgeMaps, AreReadAndWrittenBack) {
    SHARED_OR_SKIP(folder, "edge");
    size_t count = 0;
    for (const auto& path : maps_below(folder)) {
        const std::string text = read_file(path);
        const Beatmap map = parse_beatmap(text);
        ASSERT_EQ(Rewrite(map).text(), text) << path;
        expect_consistent(map, path);
        ++count;
    }
    EXPECT_GE(count, 70u);
}

TEST(RealMaps, HaveTheFiguresOfTheGamesDatabase) {
    SHARED_OR_SKIP(facts_path, "expected/osu_db_facts.json");
    SHARED_OR_SKIP(folder, "maps");
    const auto facts = nlohmann::json::parse(std::ifstream(facts_path));
    ASSERT_EQ(facts.size(), 455u);
    for (const auto& fact : facts) {
        const std::string name = fact["file"];
        const Beatmap map = read_beatmap(folder / name);
        int counts[4] = {};
        for (const HitObject& object : map.objects) ++counts[static_cast<size_t>(object.kind)];
        EXPECT_EQ(counts[0], fact["circles"].get<int>()) << name;
        EXPECT_EQ(counts[1], fact["sliders"].get<int>()) << name;
        EXPECT_EQ(counts[2], fact["spinners"].get<int>()) << name;
        EXPECT_EQ(map.difficulty.ar, fact["ar"].get<float>()) << name;
        EXPECT_EQ(map.difficulty.cs, fact["cs"].get<float>()) << name;
        EXPECT_EQ(map.difficulty.hp, fact["hp"].get<float>()) << name;
        EXPECT_EQ(map.difficulty.od, fact["od"].get<float>()) << name;
        EXPECT_DOUBLE_EQ(map.difficulty.slider_multiplier, fact["slider_multiplier"].get<double>()) << name;
    }
}

}  // namespace
}  // namespace osu
