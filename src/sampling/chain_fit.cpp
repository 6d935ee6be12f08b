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

// Where the box [at + low, at + high] lies in [0, size]; one that is larger is centred.
float inside(float at, float low, float high, float size) {
    const float least = -low, most = size - high;
    return least <= most ? std::clamp(at, least, most) : (least + most) / 2;
}

// At an edge, and pulled over it.
float mobility(float at, float low, float high, float size, float pull) {
    return (at + low <= 0 && pull < 0) || (at + high >= size && pull > 0) ? 0.0f : 1.0f;
}

void move_inside(ChainFit::Body& body) {
    body.at = {inside(body.at.x, body.low.x, body.high.x, playfield_size.x),
               inside(body.at.y, body.low.y, body.high.y, playfield_size.y)};
}

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

void ChainFit::move(std::span<Body> bodies) {
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
        move_inside(body);
        mobility_[i] = {mobility(body.at.x, body.low.x, body.high.x, playfield_size.x, pull.x),
                        mobility(body.at.y, body.low.y, body.high.y, playfield_size.y, pull.y)};
    }
}

void ChainFit::apply(std::span<Body> bodies, int iterations) {
    links_.assign(bodies.size(), {});
    mobility_.clear();
    for (Body& body : bodies) {
        mobility_.push_back(body.fixed ? Vec2{0, 0} : Vec2{1, 1});
        if (inside_ && !body.fixed) move_inside(body);
    }
    for (int i = 0; i < iterations; ++i) {
        measure(bodies);
        solve();
        move(bodies);
    }
}

}  // namespace osu
