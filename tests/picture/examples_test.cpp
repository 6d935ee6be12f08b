// The maps of examples/ are what a mapper's editor would save: no bad line, everything inside the playfield,
// sliders as long as their anchors.
#include <cmath>

#include <gtest/gtest.h>

#include "beatmap/slider_path.h"
#include "picture/scene.h"
#include "support/goldens.h"

namespace osu {
namespace {

class Examples : public testing::TestWithParam<const char*> {
  protected:
    const Beatmap map_ = read_beatmap(test::source_dir() / "examples" / GetParam());
};

TEST_P(Examples, AreSound) {
    EXPECT_EQ(map_.warning_count, 0u);
    EXPECT_GT(map_.objects.size(), 150u);
    EXPECT_FALSE(map_.audio_filename.empty());
    double before = -1;
    for (const HitObject& object : map_.objects) {
        EXPECT_GE(object.start_time, before) << "line " << object.line;
        before = object.end_time;
        if (object.kind != ObjectKind::slider) continue;
        const double natural = SliderPath(map_, object).natural_length();
        EXPECT_NEAR(natural, object.pixel_length, 0.03 * object.pixel_length) << "line " << object.line;
    }
    const Scene scene = make_scene(map_, {0, 1e6, 1, ""});
    ASSERT_EQ(scene.shapes.size(), map_.objects.size());
    for (const Shape& shape : scene.shapes) {
        std::vector<Vec2> points = shape.path;
        points.push_back(shape.start);
        for (const Vec2 point : points) {
            EXPECT_TRUE(point.x > 20 && point.x < 492 && point.y > 20 && point.y < 364) << shape.start_time;
        }
    }
}

TEST_P(Examples, ShowWhatMapsAreMadeOf) {
    size_t circles = 0, repeats = 0, spinners = 0;
    for (const HitObject& object : map_.objects) {
        circles += object.kind == ObjectKind::circle;
        repeats += object.span_count > 1;
        spinners += object.kind == ObjectKind::spinner;
    }
    EXPECT_GT(circles, 100u);
    EXPECT_GT(repeats, 1u);
    EXPECT_EQ(spinners, 1u);
    size_t of_type[5] = {};
    for (const PathSegment& segment : map_.segments) of_type[static_cast<size_t>(segment.type)]++;
    for (const CurveType type :
         {CurveType::bezier, CurveType::linear, CurveType::catmull, CurveType::perfect})
        EXPECT_GT(of_type[static_cast<size_t>(type)], 0u);
    EXPECT_FALSE(make_scene(map_, {0, 1e6, 1, ""}).kiai.empty());
    EXPECT_GT(map_.timing_points.size(), 4u);
}

INSTANTIATE_TEST_SUITE_P(All, Examples, testing::Values("waltz.osu", "streams.osu"), [](const auto& info) {
    return std::string(info.param).substr(0, std::string(info.param).find('.'));
});

}  // namespace
}  // namespace osu
