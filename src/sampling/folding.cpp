// Every stretch of a few objects that holds one of a covering pair and not the other is tried: folding both
// would leave them as they are to each other. What a fold gains is what all pairs of the objects that move
// cover less of one another, less a little for the way that they move, and for turns that become others: the
// network made them like people's. Of all folds the best is taken, if it gains enough. So nothing is folded
// onto something else, and nothing without need. Sliders are carried, not mirrored: what is parallel stays
// so, and links are mirrored alone.
//
// Parts that the source makes alike stay alike when each is folded at the same objects: a stretch is looked
// up in its copies, and theirs, and all are folded or none. One that lies in a part only half is left.
#include "sampling/folding.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace osu {

namespace {

constexpr uint32_t longest = 6;      // objects that are folded at once
constexpr size_t most_copies = 64;   // of a stretch
constexpr float edge_margin = 12;    // px that what is folded keeps from the edges
constexpr double partly_cost = 0.5;  // of a pair that covers at all; lying on one another costs 1 more
// px of movement that a whole covering is worth, coverings that a fold must gain, and what it costs to make a
// turn back of one straight on. Looked for on 110 maps that no figure of docs/model.md is of, the choice of
// the first two among two by those; dearer folds leave more covered, cheaper ones make turns unlike people's.
constexpr double worth = 500, least_gain = 0.2, turn_cost = 0.3;

float dot(Vec2 a, Vec2 b) {
    return a.x * b.x + a.y * b.y;
}

// Between two movements, 0 to pi.
double turn(Vec2 in, Vec2 out) {
    return std::abs(std::atan2(in.x * out.y - in.y * out.x, dot(in, out)));
}

bool inside(const ChainFit::Body& body) {
    const Vec2 at = body.at, low = at + body.low, high = at + body.high;
    return at.x >= edge_margin && at.y >= edge_margin && at.x <= playfield_size.x - edge_margin &&
           at.y <= playfield_size.y - edge_margin && low.x >= 0 && low.y >= 0 && high.x <= playfield_size.x &&
           high.y <= playfield_size.y;
}

}  // namespace

Folding::Folding(std::span<const uint8_t> held, std::span<const Copies> copies)
    : held_(held.begin(), held.end()), copies_(held.size()) {
    for (const Copies& both : copies)
        for (uint32_t i = 0; i < both.count; ++i) {
            copies_[both.from + i].push_back(both);
            copies_[both.to + i].push_back({both.to, both.from, both.count});
        }
}

// The stretch and all that must be folded with it. False where it may not be folded: objects of it stay, or
// share a spot, or are alike others without the neighbours that it is folded between.
bool Folding::find_copies(std::span<const ChainFit::Body> bodies, Stretch stretch) {
    stretches_.assign(1, stretch);
    for (size_t k = 0; k < stretches_.size(); ++k) {
        const Stretch one = stretches_[k];
        for (uint32_t i = one.first; i < one.end; ++i) {
            if (held_[i] || bodies[i].fixed || !bodies[i].linked || bodies[i].spot >= 0) return false;
            for (const Copies& both : copies_[i]) {
                if (one.first <= both.from || one.end >= both.from + both.count) return false;
                const Stretch copy{one.first - both.from + both.to, one.end - both.from + both.to};
                if (std::find(stretches_.begin(), stretches_.end(), copy) != stretches_.end()) continue;
                for (const Stretch& other : stretches_)
                    if (copy.first <= other.end && other.first <= copy.end) return false;
                if (stretches_.size() == most_copies) return false;
                stretches_.push_back(copy);
            }
        }
    }
    return true;
}

// False, and some of them folded, where one would leave the field or there is no way to mirror about.
bool Folding::fold(std::span<ChainFit::Body> bodies) const {
    for (const auto& [first, end] : stretches_) {
        Vec2 from = bodies[first - 1].at + bodies[first - 1].leave, left = from;
        Vec2 way = bodies[end].at - from;  // all links, one behind the other
        for (uint32_t i = first; i < end; ++i) way = way - bodies[i].leave;
        const float square = dot(way, way);
        if (square < 1) return false;
        for (uint32_t i = first; i < end; ++i) {
            ChainFit::Body& body = bodies[i];
            const Vec2 link = body.at - left;
            left = body.at + body.leave;
            body.at = from + way * (2 * dot(link, way) / square) - link;
            from = body.at + body.leave;
            if (!inside(body)) return false;
        }
    }
    return true;
}

void Folding::unfold(std::span<ChainFit::Body> bodies) const {
    for (const auto& [first, end] : stretches_)
        for (uint32_t i = first; i < end; ++i) bodies[i].at = at_[i];
}

// Of all pairs of the objects that move.
double Folding::covering(const Scene& scene) {
    const auto mark = [&](uint8_t moved) {
        for (const auto& [first, end] : stretches_) std::fill_n(moved_.begin() + first, end - first, moved);
    };
    mark(1);
    double sum = 0;
    for (const auto& [first, end] : stretches_)
        for (uint32_t i = first; i < end; ++i)
            for (const uint32_t k : pairs_[i]) {
                const Separation::Pair& pair = scene.separation.pairs()[k];
                if (pair.later != i && moved_[pair.later]) continue;  // it is that one's
                const float gap = scene.separation.gap(pair, scene.bodies, scene.outlines);
                sum += std::max(0.0f, 1 - gap / pair.distance);
                if (gap < scene.separation.diameter()) sum += partly_cost;
            }
    mark(0);
    return sum;
}

// How much the turns where folded movements meet those that stay are others than before, in half turns; those
// within a stretch go the other way, and are as sharp.
double Folding::turned(std::span<const ChainFit::Body> bodies) const {
    const auto turn_at = [&](uint32_t i, const auto& at) {
        const Vec2 before = at(i - 1) + bodies[i - 1].leave, after = at(i) + bodies[i].leave;
        return turn(at(i) - before, at(i + 1) - after);
    };
    const auto is = [&](uint32_t i) { return bodies[i].at; };
    const auto was = [&](uint32_t i) { return at_[i]; };
    double sum = 0;
    for (const auto& [first, end] : stretches_)
        for (const uint32_t i : {first - 1, end})
            if (i > 0 && i + 1 < bodies.size() && bodies[i].linked && bodies[i + 1].linked)
                sum += std::abs(turn_at(i, is) - turn_at(i, was));
    return sum / std::numbers::pi;
}

// Folds, and says what it gained; below 0 where that cannot be.
double Folding::gain(const Scene& scene) {
    const double before = covering(scene);
    if (before < least_gain || !fold(scene.bodies)) return -1;
    double far = 0;
    for (const auto& [first, end] : stretches_)
        for (uint32_t i = first; i < end; ++i) far += length(scene.bodies[i].at - at_[i]);
    return before - covering(scene) - far / worth - turned(scene.bodies) * turn_cost;
}

bool Folding::part(const Scene& scene, const Separation::Pair& pair) {
    double most = least_gain;
    best_.clear();
    const uint32_t least = pair.earlier > longest ? pair.earlier - longest + 1 : 1;
    for (uint32_t first = least; first <= pair.later; ++first)
        for (uint32_t end = first + 1; end < scene.bodies.size() && end - first <= longest; ++end) {
            const bool earlier = first <= pair.earlier && pair.earlier < end, later = pair.later < end;
            if (earlier == later || !find_copies(scene.bodies, {first, end})) continue;
            const double gained = gain(scene);
            unfold(scene.bodies);
            if (gained <= most) continue;
            most = gained;
            best_ = stretches_;
        }
    if (best_.empty()) return false;
    stretches_ = best_;
    fold(scene.bodies);
    for (const auto& [first, end] : stretches_)
        for (uint32_t i = first; i < end; ++i) at_[i] = scene.bodies[i].at;
    return true;
}

int Folding::apply(const Separation& separation, std::span<ChainFit::Body> bodies,
                   std::span<const std::vector<Vec2>> outlines) {
    const auto& pairs = separation.pairs();
    pairs_.assign(bodies.size(), {});
    for (uint32_t k = 0; k < pairs.size(); ++k) {
        pairs_[pairs[k].earlier].push_back(k);
        pairs_[pairs[k].later].push_back(k);
    }
    moved_.assign(bodies.size(), 0);
    at_.clear();
    for (const ChainFit::Body& body : bodies) at_.push_back(body.at);
    int folded = 0;
    for (const Separation::Pair& pair : pairs)
        if (separation.gap(pair, bodies, outlines) < separation.diameter())
            folded += part({separation, bodies, outlines}, pair);
    return folded;
}

}  // namespace osu
