#include "sampling/alignment.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace osu {

void Procrustes::add(Vec2 arm, Vec2 onto, double weight) {
    squares_ += weight * (double{arm.x} * arm.x + double{arm.y} * arm.y);
    squares_onto_ += weight * (double{onto.x} * onto.x + double{onto.y} * onto.y);
    for (int mirrored = 0; mirrored < 2; ++mirrored) {
        const double x = mirrored ? -arm.x : arm.x;
        cosine_[mirrored] += weight * (x * onto.x + double{arm.y} * onto.y);
        sine_[mirrored] += weight * (x * onto.y - double{arm.y} * onto.x);
    }
}

double Procrustes::agreement(bool mirrored) const {
    return std::sqrt(cosine_[mirrored] * cosine_[mirrored] + sine_[mirrored] * sine_[mirrored]);
}

Rotation Procrustes::best(bool may_mirror) const {
    Rotation rotation;
    rotation.mirrored = may_mirror && agreement(true) > agreement(false) * 1.0001 + 1e-3;
    const double agreed = agreement(rotation.mirrored);
    if (agreed > 0) {
        rotation.cosine = static_cast<float>(cosine_[rotation.mirrored] / agreed);
        rotation.sine = static_cast<float>(sine_[rotation.mirrored] / agreed);
    }
    return rotation;
}

double Procrustes::squares_left(const Rotation& best) const {
    return std::max(0.0, squares_ + squares_onto_ - 2 * agreement(best.mirrored));
}

Alignment align(std::span<const Vec2> points, std::span<const Vec2> onto, std::span<const float> weights,
                bool may_mirror) {
    assert(points.size() == onto.size() && (weights.empty() || weights.size() == points.size()));
    const auto weight_of = [&](size_t i) { return weights.empty() ? 1.0f : weights[i]; };
    Alignment result;
    float all = 0;
    for (size_t i = 0; i < points.size(); ++i) {
        result.from = result.from + points[i] * weight_of(i);
        result.to = result.to + onto[i] * weight_of(i);
        all += weight_of(i);
    }
    if (!(all > 0)) return result;
    result.from = result.from * (1 / all);
    result.to = result.to * (1 / all);
    Procrustes pairs;
    for (size_t i = 0; i < points.size(); ++i)
        pairs.add(points[i] - result.from, onto[i] - result.to, weight_of(i));
    result.rotation = pairs.best(may_mirror);
    return result;
}

}  // namespace osu
