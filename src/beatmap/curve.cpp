#include "beatmap/curve.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/same_math.h"

namespace osu {
namespace {

constexpr float bezier_tolerance = 0.25f;     // px, of the game
constexpr float arc_tolerance = 0.1f;         // px, of the game
constexpr int catmull_detail = 50;            // pieces a segment, of the game
constexpr int arc_piece_limit = 1000;         // of the game
constexpr size_t adaptive_point_limit = 128;  // control points; de Casteljau costs their square

float length_squared(Vec2 v) {
    return v.x * v.x + v.y * v.y;
}
Vec2 middle(Vec2 a, Vec2 b) {
    return {(a.x + b.x) * 0.5f, (a.y + b.y) * 0.5f};
}

Vec2 catmull_point(Vec2 a, Vec2 b, Vec2 c, Vec2 d, float t) {
    const float t2 = t * t, t3 = t * t2;
    const auto one = [&](float a, float b, float c, float d) {
        return 0.5f * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t2 + (3 * b - a - 3 * c + d) * t3);
    };
    return {one(a.x, b.x, c.x, d.x), one(a.y, b.y, c.y, d.y)};
}

}  // namespace

bool collinear(Vec2 a, Vec2 b, Vec2 c) {
    const Vec2 ab = b - a, ac = c - a;
    return std::abs(ab.y * ac.x - ab.x * ac.y) <= 1e-3f;
}

CurveFlattener::CurveFlattener(std::vector<Vec2>& out, size_t anchors)
    : out_(out), point_limit_((size_t{1} << 16) + 128 * anchors), work_left_(3e5 + 2048.0 * anchors) {}

void CurveFlattener::add(Vec2 point) {
    if (out_.empty() || out_.back() != point) out_.push_back(point);
}

void CurveFlattener::linear(std::span<const Vec2> control) {
    if (control.empty()) return;
    add(control[0]);
    out_.insert(out_.end(), control.begin() + 1, control.end());
}

void CurveFlattener::bezier(std::span<const Vec2> control) {
    if (control.size() < 3) return linear(control);
    add(control[0]);
    if (control.size() > adaptive_point_limit) {
        sampled(control);
    } else {
        adaptive(control);
    }
    out_.push_back(control.back());
}

bool CurveFlattener::flat_enough(std::span<const Vec2> control) {
    if (work_left_ <= 0 || out_.size() > point_limit_) return true;
    for (size_t i = 1; i + 1 < control.size(); ++i) {
        const Vec2 bend = control[i - 1] - control[i] * 2 + control[i + 1];
        if (length_squared(bend) > 4 * bezier_tolerance * bezier_tolerance) return false;
    }
    return true;
}

// The curve at stack_[base, base + count) becomes its right half; its left half is put behind it. De
// Casteljau's triangle leaves the right half where it worked.
void CurveFlattener::subdivide(size_t base, size_t count) {
    work_left_ -= 0.5 * static_cast<double>(count * count);
    if (stack_.size() < base + 2 * count) stack_.resize(2 * (base + 2 * count));
    Vec2* const right = stack_.data() + base;
    Vec2* const left = right + count;
    for (size_t i = 0; i < count; ++i) {
        left[i] = right[0];
        for (size_t j = 0; j + i + 1 < count; ++j) right[j] = middle(right[j], right[j + 1]);
    }
}

// Halves the curve until every piece is flat, then takes from each half of a piece as many points as it has
// controls.
void CurveFlattener::adaptive(std::span<const Vec2> control) {
    const size_t count = control.size();
    if (stack_.size() < 2 * count) stack_.resize(8 * count);
    std::copy(control.begin(), control.end(), stack_.begin());
    bool first = true;  // its start is the curve's own, added by the caller
    for (size_t curves = 1; curves > 0;) {
        const size_t base = (curves - 1) * count;
        const bool flat = flat_enough({stack_.data() + base, count});
        subdivide(base, count);
        if (!flat) {
            ++curves;
            continue;
        }
        --curves;
        const Vec2* const right = stack_.data() + base;
        const Vec2* const left = right + count;
        const auto point = [&](size_t i) { return i < count ? left[i] : right[i - count + 1]; };
        if (!first) out_.push_back(left[0]);
        first = false;
        for (size_t i = 2; i + 2 < 2 * count - 1; i += 2) {
            out_.push_back((point(i - 1) + point(i) * 2 + point(i + 1)) * 0.25f);
        }
    }
}

// A Bézier of hundreds of control points: points of the exact curve, as Bernstein sums over the few controls
// that have weight, because subdividing would cost the square of the points.
void CurveFlattener::sampled(std::span<const Vec2> control) {
    const auto degree = static_cast<int64_t>(control.size() - 1);
    double polygon = 0;
    for (size_t i = 1; i < control.size(); ++i)
        polygon += std::sqrt(length_squared(control[i] - control[i - 1]));
    const int pieces = polygon < 8192 ? std::max(64, static_cast<int>(polygon / 2)) : 4096;
    for (int piece = 1; piece < pieces; ++piece) {
        const double t = static_cast<double>(piece) / pieces, odds = t / (1 - t);
        const auto mode = std::min(static_cast<int64_t>(t * static_cast<double>(degree + 1)), degree);
        double x = control[mode].x, y = control[mode].y, total = 1;
        const auto gather = [&](int64_t i, double weight) {
            x += weight * control[i].x, y += weight * control[i].y, total += weight;
        };
        double weight = 1;
        for (int64_t i = mode; i < degree && weight > 1e-9; ++i) {
            weight *= odds * static_cast<double>(degree - i) / static_cast<double>(i + 1);
            gather(i + 1, weight);
        }
        weight = 1;
        for (int64_t i = mode; i > 0 && weight > 1e-9; --i) {
            weight *= static_cast<double>(i) / (odds * static_cast<double>(degree - i + 1));
            gather(i - 1, weight);
        }
        out_.push_back({static_cast<float>(x / total), static_cast<float>(y / total)});
    }
}

// A clamped uniform B-spline, cut into Béziers at its knots (Piegl and Tiller, The NURBS Book, A5.6).
void CurveFlattener::bspline(std::span<const Vec2> control, int degree) {
    const int count = static_cast<int>(control.size());
    degree = std::max(1, degree);
    if (degree >= count - 1) return bezier(control);
    degree = std::min(degree,
                      static_cast<int>(adaptive_point_limit) - 1);  // the cost is its square for each point
    const int last_knot = count - degree;  // knots 0 … last_knot, the outer two degree + 1 times
    const auto knot = [&](int i) { return static_cast<float>(std::clamp(i - degree, 0, last_knot)); };
    std::vector<Vec2> piece(control.begin(), control.begin() + degree + 1), next(degree + 1);
    for (int b = degree + 1;; ++b) {
        const int a = b - 1;
        const bool last = b >= count;
        if (!last) {  // raise the knot b to multiplicity `degree`
            for (int r = 1; r < degree; ++r) {
                for (int k = degree; k > r; --k) {
                    const float alpha = (knot(b) - knot(a)) / (knot(a + k - r + 1) - knot(a));
                    piece[k] = piece[k] * alpha + piece[k - 1] * (1 - alpha);
                }
                next[degree - 1 - r] = piece[degree];
            }
        }
        bezier(piece);
        if (last) return;
        next[degree] = control[b];
        next[degree - 1] = control[b - 1];
        std::swap(piece, next);
    }
}

void CurveFlattener::catmull(std::span<const Vec2> control) {
    const size_t count = control.size();
    if (count < 2) return linear(control);
    for (size_t i = 0; i + 1 < count; ++i) {
        const Vec2 b = control[i], c = control[i + 1];
        const Vec2 a = i > 0 ? control[i - 1] : b;
        const Vec2 d = i + 2 < count ? control[i + 2] : c + c - b;
        if (i == 0) add(b);
        for (int piece = 1; piece <= catmull_detail; ++piece) {
            out_.push_back(catmull_point(a, b, c, d, static_cast<float>(piece) / catmull_detail));
        }
    }
}

void CurveFlattener::perfect(std::span<const Vec2> control) {
    if (control.size() != 3) return bezier(control);
    const Vec2 a = control[0], b = control[1], c = control[2];
    if (collinear(a, b, c)) return bezier(control);
    const float twice_area = 2 * (a.x * (b - c).y + b.x * (c - a).y + c.x * (a - b).y);
    const float a2 = length_squared(a), b2 = length_squared(b), c2 = length_squared(c);
    const Vec2 centre{(a2 * (b - c).y + b2 * (c - a).y + c2 * (a - b).y) / twice_area,
                      (a2 * (c - b).x + b2 * (a - c).x + c2 * (b - a).x) / twice_area};
    const Vec2 from = a - centre, to = c - centre;
    const float radius = std::sqrt(length_squared(from));
    const double start = angle_of(from.y, from.x);
    double range = angle_of(to.y, to.x) - start;
    if (range < 0) range += 2 * std::numbers::pi;
    const Vec2 chord = c - a;
    const bool left = chord.y * (b.x - a.x) - chord.x * (b.y - a.y) < 0;
    if (left) range = 2 * std::numbers::pi - range;
    const double pieces =
        2 * radius <= arc_tolerance
            ? 2
            : std::ceil(range / (2 * arc_cosine(1 - arc_tolerance / static_cast<double>(radius))));
    if (!(pieces < arc_piece_limit)) return bezier(control);
    const int count = std::max(2, static_cast<int>(pieces));
    // Turned step by step: in double precision the error stays far below a pixel's last float digit.
    const auto [cosine, sine] = turn_by((left ? -range : range) / (count - 1));
    auto [x, y] = turn_by(start);
    for (int i = 0; i < count; ++i) {
        const Vec2 point{centre.x + static_cast<float>(x) * radius,
                         centre.y + static_cast<float>(y) * radius};
        if (i == 0) {
            add(point);
        } else {
            out_.push_back(point);
        }
        const double turned = x * cosine - y * sine;
        y = x * sine + y * cosine;
        x = turned;
    }
}

}  // namespace osu
