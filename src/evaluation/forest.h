// A random forest that tells two kinds of examples apart by a few numbers (Breiman 2001): trees grown on
// samples with replacement, as many of either kind, each split the best of a few statistics drawn by chance.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "evaluation/marks.h"

namespace osu {

constexpr size_t forest_values = mark_count;
using ForestValues = std::array<float, forest_values>;

struct Example {
    ForestValues values;
    bool positive = false;
};

class Forest {
  public:
    // The same for the same examples and seed, whatever the threads. Without examples of both kinds all
    // scores are 0.5.
    Forest(std::span<const Example> examples, uint64_t seed, int trees = 100);

    float score(const ForestValues& values) const;  // 0 to 1, higher for positive ones
    // How much of the trees' purity each value gives; 1 in all.
    const std::array<double, forest_values>& importance() const { return importance_; }

  private:
    struct Node {
        uint32_t value = 0;  // that decides: those at most `threshold` go to `below`
        float threshold = 0;
        uint32_t below = 0, above = 0;  // nodes; 0: a leaf
        float score = 0.5f;
    };
    using Tree = std::vector<Node>;
    class Grower;

    std::vector<Tree> trees_;
    std::array<double, forest_values> importance_{};
};

}  // namespace osu
