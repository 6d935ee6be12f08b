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
// for the tensions t in which a link meets only its two neighbours: tridiagonal, so Thomas's elimination
// solves it in O(n). Directions turn as bodies move, hence a few iterations; two or three reach 0.1 px from
// where a sampler's steps leave off.
//
// Walls are handled by mobility: a body that has come to an edge and is pulled over it loses its freedom
// across that edge for the next iteration, and its neighbours do the work. A link between two bodies that
// cannot move stays wrong; a little softness on the diagonal keeps the system solvable there.
#include "sampling/chain_fit.h"

#include <algorithm>

namespace osu {

namespace {

constexpr Vec2 centre{playfield_size.x / 2, playfield_size.y / 2};
constexpr double softness = 1e-3;      // keeps a link between two held bodies solvable
constexpr float longest_move = 64.0f;  // px in one iteration: the links are linear only near by

double dot(Vec2 a, Vec2 b, Vec2 weight) {
    return static_cast<double>(a.x * b.x * weight.x) + static_cast<double>(a.y * b.y * weight.y);
}

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
        : x(range_of(body.low.x, body.high.x, playfield_size.x, margin)),
          y(range_of(body.low.y, body.high.y, playfield_size.y, margin)) {}
    Vec2 inside(Vec2 at) const {
        return {std::clamp(at.x, x.least, x.most), std::clamp(at.y, y.least, y.most)};
    }
    Range x, y;
};

}  // namespace

void ChainFit::measure(std::span<const Body> bodies) {
    Vec2 before = centre, heading{1, 0};
    for (size_t i = 0; i < bodies.size(); ++i) {
        const Vec2 step = bodies[i].at - before;
        const float distance = length(step);
        if (distance > 1e-3f)
            heading = step * (1 / distance);  // from a body in the same place: as it went on
        links_[i].direction = heading;
        links_[i].error = distance - bodies[i].distance;
        if (!bodies[i].linked) links_[i].direction = {0, 0}, links_[i].error = 0;  // it pulls at nothing
        before = bodies[i].at + bodies[i].leave;
    }
}

// The tensions that take all errors away, to first order: Thomas's elimination.
void ChainFit::solve() {
    Vec2 before{0, 0};  // mobility of the body before
    double pivot = 1, coupling = 0, tension = 0;
    for (size_t i = 0; i < links_.size(); ++i) {
        Link& link = links_[i];
        const double own = dot(link.direction, link.direction, before) +
                           dot(link.direction, link.direction, mobility_[i]) + softness;
        link.ratio = coupling / pivot;
        link.pivot = pivot = own - link.ratio * coupling;
        link.tension = tension = link.error - link.ratio * tension;
        if (i + 1 < links_.size()) coupling = -dot(link.direction, links_[i + 1].direction, mobility_[i]);
        before = mobility_[i];
    }
    for (size_t i = links_.size(); i-- > 0;) {
        links_[i].tension /= links_[i].pivot;
        if (i + 1 < links_.size()) links_[i].tension -= links_[i + 1].ratio * links_[i + 1].tension;
    }
}

void ChainFit::move(std::span<Body> bodies, float margin) {
    for (size_t i = 0; i < bodies.size(); ++i) {
        Body& body = bodies[i];
        if (body.fixed) continue;
        Vec2 pull = links_[i].direction * static_cast<float>(-links_[i].tension);
        if (i + 1 < bodies.size())
            pull = pull + links_[i + 1].direction * static_cast<float>(links_[i + 1].tension);
        const float far = length(pull);
        if (far > longest_move) pull = pull * (longest_move / far);
        body.at = body.at + Vec2{pull.x * mobility_[i].x, pull.y * mobility_[i].y};
        if (!inside_) continue;
        const Ranges ranges(body, margin);
        body.at = ranges.inside(body.at);
        mobility_[i] = {mobility(body.at.x, ranges.x, pull.x), mobility(body.at.y, ranges.y, pull.y)};
    }
}

void ChainFit::apply(std::span<Body> bodies, int iterations, float margin) {
    links_.assign(bodies.size(), {});
    mobility_.clear();
    for (Body& body : bodies) {
        mobility_.push_back(body.fixed ? Vec2{0, 0} : Vec2{1, 1});
        if (inside_ && !body.fixed) body.at = Ranges(body, margin).inside(body.at);
    }
    for (int i = 0; i < iterations; ++i) {
        measure(bodies);
        solve();
        move(bodies, margin);
    }
}

}  // namespace osu
