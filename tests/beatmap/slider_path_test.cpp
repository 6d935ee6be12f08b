#include "beatmap/slider_path.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numbers>

#include <gtest/gtest.h>

#include "beatmap/curve.h"
#include "support/goldens.h"

namespace osu {
namespace {

using Points = std::vector<Vec2>;

SliderPath path(CurveType type, const Points& anchors, double length = 0, uint8_t degree = 0) {
    const PathSegment segment{type, degree, 0, static_cast<uint32_t>(anchors.size())};
    return SliderPath(anchors, std::span(&segment, 1), length);
}

void expect_at(Vec2 point, double x, double y, double tolerance = 0.05) {
    EXPECT_NEAR(point.x, x, tolerance);
    EXPECT_NEAR(point.y, y, tolerance);
}

TEST(SliderPath, LineIsCutAndDrawnOut) {
    const Points anchors{{100, 100}, {200, 100}, {200, 200}};
    EXPECT_DOUBLE_EQ(path(CurveType::linear, anchors).length(), 200);
    expect_at(path(CurveType::linear, anchors, 150).position_at(1), 200, 150);
    expect_at(path(CurveType::linear, anchors, 250).position_at(1), 200, 250);
    expect_at(path(CurveType::linear, anchors, 50).position_at(1), 150, 100);
    expect_at(path(CurveType::linear, anchors, 50).position_at(0.5), 125, 100);
    EXPECT_EQ(path(CurveType::linear, anchors, 50).points().size(), 2u);
    EXPECT_DOUBLE_EQ(path(CurveType::linear, anchors, 50).natural_length(), 200);
}

TEST(SliderPath, BezierIsWithinAQuarterPixelOfItsCurve) {
    const Points p{{0, 0}, {100, 200}, {300, 200}, {400, 0}};
    const SliderPath flat = path(CurveType::bezier, p);
    for (const Vec2 point : flat.points()) {  // each lies on the curve
        double best = 1e9;
        for (int i = 0; i <= 4000; ++i) {
            const double t = i / 4000.0, u = 1 - t;
            const double x = 3 * u * u * t * p[1].x + 3 * u * t * t * p[2].x + t * t * t * p[3].x;
            const double y = 3 * u * u * t * p[1].y + 3 * u * t * t * p[2].y + t * t * t * p[3].y;
            best = std::min(best, std::hypot(point.x - x, point.y - y));
        }
        EXPECT_LT(best, 0.25);
    }
    expect_at(flat.position_at(0.5), 200, 150, 0.3);
}

TEST(SliderPath, DoubledAnchorIsACorner) {
    const SliderPath corner = path(CurveType::bezier, {{0, 0}, {100, 0}, {100, 0}, {100, 100}});
    EXPECT_NEAR(corner.length(), 200, 1e-4);
    expect_at(corner.position_at(0.5), 100, 0);
}

TEST(SliderPath, PerfectCurveIsAnArc) {
    const SliderPath half = path(CurveType::perfect, {{0, 0}, {100, 100}, {200, 0}});
    EXPECT_NEAR(half.length(), 100 * std::numbers::pi, 0.5);
    for (const Vec2 point : half.points()) EXPECT_NEAR(std::hypot(point.x - 100, point.y), 100, 0.01);
    expect_at(half.position_at(0.5), 100, 100, 0.3);
    expect_at(path(CurveType::perfect, {{0, 0}, {100, -100}, {200, 0}}).position_at(0.5), 100, -100, 0.3);
}

TEST(SliderPath, PerfectCurvesWithoutACircle) {
    // Collinear: lines through the points in their order; four points: a Bézier.
    EXPECT_NEAR(path(CurveType::perfect, {{0, 0}, {200, 0}, {100, 0}}).length(), 300, 1e-4);
    const Points four{{0, 0}, {100, 100}, {200, 100}, {300, 0}};
    EXPECT_DOUBLE_EQ(path(CurveType::perfect, four).length(), path(CurveType::bezier, four).length());
}

TEST(SliderPath, CatmullRunsThroughItsPoints) {
    const Points anchors{{0, 0}, {100, 50}, {200, 0}, {300, 50}};
    const SliderPath curve = path(CurveType::catmull, anchors);
    EXPECT_EQ(curve.points().size(), 151u);
    for (size_t i = 0; i < anchors.size(); ++i) expect_at(curve.points()[50 * i], anchors[i].x, anchors[i].y);
}

TEST(SliderPath, SplineOfFullDegreeIsABezierAndOfDegreeOneItsPolygon) {
    const Points p{{0, 0}, {50, 120}, {130, 20}, {200, 200}, {260, 0}, {300, 100}};
    EXPECT_NEAR(path(CurveType::bspline, p, 0, 9).length(), path(CurveType::bezier, p).length(), 1e-9);
    EXPECT_NEAR(path(CurveType::bspline, p, 0, 1).length(), path(CurveType::linear, p).length(), 1e-3);
}

// De Boor's recursion, straight from the definition of the basis functions.
double basis(int i, int degree, int last, int count, double t) {
    const auto knot = [&](int k) { return std::clamp<double>(k - last, 0, count - last); };
    if (degree == 0) return t >= knot(i) && t < knot(i + 1);
    const double a = knot(i + degree) - knot(i), b = knot(i + degree + 1) - knot(i + 1);
    return (a > 0 ? (t - knot(i)) / a * basis(i, degree - 1, last, count, t) : 0) +
           (b > 0 ? (knot(i + degree + 1) - t) / b * basis(i + 1, degree - 1, last, count, t) : 0);
}

TEST(SliderPath, SplineEqualsItsDefinition) {
    const Points p{{0, 0}, {50, 120}, {130, 20}, {200, 200}, {260, 0}, {300, 100}, {310, 310}, {100, 300}};
    for (const int degree : {2, 3, 4, 6}) {
        const SliderPath curve = path(CurveType::bspline, p, 0, static_cast<uint8_t>(degree));
        const int count = static_cast<int>(p.size());
        for (double t = 0.05; t < count - degree; t += 0.1) {
            Vec2 exact;
            for (int i = 0; i < count; ++i)
                exact = exact + p[i] * static_cast<float>(basis(i, degree, degree, count, t));
            double best = 1e9;
            for (size_t i = 1; i < curve.points().size(); ++i) {
                const Vec2 a = curve.points()[i - 1], d = curve.points()[i] - a, e = exact - a;
                const double s =
                    std::clamp((d.x * e.x + d.y * e.y) / (d.x * d.x + d.y * d.y + 1e-9), 0.0, 1.0);
                best = std::min(best, std::hypot(e.x - s * d.x, e.y - s * d.y));
            }
            EXPECT_LT(best, 0.3) << "degree " << degree << ", t " << t;
        }
    }
}

TEST(SliderPath, SeveralTypesInOnePath) {
    const Points p{{0, 0}, {100, 0}, {150, 50}, {100, 100}, {0, 100}};
    const std::vector<PathSegment> segments{
        {CurveType::linear, 0, 0, 2}, {CurveType::perfect, 0, 1, 3}, {CurveType::linear, 0, 3, 2}};
    const SliderPath whole(p, segments, 0);
    EXPECT_NEAR(whole.length(), 200 + 50 * std::numbers::pi, 0.5);
    expect_at(whole.position_at(0.5), 150, 50, 0.5);
}

TEST(SliderPath, DoesNotGrowWithoutDirection) {
    EXPECT_NEAR(path(CurveType::linear, {{0, 0}, {100, 0}, {100, 0}}, 150).length(), 100, 1e-6);
    EXPECT_EQ(path(CurveType::linear, {{7, 8}, {7, 8}}, 50).length(), 0);
    EXPECT_EQ(path(CurveType::bezier, {{7, 8}}, 50).position_at(1), (Vec2{7, 8}));
}

TEST(SliderPath, ManyControlPointsStayOnTheCurve) {
    // A Bézier whose controls lie evenly on a line moves evenly along it; raised in the middle, it keeps the
    // formula.
    Points p;
    for (int i = 0; i <= 300; ++i) p.push_back({static_cast<float>(i), 0});
    EXPECT_NEAR(path(CurveType::bezier, p).length(), 300, 1e-3);
    for (Vec2& point : p) point.y = (point.x - 150) * (point.x - 150) / 150;
    // Controls on a parabola a·x² give the parabola a·(x²·(n−1)/n + x/n·n) shifted: its lowest point is
    // known.
    const SliderPath curve = path(CurveType::bezier, p);
    float lowest = 1e9f;
    for (const Vec2 point : curve.points()) lowest = std::min(lowest, point.y);
    EXPECT_NEAR(lowest, 150.0 * 150 / 150 / 300, 0.01);  // variance n·t·(1−t)/150 at t = ½
}

TEST(SliderPath, AbsurdInputIsBounded) {
    Points zigzag, wide;
    for (int i = 0; i < 20000; ++i)
        zigzag.push_back({i % 2 ? 131072.0f : -131072.0f, static_cast<float>(i % 5)});
    for (int i = 0; i < 20000; ++i)
        wide.push_back({(i / 2) % 2 ? 131072.0f : -131072.0f, static_cast<float>(i / 2)});
    for (const CurveType type :
         {CurveType::bezier, CurveType::catmull, CurveType::linear, CurveType::perfect}) {
        EXPECT_LT(path(type, zigzag).points().size(), 65536u + 200 * zigzag.size());
        EXPECT_LT(path(type, wide).points().size(), 65536u + 200 * wide.size());
    }
    EXPECT_LT(path(CurveType::bspline, zigzag, 0, 200).points().size(), 65536u + 200 * zigzag.size());
    const float nan = std::nanf("");
    for (const CurveType type :
         {CurveType::bezier, CurveType::catmull, CurveType::linear, CurveType::perfect}) {
        EXPECT_GT(path(type, {{0, 0}, {nan, 1}, {1e30f, -1e30f}}, 100).points().size(), 0u);
    }
}

TEST(SliderPath, EveryRealSliderEndsWhereItsLengthSays) {
    size_t sliders = 0;
    for (const auto& file : test::shared_maps()) {
        const Beatmap map = read_beatmap(file);
        for (const HitObject& object : map.objects) {
            if (object.kind != ObjectKind::slider || object.pixel_length <= 0) continue;
            const SliderPath slider(map, object);
            ++sliders;
            const auto anchors = map.anchors_of(object);
            ASSERT_NEAR(slider.position_at(0).x, anchors.front().x, 0.1);
            ASSERT_NEAR(slider.position_at(0).y, anchors.front().y, 0.1);
            if (anchors.size() > 1 && anchors.back() != anchors[anchors.size() - 2]) {
                ASSERT_NEAR(slider.length(), object.pixel_length, 1e-6)
                    << file << ": " << map.line(object.line);
            }
        }
    }
    if (sliders == 0) GTEST_SKIP() << "../shared/maps is absent";
    EXPECT_GT(sliders, 100'000u);
}

}  // namespace
}  // namespace osu
