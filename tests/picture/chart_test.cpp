// Charts of ordinary, odd and empty curves.
#include <cmath>

#include <cairo.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "picture/picture.h"
#include "support/temporary_folder.h"

namespace osu {
namespace {

namespace fs = std::filesystem;

// Pixels of the first curve's colour (92, 171, 255), undimmed.
size_t count_curve_pixels(const fs::path& file) {
    cairo_surface_t* surface = cairo_image_surface_create_from_png(file.c_str());
    EXPECT_EQ(cairo_surface_status(surface), CAIRO_STATUS_SUCCESS);
    const int stride = cairo_image_surface_get_stride(surface);
    size_t count = 0;
    for (int y = 130; y < cairo_image_surface_get_height(surface); y++) {
        const auto* row =
            reinterpret_cast<const uint32_t*>(cairo_image_surface_get_data(surface) + y * stride);
        for (int x = 0; x < cairo_image_surface_get_width(surface); x++)
            count += (row[x] & 0xffffff) == 0x5cabff;
    }
    cairo_surface_destroy(surface);
    return count;
}

Curve falling(size_t points) {
    Curve curve{"train", {}, {}};
    for (size_t i = 0; i < points; i++) {
        curve.x.push_back(static_cast<double>(i));
        curve.y.push_back(0.05 + std::exp(-static_cast<double>(i) / 100) *
                                     (1 + 0.1 * std::sin(static_cast<double>(i))));
    }
    return curve;
}

TEST(Chart, DrawsTheSmoothedCurve) {
    const test::TemporaryFolder folder;
    const Curve curves[] = {falling(5000), {"validation", {1000, 4000}, {0.1, 0.06}}};
    draw_chart(curves, "Training", "step", "loss", folder / "a.png");
    EXPECT_GT(count_curve_pixels(folder / "a.png"), 2000u);
    draw_chart(curves, "Training", "step", "loss", folder / "b.png");
    EXPECT_EQ(read_file(folder / "a.png"), read_file(folder / "b.png"));
    draw_chart(curves, "Training", "step", "loss", folder / "a.svg");
    const std::string svg = read_file(folder / "a.svg");
    EXPECT_EQ(svg.find("<image"), std::string::npos);
    EXPECT_LT(svg.size(), 300000u);  // 5,000 points or 5 million: no more than a range for each column
}

TEST(Chart, SurvivesOddCurves) {
    const test::TemporaryFolder folder;
    const double nan = std::nan(""), infinity = INFINITY;
    const Curve odd[] = {{"empty", {}, {}},
                         {"one", {5}, {0.5}},
                         {"holes", {0, 1, 2, 3}, {nan, 0.3, infinity, 0.4}},
                         {"negative", {0, 1, 2}, {-1, 0, 1}},
                         {"constant", {7, 7, 7}, {2, 2, 2}},
                         {"zero", {0, 1}, {0, 0}},
                         {"uneven", {0, 1, 2}, {0.5}},
                         {"wide", {-1e300, 1e300}, {1e-300, 1e300}},
                         {"\xff\xfe", {1, 2}, {1, 2}}};
    for (const Curve& curve : odd) {
        draw_chart({&curve, 1}, "odd", "x", "y", folder / "a.png");
        draw_chart({&curve, 1}, "odd", "x", "y", folder / "a.svg");
    }
    draw_chart({}, "", "", "", folder / "a.png");
    EXPECT_EQ(count_curve_pixels(folder / "a.png"), 0u);
    draw_chart({&odd[1], 1}, "one", "x", "y", folder / "one.png");
    EXPECT_GT(count_curve_pixels(folder / "one.png"), 20u);
    EXPECT_THROW(draw_chart(odd, "t", "x", "y", folder / "a.gif"), Error);
}

}  // namespace
}  // namespace osu
