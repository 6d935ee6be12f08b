#include "base/same_math.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace osu {

namespace {

constexpr double pi = std::numbers::pi;
// π/2 and ln 2 in parts of 33 bits, whose products with whole numbers up to 2²⁰ are exact, and the rest.
constexpr double quarter[] = {1.5707963267341256, 6.077100506303966e-11, 2.0222662487959506e-21};
constexpr double ln2[] = {0.6931471804855391, 7.440617110012397e-11};

// 1 + x/d₀ · (1 + x/d₁ · (1 + …)): Taylor's series by the quotients of its coefficients.
template <int count>
double series(double x, const double (&divisors)[count]) {
    double sum = 1;
    for (int i = count; i-- > 0;) sum = 1 + x / divisors[i] * sum;
    return sum;
}

// For t in [0, 1], by way of a quarter of the angle.
double arc_tangent(double t) {
    for (int twice = 0; twice < 2; ++twice) t /= 1 + std::sqrt(1 + t * t);
    const double square = t * t;
    double sum = 0;
    for (int odd = 23; odd > 0; odd -= 2) sum = 1.0 / odd - square * sum;
    return 4 * t * sum;
}

}  // namespace

Turn turn_by(double angle) {
    constexpr double of_sine[] = {2 * 3, 4 * 5, 6 * 7, 8 * 9, 10 * 11, 12 * 13, 14 * 15, 16 * 17};
    constexpr double of_cosine[] = {1 * 2, 3 * 4, 5 * 6, 7 * 8, 9 * 10, 11 * 12, 13 * 14, 15 * 16};
    const double turns = std::nearbyint(angle * (2 / pi));
    const double rest = angle - turns * quarter[0] - turns * quarter[1] - turns * quarter[2];
    const double square = -(rest * rest);
    const double sine = rest * series(square, of_sine), cosine = series(square, of_cosine);
    switch (static_cast<long long>(turns) & 3) {
        case 0: return {cosine, sine};
        case 1: return {-sine, cosine};
        case 2: return {-cosine, -sine};
        default: return {sine, -cosine};
    }
}

double angle_of(double y, double x) {
    const double across = std::abs(x), along = std::abs(y), most = std::max(across, along);
    if (!(most > 0)) return 0;
    double angle = arc_tangent(std::min(across, along) / most);
    if (along > across) angle = pi / 2 - angle;
    if (x < 0) angle = pi - angle;
    return y < 0 ? -angle : angle;
}

double arc_cosine(double cosine) {
    return angle_of(std::sqrt((1 - cosine) * (1 + cosine)), cosine);
}

double exponential(double x) {
    constexpr double whole[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14};
    if (x < -700) return 0;
    const double doublings = std::nearbyint(x / std::numbers::ln2);
    return std::ldexp(series(x - doublings * ln2[0] - doublings * ln2[1], whole),
                      static_cast<int>(doublings));
}

}  // namespace osu
