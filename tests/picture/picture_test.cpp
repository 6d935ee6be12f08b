// Pictures are read back: sizes, colours at known places, and what must not be drawn at all.
#include "picture/picture.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include <cairo.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "picture/canvas.h"
#include "picture/cover.h"
#include "picture/painter.h"
#include "picture/scene.h"
#include "support/goldens.h"
#include "support/temporary_folder.h"

namespace osu {
namespace {

namespace fs = std::filesystem;

class Picture : public testing::Test {
  protected:
    const test::TemporaryFolder folder_;
};

// Circles in two combos, a slider with a repeat, a spinner.
const std::string song = R"(osu file format v14

[Metadata]
Title:Song
Artist:Someone
Version:Hard

[Difficulty]
CircleSize:4
SliderMultiplier:1

[TimingPoints]
0,500,4,2,0,60,1,0
1000,-100,4,2,0,60,0,1

[Colours]
Combo1 : 255,0,0
Combo2 : 0,255,0
Combo3 : 0,0,255

[HitObjects]
100,100,0,5,0
256,192,250,1,0
270,192,500,1,0
400,300,1000,22,0,L|300:300,2,100
100,300,3000,12,0,4000
200,200,4100,1,0
)";

struct Pixels {
    explicit Pixels(const fs::path& file) : surface(cairo_image_surface_create_from_png(file.c_str())) {
        EXPECT_EQ(cairo_surface_status(surface), CAIRO_STATUS_SUCCESS);
    }
    ~Pixels() { cairo_surface_destroy(surface); }
    int width() const { return cairo_image_surface_get_width(surface); }
    int height() const { return cairo_image_surface_get_height(surface); }
    Colour at(double x, double y) const {
        const auto* row = cairo_image_surface_get_data(surface) +
                          cairo_image_surface_get_stride(surface) * static_cast<int>(std::lround(y));
        const uint32_t value = reinterpret_cast<const uint32_t*>(row)[std::lround(x)];
        return {static_cast<uint8_t>(value >> 16), static_cast<uint8_t>(value >> 8),
                static_cast<uint8_t>(value)};
    }
    cairo_surface_t* surface;
};

PictureOptions shown(double from, double width, double scale = 1) {
    return {from, width, scale, ""};
}

TEST_F(Picture, ShowsObjectsWhereTheyAreInTheirColours) {
    draw_beatmap(parse_beatmap(song), shown(0, 2000, 2), folder_ / "a.png");
    const Pixels pixels(folder_ / "a.png");
    ASSERT_EQ(pixels.width(), 2 * panel_width);
    ASSERT_EQ(pixels.height(), 2 * panel_height);
    const auto at = [&](double x, double y) {
        return pixels.at(2 * (field_origin.x + x), 2 * (field_origin.y + y));
    };
    // The first combo takes the second colour; beside the number, 24 px left of the centre of a circle of
    // radius 36.5.
    const Colour first = at(100 - 24, 100);
    EXPECT_GT(first.green, 140);
    EXPECT_LT(first.red, 60);
    EXPECT_LT(first.blue, 60);
    // Its border is white and ends at the radius.
    EXPECT_GT(at(100 - 34.5, 100).red, 230);
    EXPECT_LT(at(100 - 39.5, 100).red, 60);
    // Its new combo skips one colour, so that the fourth is due: the first again.
    // 3).
    const Colour head = at(400 + 24, 300), body = at(340, 300);
    EXPECT_GT(head.red, 100);
    EXPECT_LT(head.green, 60);
    EXPECT_GT(body.red, body.green + 20);
    // Empty field stays dark.
    EXPECT_LT(at(256, 40).green, 60);
}

TEST_F(Picture, LaysEarlierObjectsOnTop) {
    draw_beatmap(parse_beatmap(song), shown(0, 2000, 2), folder_ / "a.png");
    const Pixels pixels(folder_ / "a.png");
    // The border of the circle at x 256 crosses the inside of the later one at x 270.
    EXPECT_GT(pixels.at(2 * (field_origin.x + 256 + 34.5), 2 * (field_origin.y + 192)).red, 150);
}

TEST_F(Picture, IsTheSameEveryTime) {
    const Beatmap map = parse_beatmap(song);
    draw_beatmap(map, shown(0, 5000), folder_ / "a.png");
    draw_beatmap(map, shown(0, 5000), folder_ / "b.png");
    EXPECT_EQ(read_file(folder_ / "a.png"), read_file(folder_ / "b.png"));
}

TEST_F(Picture, SvgIsVectorsOnly) {
    draw_beatmap(parse_beatmap(song), shown(0, 5000), folder_ / "a.SVG");
    const std::string svg = read_file(folder_ / "a.SVG");
    EXPECT_EQ(svg.substr(0, 5), "<?xml");
    EXPECT_NE(svg.find("viewBox=\"0 0 600 560\""), std::string::npos);
    EXPECT_EQ(svg.find("<image"), std::string::npos);
    EXPECT_NE(svg.find("</svg>"), std::string::npos);
    // The mask of a slider's body spans its strokes: a nearly clear rectangle (canvas.cpp) that cairo has
    // kept.
    EXPECT_NE(svg.find("<mask"), std::string::npos);
    const size_t clear =
        std::min(svg.find("fill-opacity:0.00"), svg.find("fill-opacity=\"0.00"));  // by version
    EXPECT_NE(clear, std::string::npos);
}

TEST_F(Picture, ComparesInRowsAndBlocks) {
    const Beatmap map = parse_beatmap(song);
    const std::vector<const Beatmap*> maps(5, &map);
    const std::vector<std::string> captions{"one", "two"};
    draw_comparison(std::span(maps).first(2), captions, shown(0, 2000), folder_ / "row.png");
    draw_comparison(maps, captions, shown(0, 2000), folder_ / "block.png");
    const Pixels row(folder_ / "row.png"), block(folder_ / "block.png");
    EXPECT_EQ(row.width(), 2 * panel_width);
    EXPECT_EQ(row.height(), panel_height);
    EXPECT_EQ(block.width(), 3 * panel_width);
    EXPECT_EQ(block.height(), 2 * panel_height);
    // Both panels show the first circle.
    EXPECT_GT(row.at(field_origin.x + 76, field_origin.y + 100).green, 140);
    EXPECT_GT(row.at(panel_width + field_origin.x + 76, field_origin.y + 100).green, 140);
    EXPECT_THROW(draw_comparison({}, {}, shown(0, 2000), folder_ / "none.png"), Error);
}

TEST_F(Picture, RefusesWhatItCannotDraw) {
    const Beatmap map = parse_beatmap(song);
    const auto refuses = [&](const PictureOptions& options, const fs::path& file) {
        EXPECT_THROW(draw_beatmap(map, options, file), Error) << file;
        EXPECT_FALSE(fs::exists(file));
    };
    refuses(shown(0, 2000), folder_ / "a.jpg");
    refuses(shown(0, 2000), folder_ / "a");
    refuses(shown(0, 2000), "/dev/null/a.png");
    refuses(shown(0, 0), folder_ / "a.png");
    refuses(shown(0, NAN), folder_ / "a.png");
    refuses(shown(INFINITY, 2000), folder_ / "a.png");
    for (const double scale : {0.0, -1.0, 1e-9, 1e9, double{NAN}, double{INFINITY}})
        refuses(shown(0, 2000, scale), folder_ / "a.png");
    EXPECT_TRUE(fs::is_empty(folder_.path()));
}

TEST_F(Picture, SurvivesBrokenMaps) {
    Beatmap map = parse_beatmap(song);
    map.metadata.title = "\xff\xc0\x80 \xe6\x97\xa5\xe6\x9c\xac \x01\n" + std::string(100000, 'x');
    map.metadata.artist = "\xed\xa0\x80";
    map.objects[0].position = {NAN, INFINITY};
    map.objects[1].position = {1e30f, -1e30f};
    map.timing_points[0].beat_length = 1e-9;
    draw_beatmap(map, shown(0, 1e9), folder_ / "a.png");
    map.timing_points[0].beat_length = NAN;
    map.difficulty.cs = NAN;
    draw_beatmap(map, shown(-1e9, 2e9), folder_ / "a.svg");
    draw_beatmap(parse_beatmap("osu file format v14\n"), shown(0, 2000), folder_ / "empty.png");
    EXPECT_EQ(std::distance(fs::directory_iterator(folder_.path()), {}), 3);
}

TEST_F(Picture, DrawsEveryOddMap) {
    SHARED_OR_SKIP(edge, "edge");
    size_t drawn = 0;
    for (const auto& entry : fs::recursive_directory_iterator(edge)) {
        if (entry.path().extension() != ".osu") continue;
        std::optional<Beatmap> map;
        try {
            map = read_beatmap(entry.path());
        } catch (const Error&) {  // no beatmap at all
            continue;
        }
        const double from = map->objects.empty() ? 0 : map->objects[0].start_time;
        draw_beatmap(*map, shown(from, 20000, 0.5), folder_ / "a.png");
        drawn++;
    }
    EXPECT_GT(drawn, 10u);
}

TEST(Scene, CountsCombosAsTheGameDoes) {
    Beatmap map = parse_beatmap(song);
    map.breaks.push_back({600, 900});
    const Scene scene = make_scene(map, shown(0, 10000));
    ASSERT_EQ(scene.shapes.size(), 6u);
    const auto colour = [&](size_t i) {
        return scene.shapes[i].colour.red ? 'r' : scene.shapes[i].colour.green ? 'g' : 'b';
    };
    EXPECT_EQ((std::vector<int>{scene.shapes[0].number, scene.shapes[1].number, scene.shapes[2].number}),
              (std::vector<int>{1, 2, 3}));
    EXPECT_EQ(colour(0), 'g');
    EXPECT_EQ(colour(3), 'r');             // one colour skipped
    EXPECT_EQ(scene.shapes[5].number, 1);  // a spinner ends the combo …
    EXPECT_EQ(colour(5), 'g');             // … and takes no colour itself
    EXPECT_TRUE(scene.shapes[1].follows);
    EXPECT_FALSE(scene.shapes[3].follows);
    EXPECT_EQ(scene.shapes[3].end, (Vec2{400, 300}));  // two spans end where they began
    EXPECT_EQ(scene.kiai.size(), 1u);
    EXPECT_EQ(scene.title + scene.version, "Someone – Song [Hard]");
    EXPECT_EQ(scene.detail, "0:00.000 – 0:10.000  ·  4 circles  ·  1 slider  ·  1 spinner");
}

Shape slider_at(float x, float y, double time) {
    Shape shape;
    shape.kind = ObjectKind::slider;
    shape.start_time = shape.end_time = time;
    shape.colour = {200, 40, static_cast<uint8_t>(std::fmod(time, 250))};
    shape.path = {{x, y}, {x + 60, y}, {x + 60, y + 80}};
    shape.start = shape.path.front();
    shape.end = shape.path.back();
    return shape;
}

// Thousands of sliders over one another take as long as the few that are seen.
TEST(Scene, WhatLiesUnderManyIsHidden) {
    Scene scene;
    scene.radius = 32;
    scene.width = 3000;
    for (int i = 0; i < 3000; ++i) scene.shapes.push_back(slider_at(200 + static_cast<float>(i % 3), 150, i));
    Shape apart = slider_at(20, 20, 3000), circle;
    circle.start = {400, 300};
    circle.start_time = 3001;
    scene.shapes.push_back(apart);
    scene.shapes.push_back(circle);
    scene.shapes.push_back(circle);
    const std::vector<bool> hidden = hidden_shapes(scene);
    const auto drawn = std::count(hidden.begin(), hidden.end(), false);
    EXPECT_LT(drawn, 200);
    EXPECT_GE(drawn, 3) << "a fifth of the light goes through each";
    EXPECT_FALSE(hidden[3000]);
    EXPECT_FALSE(hidden[3001]);
    scene.shapes.resize(3);
    const std::vector<bool> few = hidden_shapes(scene);
    EXPECT_EQ(std::count(few.begin(), few.end(), true), 0);
}

// The last of a stack that is drawn differs by a few steps of a colour, whatever it is.
TEST(Scene, WhatIsHiddenWouldNotBeSeen) {
    Scene scene;
    scene.radius = 32;
    scene.width = 200;
    for (int i = 0; i < 20; ++i) scene.shapes.push_back(slider_at(200, 150, i));
    const std::vector<bool> hidden = hidden_shapes(scene);
    const auto drawn = static_cast<size_t>(std::count(hidden.begin(), hidden.end(), false));
    scene.shapes.resize(drawn);
    const auto paint = [&](Colour colour) {
        scene.shapes.back().colour = colour;
        Canvas canvas(ImageFormat::memory, panel_width, panel_height, 1);
        paint_scene(canvas, scene, 0, 0);
        canvas.flush();
        std::vector<uint32_t> pixels;
        // The field, without the line of time below it.
        for (int y = field_origin.y; y < static_cast<int>(field_origin.y) + 384; ++y)
            pixels.insert(pixels.end(), canvas.row(y).begin(), canvas.row(y).end());
        return pixels;
    };
    const std::vector<uint32_t> red = paint({255, 0, 0}), blue = paint({0, 0, 255});
    int most = 0;
    for (size_t i = 0; i < red.size(); ++i)
        for (const int shift : {0, 8, 16})
            most = std::max(most, std::abs(static_cast<int>(red[i] >> shift & 255) -
                                           static_cast<int>(blue[i] >> shift & 255)));
    EXPECT_LE(most, 9);
}

TEST(Scene, BeginsAtThePreviewPointWhereThereIsSomethingToSee) {
    Beatmap map = parse_beatmap(song);
    EXPECT_EQ(picture_start(map, 2000), 0);  // no preview point: the first object
    map.preview_time = 900;
    EXPECT_EQ(picture_start(map, 2000), 900);
    map.preview_time = 900000;
    EXPECT_EQ(picture_start(map, 2000), 0);
    map.objects.clear();
    EXPECT_EQ(picture_start(map, 2000), 0);
}

TEST(Scene, BreaksStartCombosAndTheRangeIsHalfOpen) {
    Beatmap map = parse_beatmap(song);
    map.breaks.push_back({300, 400});
    const Scene scene = make_scene(map, shown(250, 750));
    ASSERT_EQ(scene.shapes.size(), 2u);  // 250 and 500; 1000 is outside
    EXPECT_EQ(scene.shapes[0].number, 2);
    EXPECT_EQ(scene.shapes[1].number, 1);
    EXPECT_EQ(scene.shapes[1].colour.blue, 255);
    EXPECT_EQ(clock_time(-61001), "−1:01.001");
}

}  // namespace
}  // namespace osu
