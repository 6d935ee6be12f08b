#include "sampling/turn_fit.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <complex>
#include <numbers>

#include "base/same_math.h"
#include "sampling/alignment.h"

namespace osu {

namespace {

constexpr double degrees = std::numbers::pi / 180;
constexpr double stream_gap = 130;      // ms between circles of a stream: a quarter of a beat at 115 BPM
constexpr double longest_gap = 1000;    // ms between circles that one movement joins
constexpr double equal_gap_within = 8;  // ms
constexpr float least_spacing = 8;      // px in a stream: shorter movements have no direction in a file
constexpr float least_jump = 50;        // px
constexpr double even_within = 25 * degrees;  // of the source's turns
// The same of jumps: nearer than that by chance are few, and what is made equal comes on top of those that
// are by chance.
constexpr double equal_within = 5 * degrees;
// How much a stream's turn is held to its neighbour's, against how much to what it is; less where the source
// itself changes by more.
constexpr double stiffness = 60, soft_change = 12 * degrees;
// px of noise below which a prediction has turns that are worth evening out; streams at more noise become
// straight lines.
constexpr double stream_noise = 60, jump_noise = 200;
constexpr size_t least_bent = 5;       // circles of a stream that may be bent as a whole
constexpr size_t circles_a_wave = 6;   // that it is bent in, and at most …
constexpr size_t most_waves = 12;      // … so many of them
constexpr double wave_cost = 80 * 80;  // px² that a radian² of change between two turns is worth
constexpr int bend_rounds = 3;

double turn_at(Vec2 a, Vec2 b, Vec2 c) {
    const Vec2 in = b - a, out = c - b;
    return angle_of(double{in.x} * out.y - double{in.y} * out.x, double{in.x} * out.x + double{in.y} * out.y);
}

bool is_circle(uint8_t type) {
    return static_cast<PointType>(type) <= PointType::circle_new_combo;
}

// Of circle i + 1's turn to that of circle i.
TurnFit::Relation relation_at(const Datapoints& map, size_t i) {
    using enum TurnFit::Relation;
    bool stream = true, jumps = true;
    for (size_t k = i; k <= i + 2; ++k) {
        if (!is_circle(map.type[k - 1]) || !is_circle(map.type[k])) return none;
        const double gap = map.time[k] - map.time[k - 1];
        if (!(gap > 0 && gap <= longest_gap)) return none;
        stream = stream && gap <= stream_gap && map.distance[k] >= least_spacing;
        jumps = jumps && map.distance[k] >= least_jump &&
                std::abs(gap - (map.time[i] - map.time[i - 1])) <= equal_gap_within;
    }
    if (!stream && !jumps) return none;
    const auto p = map.position.subspan(i - 1, 4);
    const double first = turn_at(p[0], p[1], p[2]), second = turn_at(p[1], p[2], p[3]);
    if (stream && std::abs(std::remainder(second - first, 2 * std::numbers::pi)) <= even_within) return even;
    if (!jumps || std::abs(std::abs(first) - std::abs(second)) > equal_within) return none;
    return (first < 0) == (second < 0) ? same : opposite;
}

// Moves and turns points onto others, each with the mean given; returns the sum of the squares left.
double move_onto(std::span<Vec2> points, Vec2 mean, std::span<const Vec2> onto, Vec2 mean_onto) {
    Procrustes pairs;
    for (size_t k = 0; k < points.size(); ++k) pairs.add(points[k] - mean, onto[k] - mean_onto);
    const Rotation rotation = pairs.best(false);
    double squares = 0;
    for (size_t k = 0; k < points.size(); ++k) {
        points[k] = mean_onto + rotation(points[k] - mean);
        const Vec2 off = points[k] - onto[k];
        squares += double{off.x} * off.x + double{off.y} * off.y;
    }
    return squares;
}

using Point = std::complex<double>;

Point point(Vec2 p) {
    return {p.x, p.y};
}

double dot(const std::vector<Point>& a, const std::vector<Point>& b) {
    double sum = 0;
    for (size_t k = 0; k < a.size(); ++k) sum += std::real(std::conj(a[k]) * b[k]);
    return sum;
}

double wave_at(size_t wave, size_t turn, size_t turns) {
    return turn_by(std::numbers::pi * static_cast<double>(wave) * (static_cast<double>(turn) + 0.5) /
                   static_cast<double>(turns))
        .cosine;
}

// How far each point goes when the turns grow by a wave, a radian high; but for the movement and the turn of
// the whole, which cost nothing.
std::vector<Point> moved_by_wave(std::span<const Vec2> points, size_t wave) {
    const auto count = static_cast<double>(points.size());
    const Point left{0, 1};  // by 90°
    std::vector<Point> moved;
    Point mean = 0, mean_moved = 0, about = 0;
    double turned = 0;
    for (size_t k = 0; k < points.size(); ++k) {
        if (k > 1) {
            const double more = wave_at(wave, k - 2, points.size() - 2);
            turned += more;
            about += more * point(points[k - 1]);
        }
        moved.push_back(left * (point(points[k]) * turned - about));
        mean += point(points[k]) / count;
        mean_moved += moved.back() / count;
    }
    std::vector<Point> spin;
    for (size_t k = 0; k < points.size(); ++k) {
        moved[k] -= mean_moved;
        spin.push_back(left * (point(points[k]) - mean));
    }
    const double size = dot(spin, spin), along = size > 0 ? dot(spin, moved) / size : 0;
    for (size_t k = 0; k < points.size(); ++k) moved[k] -= along * spin[k];
    return moved;
}

// Solves a x = b for a symmetric, positive a (n, n), of which the lower half is read; b becomes x.
void solve(std::vector<double>& a, std::vector<double>& b) {
    const size_t n = b.size();
    for (size_t i = 0; i < n; ++i) {
        for (size_t k = 0; k <= i; ++k) {
            double sum = a[i * n + k];
            for (size_t m = 0; m < k; ++m) sum -= a[i * n + m] * a[k * n + m];
            a[i * n + k] = i == k ? std::sqrt(std::max(sum, 1e-9)) : sum / a[k * n + k];
        }
        for (size_t m = 0; m < i; ++m) b[i] -= a[i * n + m] * b[m];
        b[i] /= a[i * n + i];
    }
    for (size_t i = n; i-- > 0;) {
        for (size_t k = i + 1; k < n; ++k) b[i] -= a[k * n + i] * b[k];
        b[i] /= a[i * n + i];
    }
}

}  // namespace

TurnFit::TurnFit(const Datapoints& map, std::span<const uint8_t> fixed)
    : fixed_(fixed.begin(), fixed.end()),
      asked_(map.distance.begin(), map.distance.end()),
      position_(map.size()) {
    assert(map.position.size() == map.size());
    find_stretches(map);
}

void TurnFit::find_stretches(const Datapoints& map) {
    Stretch open;
    const auto close = [&](uint32_t end) {
        if (!open.relation.empty()) {
            open.end = end;
            stretches_.push_back(open);
        }
        open = {};
    };
    for (uint32_t i = 1; i + 2 < map.size(); ++i) {
        const Relation relation = relation_at(map, i);
        const bool goes_on = relation != Relation::none &&
                             (open.relation.empty() || open.stream == (relation == Relation::even));
        if (!goes_on) close(i + 2);
        if (relation == Relation::none) continue;
        if (open.relation.empty()) {
            open.first = i - 1;
            open.stream = relation == Relation::even;
        }
        open.relation.push_back(relation);
        const auto p = map.position.subspan(i - 1, 4);
        open.change.push_back(static_cast<float>(
            std::remainder(turn_at(p[1], p[2], p[3]) - turn_at(p[0], p[1], p[2]), 2 * std::numbers::pi)));
    }
    close(static_cast<uint32_t>(map.size()));
    if (!fixed_.empty())
        std::erase_if(stretches_, [&](const Stretch& stretch) {
            return std::find(fixed_.begin() + stretch.first, fixed_.begin() + stretch.end, 0) ==
                   fixed_.begin() + stretch.end;
        });
}

// The least squares between turns as they are, and as they are at their neighbours.
void TurnFit::even_out(const Stretch& stretch) {
    const size_t n = turn_.size();
    const auto hold = [&](size_t i) {  // between turns i − 1 and i
        const double change = stretch.change[i - 1] / soft_change;
        return stiffness / (1 + change * change);
    };
    std::vector<double> pivot(n), value(n);
    for (size_t i = 0; i < n; ++i) {
        const double before = i > 0 ? hold(i) : 0, after = i + 1 < n ? hold(i + 1) : 0;
        const double ratio = i > 0 ? -before / pivot[i - 1] : 0;
        pivot[i] = 1 + before + after + ratio * before;
        value[i] = turn_[i] - (i > 0 ? ratio * value[i - 1] : 0);
    }
    for (size_t i = n; i-- > 0;)
        even_[i] = (value[i] + (i + 1 < n ? hold(i + 1) * even_[i + 1] : 0)) / pivot[i];
}

void TurnFit::make_equal(const Stretch& stretch) {
    double size = 0, side = 0, sign = 1;
    for (size_t i = 0; i < turn_.size(); ++i) {
        if (i > 0 && stretch.relation[i - 1] == Relation::opposite) sign = -sign;
        size += std::abs(turn_[i]);
        side += sign * turn_[i];
        even_[i] = sign;
    }
    size /= static_cast<double>(turn_.size());
    for (double& turn : even_) turn *= side < 0 ? -size : size;
}

// The stretch with even_ turns, moved and turned to where it is now. Returns the sum of the squares that are
// left.
double TurnFit::lay(const Stretch& stretch) {
    const size_t count = stretch.end - stretch.first;
    const auto now = std::span(position_).subspan(stretch.first, count);
    laid_.assign(1, {0, 0});
    double heading = 0;
    Vec2 mean_laid{}, mean_now = now[0];
    for (size_t k = 1; k < count; ++k) {
        if (k > 1) heading += even_[k - 2];
        const float step = asked_[stretch.first + k];
        const Turn towards = turn_by(heading);
        laid_.push_back(laid_.back() + Vec2{step * static_cast<float>(towards.cosine),
                                            step * static_cast<float>(towards.sine)});
        mean_laid = mean_laid + laid_.back();
        mean_now = mean_now + now[k];
    }
    const float share = 1 / static_cast<float>(count);
    return move_onto(laid_, mean_laid * share, now, mean_now * share);
}

// What evening out bends away adds up along a stream, and would carry it away from where it is, and from the
// shape that it has in common with its repeats. So it is bent back in long waves, by Gauss's and Newton's
// least squares.
void TurnFit::bend(const Stretch& stretch) {
    const size_t count = stretch.end - stretch.first, turns = even_.size();
    const size_t waves = std::clamp<size_t>(count / circles_a_wave, 1, most_waves);
    const auto now = std::span(position_).subspan(stretch.first, count);
    double least = lay(stretch);
    for (int round = 0; round < bend_rounds; ++round) {
        std::vector<std::vector<Point>> moved;
        std::vector<Point> missing;
        std::vector<double> squares(waves * waves), wanted;
        for (size_t k = 0; k < count; ++k) missing.push_back(point(now[k] - laid_[k]));
        for (size_t m = 0; m < waves; ++m) {
            moved.push_back(moved_by_wave(laid_, m));
            wanted.push_back(dot(moved[m], missing));
            for (size_t n = 0; n <= m; ++n) squares[m * waves + n] = dot(moved[m], moved[n]);
            const double slope = std::numbers::pi * static_cast<double>(m) / static_cast<double>(turns);
            squares[m * waves + m] += wave_cost * slope * slope * static_cast<double>(turns) / 2;
        }
        solve(squares, wanted);
        const std::vector<double> before = even_;
        for (size_t i = 0; i < turns; ++i)
            for (size_t m = 0; m < waves; ++m) even_[i] += wanted[m] * wave_at(m, i, turns);
        const double left = lay(stretch);
        if (left > least) {
            even_ = before;
            lay(stretch);
            return;
        }
        least = left;
    }
}

void TurnFit::place(const Stretch& stretch) {
    const size_t count = stretch.end - stretch.first;
    turn_.clear();
    for (uint32_t i = stretch.first + 1; i + 1 < stretch.end; ++i)
        turn_.push_back(turn_at(position_[i - 1], position_[i], position_[i + 1]));
    even_.assign(turn_.size(), 0);
    if (stretch.stream)
        even_out(stretch);
    else
        make_equal(stretch);
    if (stretch.stream && count >= least_bent)
        bend(stretch);
    else
        lay(stretch);
    for (size_t k = 0; k < count; ++k)
        if (fixed_.empty() || !fixed_[stretch.first + k]) position_[stretch.first + k] = laid_[k];
}

void TurnFit::apply(std::span<float> x, double noise) {
    const size_t count = position_.size();
    assert(x.size() == 2 * count);
    const bool streams = noise <= stream_noise, jumps = noise <= jump_noise;
    if (!streams && !jumps) return;
    for (size_t i = 0; i < count; ++i)
        position_[i] = {x[i] * playfield_size.x, x[count + i] * playfield_size.y};
    for (const Stretch& stretch : stretches_)
        if (stretch.stream ? streams : jumps) place(stretch);
    for (size_t i = 0; i < count; ++i) {
        if (!fixed_.empty() && fixed_[i]) continue;
        x[i] = position_[i].x / playfield_size.x;
        x[count + i] = position_[i].y / playfield_size.y;
    }
}

}  // namespace osu
