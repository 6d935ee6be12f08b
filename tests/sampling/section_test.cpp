// What a section of a map keeps of it.
#include "sampling/section.h"

#include <gtest/gtest.h>

#include "support/goldens.h"
#include "support/made_datapoints.h"

namespace osu {
namespace {

constexpr auto circle = static_cast<uint8_t>(PointType::circle);
constexpr auto head = static_cast<uint8_t>(PointType::slider_head);
constexpr auto end = static_cast<uint8_t>(PointType::slider_end_1);

// 100 circles with a slider of three datapoints in place of every tenth.
struct Song : test::MadeDatapoints {
    Song() {
        circle_radius = 30;
        for (int i = 0; i < 100; ++i) {
            if (i % 10 == 0) {
                type.insert(type.end(), {head, static_cast<uint8_t>(PointType::last_anchor), end});
                sliders.push_back({static_cast<float>(i), static_cast<float>(i)});
            } else {
                type.push_back(circle);
            }
        }
        for (size_t i = 0; i < type.size(); ++i) {
            time.push_back(100.0 * static_cast<double>(i));
            distance.push_back(static_cast<float>(i));
            position.push_back({static_cast<float>(i), 0});
        }
    }
};

std::vector<uint8_t> all_but(size_t size, std::initializer_list<size_t> moving) {
    std::vector<uint8_t> fixed(size, 1);
    for (const size_t i : moving) fixed[i] = 0;
    return fixed;
}

TEST(MapSection, KeepsWhatMovesAndAContextOfWholeObjects) {
    const Song song;
    const std::vector<uint8_t> fixed = all_but(120, {53, 54});
    const MapSection section(song.view(), fixed, 7);
    EXPECT_FALSE(section.whole());
    // Datapoints 48, 49, 50 are a slider, and 60, 61, 62.
    ASSERT_EQ(section.kept().front(), 46u);
    ASSERT_EQ(section.kept().back(), 62u);
    EXPECT_EQ(section.kept().size(), 17u);
    const Datapoints view = section.view();
    ASSERT_EQ(view.sliders.size(), 2u);
    EXPECT_EQ(view.sliders[0].path, 40);
    EXPECT_EQ(view.sliders[1].path, 50);
    EXPECT_EQ(view.time[0], 4600);
    EXPECT_EQ(view.type[2], head);
    EXPECT_EQ(view.position[16].x, 62);
    EXPECT_EQ(view.preempt, usual_preempt(song.view()));
    EXPECT_EQ(section.of(std::span<const uint8_t>(fixed)), all_but(17, {7, 8}));
}

TEST(MapSection, ScatteredPartsAndAll) {
    const Song song;
    const MapSection two(song.view(), all_but(120, {5, 6, 100}), 3);
    EXPECT_EQ(two.kept(),
              (std::vector<uint32_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 96, 97, 98, 99, 100, 101, 102, 103}));
    EXPECT_TRUE(MapSection(song.view(), {}, 3).whole());
    EXPECT_TRUE(MapSection(song.view(), all_but(120, {60}), 0).whole());
    EXPECT_TRUE(MapSection(song.view(), all_but(120, {60}), 60).whole());
    EXPECT_TRUE(MapSection(song.view(), all_but(120, {}), 3).kept().empty());
}

TEST(MapSection, TakesItsPartOfRowsAndPutsItBack) {
    const Song song;
    const MapSection section(song.view(), all_but(120, {100}), 1);
    ASSERT_EQ(section.kept().size(), 3u);
    std::vector<float> rows(2 * 2 * 120), part(2 * 2 * 3);
    for (size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<float>(i);
    section.take(rows, part);
    EXPECT_EQ(part, (std::vector<float>{99, 100, 101, 219, 220, 221, 339, 340, 341, 459, 460, 461}));
    const std::vector<float> before = rows;
    for (float& value : part) value += 0.5f;
    section.put(part, rows);
    for (size_t i = 0; i < rows.size(); ++i)
        EXPECT_EQ(rows[i] - before[i], i % 120 >= 99 && i % 120 <= 101 ? 0.5f : 0);
}

}  // namespace
}  // namespace osu
