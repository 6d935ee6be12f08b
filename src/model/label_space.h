// The label table of a checkpoint as points in space: who is near whom, who stands apart, a plane to look at.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "base/tensor.h"

namespace osu {

class LabelSpace {
  public:
    // Of the table (num_classes + 1, h) the rows of these classes; Error for a class that it does not have.
    LabelSpace(const TensorMap& weights, std::span<const int32_t> labels);
    LabelSpace(std::vector<float> rows, size_t width) : rows_(std::move(rows)), width_(width) {}

    size_t size() const { return rows_.size() / width_; }
    std::span<const float> row(size_t index) const {
        return std::span(rows_).subspan(index * width_, width_);
    }

    double distance(size_t a, size_t b) const;  // Euclidean
    double cosine(size_t a, size_t b) const;    // of the angle; 0 for a vector of zeros
    // Root mean square of each row's distances to all rows.
    std::vector<double> spread() const;

    // The two principal components, largest first: coordinates of every row, and the share of the variance.
    struct Plane {
        std::vector<std::pair<double, double>> points;
        std::array<double, 2> share{};
    };
    Plane principal_plane() const;

  private:
    std::vector<float> rows_;  // (N, h)
    size_t width_;
    std::vector<double> mean() const;
    std::vector<double> covariance() const;  // (h, h)
};

}  // namespace osu
