#include "sampling/alignment.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace osu {

Alignment align(std::span<const Vec2> points, std::span<const Vec2> onto, std::span<const float> weights,
                bool may_mirror) {
    assert(points.size() == onto.size() && (weights.empty() || weights.size() == points.size()));
    const auto weight_of = [&](size_t i) { return weights.empty() ? 1.0f : weights[i]; };
    Alignment best;
    float all = 0;
    for (size_t i = 0; i < points.size(); ++i) {
        best.from = best.from + points[i] * weight_of(i);
        best.to = best.to + onto[i] * weight_of(i);
        all += weight_of(i);
    }
    if (!(all > 0)) return best;
    best.from = best.from * (1 / all);
    best.to = best.to * (1 / all);
    double cosine[2]{}, sine[2]{}, sizes = 0;  // without and with the mirroring
    for (size_t i = 0; i < points.size(); ++i) {
        const Vec2 p = points[i] - best.from, q = onto[i] - best.to;
        const double weight = weight_of(i);
        sizes += weight * (double{p.x} * p.x + double{p.y} * p.y + double{q.x} * q.x + double{q.y} * q.y);
        for (int mirrored = 0; mirrored < 2; ++mirrored) {
            const double x = mirrored ? -p.x : p.x;
            cosine[mirrored] += weight * (x * q.x + double{p.y} * q.y);
            sine[mirrored] += weight * (x * q.y - double{p.y} * q.x);
        }
    }
    const auto size = [&](int of) { return std::sqrt(cosine[of] * cosine[of] + sine[of] * sine[of]); };
    const double fit[2] = {size(0), size(1)};
    best.mirrored = may_mirror && fit[1] > fit[0];
    const double agreed = fit[best.mirrored];
    if (agreed > 0) {
        best.cosine = static_cast<float>(cosine[best.mirrored] / agreed);
        best.sine = static_cast<float>(sine[best.mirrored] / agreed);
    }
    best.squares = std::max(0.0, sizes - 2 * agreed);
    return best;
}

}  // namespace osu
