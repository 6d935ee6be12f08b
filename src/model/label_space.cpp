#include "model/label_space.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/parallel.h"
#include "base/random.h"
#include "model/parameters.h"

namespace osu {

namespace {

double dot(std::span<const double> a, std::span<const double> b) {
    double sum = 0;
    for (size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
    return sum;
}

// Subtracts the part along a unit vector, then gives the length one; false where nothing is left.
bool make_unit(std::vector<double>& vector, std::span<const double> against) {
    if (!against.empty()) {
        const double along = dot(vector, against);
        for (size_t i = 0; i < vector.size(); ++i) vector[i] -= along * against[i];
    }
    const double length = std::sqrt(dot(vector, vector));
    if (!(length > 1e-150)) return false;
    for (double& value : vector) value /= length;
    return true;
}

// The eigenvector of the largest eigenvalue, among those at right angles to `against`, by power iteration:
// from a fixed start, until it turns by less than a millionth.
std::vector<double> leading_direction(const std::vector<double>& matrix, size_t width,
                                      std::span<const double> against) {
    Philox random(1, against.empty() ? 0 : 1);
    std::vector<double> direction(width), next(width);
    for (double& value : direction) value = random.uniform() - 0.5;
    if (!make_unit(direction, against)) return std::vector<double>(width);
    for (int step = 0; step < 3000; ++step) {
        parallel_for(static_cast<int64_t>(width), [&](int64_t i) {
            next[i] = dot({matrix.data() + i * width, width}, direction);
        });
        if (!make_unit(next, against)) return std::vector<double>(width);
        const bool settled = 1 - std::abs(dot(next, direction)) < 1e-12;
        std::swap(direction, next);
        if (settled) break;
    }
    return direction;
}

}  // namespace

LabelSpace::LabelSpace(const TensorMap& weights, std::span<const int32_t> labels) : width_(0) {
    const auto table = weights.find(label_table);
    if (table == weights.end() || table->second.shape.size() != 2) fail("the checkpoint has no label table");
    const int64_t styles = table->second.shape[0] - 1;  // the last row is that of no style
    width_ = static_cast<size_t>(table->second.shape[1]);
    const std::vector<float> all = to_floats(table->second);
    rows_.reserve(labels.size() * width_);
    for (const int32_t label : labels) {
        if (label < 0 || label >= styles)
            fail(Hint{"the index belongs to another checkpoint"},
                 "class {} is none of the {} that the checkpoint has", label, styles);
        const auto first = all.begin() + static_cast<ptrdiff_t>(label) * static_cast<ptrdiff_t>(width_);
        rows_.insert(rows_.end(), first, first + static_cast<ptrdiff_t>(width_));
    }
}

double LabelSpace::distance(size_t a, size_t b) const {
    const auto x = row(a), y = row(b);
    double sum = 0;
    for (size_t i = 0; i < width_; ++i) sum += (double{x[i]} - y[i]) * (double{x[i]} - y[i]);
    return std::sqrt(sum);
}

double LabelSpace::cosine(size_t a, size_t b) const {
    const auto x = row(a), y = row(b);
    double xy = 0, xx = 0, yy = 0;
    for (size_t i = 0; i < width_; ++i) {
        xy += double{x[i]} * y[i];
        xx += double{x[i]} * x[i];
        yy += double{y[i]} * y[i];
    }
    return xx > 0 && yy > 0 ? xy / std::sqrt(xx * yy) : 0;
}

std::vector<double> LabelSpace::mean() const {
    std::vector<double> mean(width_);
    for (size_t n = 0; n < size(); ++n)
        for (size_t i = 0; i < width_; ++i) mean[i] += row(n)[i];
    for (double& value : mean) value /= static_cast<double>(std::max<size_t>(size(), 1));
    return mean;
}

// The mean square of x's distances to all is |x − mean|² plus the variance: no pair need be looked at.
std::vector<double> LabelSpace::spread() const {
    const std::vector<double> centre = mean();
    std::vector<double> squares(size());
    double variance = 0;
    for (size_t n = 0; n < size(); ++n) {
        for (size_t i = 0; i < width_; ++i) squares[n] += (row(n)[i] - centre[i]) * (row(n)[i] - centre[i]);
        variance += squares[n] / static_cast<double>(size());
    }
    for (double& value : squares) value = std::sqrt(value + variance);
    return squares;
}

std::vector<double> LabelSpace::covariance() const {
    const std::vector<double> centre = mean();
    std::vector<double> matrix(width_ * width_);
    constexpr size_t at_once = 128;  // rows whose centred values stay in the cache
    std::vector<double> block(at_once * width_);
    for (size_t first = 0; first < size(); first += at_once) {
        const size_t count = std::min(at_once, size() - first);
        for (size_t n = 0; n < count; ++n)
            for (size_t i = 0; i < width_; ++i) block[n * width_ + i] = row(first + n)[i] - centre[i];
        parallel_for(static_cast<int64_t>(width_), [&](int64_t i) {
            double* const to = &matrix[i * width_];
            for (size_t n = 0; n < count; ++n) {
                const double* const from = &block[n * width_];
                for (size_t j = 0; j < width_; ++j) to[j] += from[i] * from[j];
            }
        });
    }
    return matrix;
}

LabelSpace::Plane LabelSpace::principal_plane() const {
    const std::vector<double> matrix = covariance(), centre = mean();
    double trace = 0;
    for (size_t i = 0; i < width_; ++i) trace += matrix[i * width_ + i];
    const std::vector<double> first = leading_direction(matrix, width_, {});
    const std::vector<double> second = leading_direction(matrix, width_, first);
    Plane plane;
    std::array<double, 2> variance{};
    std::vector<double> centred(width_);
    for (size_t n = 0; n < size(); ++n) {
        for (size_t i = 0; i < width_; ++i) centred[i] = row(n)[i] - centre[i];
        const std::pair<double, double> point{dot(centred, first), dot(centred, second)};
        variance[0] += point.first * point.first;
        variance[1] += point.second * point.second;
        plane.points.push_back(point);
    }
    if (trace > 0) plane.share = {variance[0] / trace, variance[1] / trace};
    return plane;
}

}  // namespace osu
