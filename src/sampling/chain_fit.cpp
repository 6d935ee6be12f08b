// A map's spacing makes a chain: n bodies (circles, or sliders that move as wholes) and a link between each
// two. Moving a body along its links to put one right puts its neighbour wrong, and doing so link by link
// carries an error of a hundred circles' length along the chain a circle at a time. But the links are nearly
// linear where they are nearly right. So all are put right at once, by Newton's method for the least
// movement:
//
//   link i wants    d_i · (x_i − x_{i−1} − leave_{i−1}) = distance_i    d_i: its direction now
//   least movement  x_i moves by m_i · (d_{i+1} t_{i+1} − d_i t_i)      t: how hard each link pulls
//
// where m is 1 for a body that can move and 0 for one that cannot. Put into the first line this is one system
// for the tensions t in which a link meets only its two neighbours. Directions turn as bodies move, hence a
// few iterations; two or three reach 0.1 px from where a sampler's steps leave off.
//
// Bodies on one spot are one: what pulls at any of them moves all, a share of 1/n each (their movements count
// n times), and the links between two of them make a ring. Asked for beside the chain, a spot would be parted
// by it again.
//
// A ring can also be such that nothing closes it: a slider keeps its shape, and where it lies on the spot, or
// between a spot and itself, the way around may be too long or too short. Least squares would then leave all
// of the ring wrong, and what hangs on it. Distances come before spots: such a spot is parted.
//
// Walls are handled by mobility: a body that has come to an edge and is pulled over it loses its freedom
// across that edge for the next iteration, and its neighbours do the work. A link between two bodies that
// cannot move stays wrong; a little softness on the diagonal keeps the system solvable there.
#include "sampling/chain_fit.h"

#include <algorithm>
#include <cmath>

namespace osu {

namespace {

constexpr Vec2 centre{playfield_size.x / 2, playfield_size.y / 2};
constexpr float longest_move = 64.0f;  // px in one iteration: the links are linear only near by
constexpr float most_error = 2;        // px that a ring may be from closing
constexpr size_t ring = 8;             // bodies, about, from a spot back to it
constexpr size_t neighbours = 5;       // on either side, that come inside with a body, farther ones less

// Where a body may begin on one axis: so that its box [at + low, at + high] lies in [0, size], and not in the
// margin where that leaves a place; one that is larger than the field is centred.
struct Range {
    float least, most;
};
Range range_of(float low, float high, float size, float margin) {
    const Range whole{-low, size - high};
    if (whole.least > whole.most) return {(whole.least + whole.most) / 2, (whole.least + whole.most) / 2};
    const Range inner{std::max(whole.least, margin), std::min(whole.most, size - margin)};
    return inner.least <= inner.most ? inner : whole;
}

// At an edge, and pulled over it.
float mobility(float at, Range range, float pull) {
    return (at <= range.least && pull < 0) || (at >= range.most && pull > 0) ? 0.0f : 1.0f;
}

struct Ranges {
    Ranges(const ChainFit::Body& body, float margin)
        : x(range_of(body.low.x, body.high.x, playfield_size.x, margin * body.shyness)),
          y(range_of(body.low.y, body.high.y, playfield_size.y, margin * body.shyness)) {}
    Vec2 inside(Vec2 at) const {
        return {std::clamp(at.x, x.least, x.most), std::clamp(at.y, y.least, y.most)};
    }
    Range x, y;
};

// From link `link` on, the bodies of the spot are another's.
void part(std::span<ChainFit::Body> bodies, int32_t spot, size_t link) {
    int32_t after = -1;
    size_t before = 0, behind = 0;
    for (size_t i = static_cast<size_t>(spot); i < bodies.size(); ++i) {
        if (bodies[i].spot != spot) continue;
        if (i < link) {
            ++before;
            continue;
        }
        if (after < 0) after = static_cast<int32_t>(i);
        bodies[i].spot = after;
        ++behind;
    }
    if (before == 1) bodies[spot].spot = -1;
    if (behind == 1) bodies[after].spot = -1;
}

}  // namespace

void ChainFit::measure(std::span<const Body> bodies) {
    Vec2 before = centre, heading{1, 0};
    for (size_t i = 0; i < bodies.size(); ++i) {
        const Vec2 step = bodies[i].at - before;
        const float distance = length(step);
        if (distance > 1e-3f)
            heading = step * (1 / distance);  // from a body in the same place: as it went on
        direction_[i] = heading;
        error_[i] = distance - bodies[i].distance;
        if (!bodies[i].linked) direction_[i] = {0, 0}, error_[i] = 0;  // it pulls at nothing
        before = bodies[i].at + bodies[i].leave;
    }
}

// Bodies of one spot come to their middle, and from there into the field together.
void ChainFit::meet(std::span<Body> bodies, float margin) {
    middle_.assign(bodies.size(), {0, 0});
    for (size_t i = 0; i < bodies.size(); ++i)
        if (spot_[i] >= 0) middle_[spot_[i]] = middle_[spot_[i]] + bodies[i].at * share(i);
    for (int twice = 0; inside_ && twice < 2; ++twice)  // what is inside for one may be outside for another
        for (size_t i = 0; i < bodies.size(); ++i)
            if (spot_[i] >= 0) middle_[spot_[i]] = Ranges(bodies[i], margin).inside(middle_[spot_[i]]);
    for (size_t i = 0; i < bodies.size(); ++i)
        if (spot_[i] >= 0) bodies[i].at = middle_[spot_[i]];
}

// What one body of a spot cannot do, none of them can.
void ChainFit::hold_together() {
    for (size_t i = 0; i < spot_.size(); ++i) {
        if (spot_[i] < 0) continue;
        Vec2& first = mobility_[spot_[i]];
        first = {std::min(first.x, mobility_[i].x), std::min(first.y, mobility_[i].y)};
    }
    for (size_t i = 0; i < spot_.size(); ++i)
        if (spot_[i] >= 0) mobility_[i] = mobility_[spot_[i]];
}

void ChainFit::move(std::span<Body> bodies, std::span<const Vec2> pull, float margin) {
    for (size_t i = 0; i < bodies.size(); ++i) {
        Body& body = bodies[i];
        if (body.fixed) continue;
        const float far = length(pull[i]) * share(i);
        const float shorter = far > longest_move ? longest_move / far : 1;
        body.at = body.at + Vec2{pull[i].x * shorter * mobility_[i].x, pull[i].y * shorter * mobility_[i].y};
        if (!inside_) continue;
        const Ranges ranges(body, margin);
        body.at = ranges.inside(body.at);
        mobility_[i] =
            Vec2{mobility(body.at.x, ranges.x, pull[i].x), mobility(body.at.y, ranges.y, pull[i].y)} *
            share(i);
    }
    hold_together();
    meet(bodies, margin);
}

void ChainFit::bring_inside(std::span<Body> bodies, float margin) {
    if (!inside_) return;
    up_.assign(bodies.size(), {0, 0});
    down_ = up_;
    const auto take_along = [&](std::vector<Vec2>& moves, size_t by, Vec2 move) {
        if (move.x <= 0 && move.y <= 0) return;
        const size_t end = std::min(bodies.size(), by + neighbours + 1);
        for (size_t i = by > neighbours ? by - neighbours : 0; i < end; ++i) {
            const float far = static_cast<float>(i > by ? i - by : by - i) / (neighbours + 1);
            const float share = 1 - far * far;
            moves[i] = {std::max(moves[i].x, move.x * share), std::max(moves[i].y, move.y * share)};
        }
    };
    for (size_t i = 0; i < bodies.size(); ++i) {
        if (bodies[i].fixed) continue;
        const Vec2 by = Ranges(bodies[i], margin).inside(bodies[i].at) - bodies[i].at;
        take_along(up_, i, by);
        take_along(down_, i, by * -1);
    }
    for (size_t i = 0; i < bodies.size(); ++i)
        if (!bodies[i].fixed) bodies[i].at = bodies[i].at + up_[i] - down_[i];
}

// More wrong than all others that may be of its ring.
bool ChainFit::is_worst(size_t link) const {
    const auto first = error_.begin() + static_cast<ptrdiff_t>(link > ring ? link - ring : 0);
    const auto end = error_.begin() + static_cast<ptrdiff_t>(std::min(error_.size(), link + ring));
    const double error = std::abs(error_[link]);
    return error > most_error &&
           std::all_of(first, end, [&](double other) { return std::abs(other) <= error; });
}

bool ChainFit::part_spots(std::span<Body> bodies) {
    measure(bodies);
    bool parted = false;
    for (size_t link = 1; link < bodies.size(); ++link) {
        if (!is_worst(link)) continue;
        for (size_t i = link; i < std::min(bodies.size(), link + ring); ++i) {
            const int32_t spot = bodies[i].spot;
            if (spot < 0 || static_cast<size_t>(spot) >= link) continue;
            part(bodies, spot, link);
            parted = true;
        }
    }
    return parted;
}

void ChainFit::apply(std::span<Body> bodies, int iterations, float margin) {
    direction_.assign(bodies.size(), {});
    error_.assign(bodies.size(), 0);
    mobility_.assign(bodies.size(), {0, 0});
    sharing_.assign(bodies.size(), 0);
    spot_.clear();
    for (const Body& body : bodies) {
        spot_.push_back(body.spot);
        if (body.spot >= 0) ++sharing_[body.spot];
    }
    for (size_t i = 0; i < bodies.size(); ++i) {
        if (bodies[i].fixed) continue;
        mobility_[i] = {share(i), share(i)};
        if (inside_) bodies[i].at = Ranges(bodies[i], margin).inside(bodies[i].at);
    }
    meet(bodies, margin);
    for (int i = 0; i < iterations; ++i) {
        measure(bodies);
        // No movement changes a link between two bodies of one spot: asked to, the solver would only search.
        for (size_t k = 1; k < bodies.size(); ++k)
            if (spot_[k] >= 0 && spot_[k] == spot_[k - 1]) direction_[k] = {0, 0}, error_[k] = 0;
        move(bodies, solver_.solve({direction_, error_, mobility_, spot_}), margin);
    }
}

}  // namespace osu
