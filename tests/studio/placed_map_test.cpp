// Places as files have them, on people's maps: what is shown is what is written, whatever was done before.
#include "studio/placed_map.h"

#include <algorithm>
#include <filesystem>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/file.h"
#include "base/random.h"
#include "sequence/sequence.h"
#include "studio/layout.h"
#include "studio/scene.h"
#include "support/game_points.h"
#include "support/goldens.h"

namespace osu::studio {
namespace {

constexpr size_t most_maps = 60;

// Some of the shared folder's maps and all of its odd ones, of the standard mode.
std::vector<std::filesystem::path> some_maps(const std::filesystem::path& maps) {
    std::vector<std::filesystem::path> all, chosen;
    for (const auto& entry : std::filesystem::directory_iterator(maps)) all.push_back(entry.path());
    std::sort(all.begin(), all.end());
    for (size_t i = 0; i < all.size(); i += std::max<size_t>(1, all.size() / most_maps))
        chosen.push_back(all[i]);
    std::error_code problem;
    for (std::filesystem::recursive_directory_iterator entry(maps.parent_path() / "edge", problem), end;
         !problem && entry != end; entry.increment(problem))
        if (entry->path().extension() == ".osu") chosen.push_back(entry->path());
    return chosen;
}

std::shared_ptr<const SourceMap> open_or_null(const std::filesystem::path& path) {
    try {
        return std::make_shared<const SourceMap>(read_file(path));
    } catch (const Error&) {
        return nullptr;
    }
}

std::vector<uint32_t> all_objects(const SourceMap& source) {
    std::vector<uint32_t> objects(source.objects());
    for (uint32_t i = 0; i < objects.size(); ++i) objects[i] = i;
    return objects;
}

// Somewhere near where they were, some of them outside the field.
std::vector<Vec2> shaken(std::span<const Vec2> positions, uint64_t seed) {
    std::vector<float> noise(positions.size() * 2);
    Philox(seed).fill_normal(noise);
    std::vector<Vec2> moved(positions.begin(), positions.end());
    for (size_t i = 0; i < moved.size(); ++i) moved[i] = moved[i] + Vec2{noise[2 * i], noise[2 * i + 1]} * 60;
    return moved;
}

// px; an anchor may be parted from its double.
float farthest(std::span<const Vec2> a, std::span<const Vec2> b) {
    float most = a.size() == b.size() ? 0 : 1e9f;
    for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) most = std::max(most, length(a[i] - b[i]));
    return most;
}

TEST(PlacedMap, IsWhatItsFileSaysOnPeoplesMaps) {
    SHARED_OR_SKIP(folder, "maps");
    size_t count = 0;
    for (const auto& path : some_maps(folder)) {
        const auto source = open_or_null(path);
        if (!source) continue;
        ++count;
        const std::vector<uint32_t> all = all_objects(*source);
        const PlacedMap first(source);
        EXPECT_TRUE(first.changed().empty()) << path;
        const PlacedMap taken = first.with(all, shaken(source->positions(), count), true);
        EXPECT_LT(farthest(to_sequence(parse_beatmap(taken.text("x"))).position, taken.positions()), 1.5f)
            << path;
        // Done once more it stays: undo and redo, and a journal that is read again, give the same.
        const PlacedMap again = first.with(all, taken.positions(), false);
        EXPECT_EQ(again.text("x"), taken.text("x")) << path;
        EXPECT_EQ(again.shapes(), taken.shapes()) << path;
        const PlacedMap back = taken.with(all, source->positions(), false);
        EXPECT_TRUE(back.changed().empty()) << path;
        EXPECT_EQ(back.text(""), first.text("")) << path;
    }
    EXPECT_GE(count, 50u);
}

TEST(PlacedMap, ObjectsThatAreMovedByHandKeepTheirShapes) {
    SHARED_OR_SKIP(folder, "maps");
    size_t sliders = 0;
    for (const auto& path : some_maps(folder)) {
        const auto source = open_or_null(path);
        if (!source || source->map.format_version >= 128) continue;
        PlacedMap map(source);
        for (uint32_t i = 0; i < source->objects() && sliders < 3000; i += 7) {
            if (source->map.objects[i].kind != ObjectKind::slider) continue;
            const std::vector<uint32_t> one{i};
            const PlacedMap moved_map = map.with(one, moved(map, one, {17, -23}), false);
            const std::vector<Vec2>&before = map.shapes()[i].path, &after = moved_map.shapes()[i].path;
            ++sliders;
            const Vec2 by = after.front() - before.front();
            ASSERT_NEAR(length(after.back() - before.back() - by), 0, 2) << path << " " << i;
            const PlacedMap flipped_map = map.with(one, flipped(map, one, true), false);
            const std::vector<Vec2>& mirrored = flipped_map.shapes()[i].path;
            const Vec2 way = before.back() - before.front(), back = mirrored.back() - mirrored.front();
            ASSERT_NEAR(back.x, -way.x, 4) << path << " " << i;
            ASSERT_NEAR(back.y, way.y, 4) << path << " " << i;
            if (i > 200) break;
        }
    }
    EXPECT_GT(sliders, 100u);
}

TEST(Scene, TicksAndPlacesAreTheGamesOnPeoplesMaps) {
    SHARED_OR_SKIP(folder, "maps");
    size_t ticks = 0;
    for (const auto& path : some_maps(folder)) {
        const auto source = open_or_null(path);
        if (!source) continue;
        const nlohmann::json scene = scene_of(source->map);
        ASSERT_EQ(scene["objects"].size(), source->objects()) << path;
        std::vector<std::vector<double>> expected(source->objects());
        for (const osu::test::GamePoint& point : osu::test::game_points(source->map))
            if (point.kind == osu::test::GamePointKind::slider_tick)
                expected[point.object].push_back(point.time);
        for (size_t i = 0; i < source->objects(); ++i) {
            if (source->map.objects[i].kind != ObjectKind::slider) continue;
            const auto told = scene["objects"][i]["ticks"].get<std::vector<double>>();
            ASSERT_EQ(told.size(), expected[i].size()) << path << " " << i;
            for (size_t t = 0; t < told.size(); ++t)
                ASSERT_NEAR(told[t], expected[i][t], 0.01) << path << " " << i;
            ticks += told.size();
        }
    }
    EXPECT_GT(ticks, 1000u);
}

// Whatever bytes a dropped file has: an Error, or a map that can be shown and worked on.
TEST(Scene, DamagedMapsAreRefusedOrShown) {
    const std::string text = read_file(osu::test::source_dir() / "examples/waltz.osu");
    size_t opened = 0;
    for (uint64_t seed = 0; seed < 300; ++seed) {
        Philox random(seed);
        std::string damaged = text;
        constexpr std::string_view odd = "0123456789,|:-eELBPCN.\n\xff";
        for (uint64_t i = 0; i < 1 + seed % 40; ++i) {
            const size_t at = random.below(static_cast<uint32_t>(damaged.size()));
            if (random.below(3) == 0)
                damaged.erase(at, 1 + random.below(20));
            else
                damaged[at] = odd[random.below(static_cast<uint32_t>(odd.size()))];
        }
        try {
            const auto source = std::make_shared<const SourceMap>(damaged);
            scene_of(source->map).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
            const PlacedMap map(source);
            const std::vector<uint32_t> all = all_objects(*source);
            map.with(all, shaken(source->positions(), seed), true).text("x");
            map.with(all, rotated(map, all, 180), false);
            ++opened;
        } catch (const Error&) {
        }
    }
    EXPECT_GT(opened, 150u);
}

}  // namespace
}  // namespace osu::studio
