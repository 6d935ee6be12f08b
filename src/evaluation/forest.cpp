#include "evaluation/forest.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/parallel.h"
#include "base/random.h"

namespace osu {

namespace {

constexpr int deepest = 10;
constexpr size_t least_leaf = 4;  // examples

// Gini impurity of so many examples, times their number.
double impurity(double positive, double all) {
    return all > 0 ? 2 * positive * (all - positive) / all : 0;
}

}  // namespace

class Forest::Grower {
  public:
    Grower(std::span<const Example> examples, Philox random) : examples_(examples), random_(random) {}

    Tree grow(std::vector<uint32_t> sample) {
        sample_ = std::move(sample);
        add(0, sample_.size(), 0);
        return std::move(tree_);
    }
    const std::array<double, forest_values>& importance() const { return importance_; }

  private:
    std::span<const Example> examples_;
    Philox random_;
    std::vector<uint32_t> sample_;
    Tree tree_;
    std::array<double, forest_values> importance_{};

    struct Split {
        size_t value = 0;
        float threshold = 0;
        double gain = 1e-9;
        bool found = false;
    };

    double positives(size_t first, size_t last) const {
        double count = 0;
        for (size_t i = first; i < last; ++i) count += examples_[sample_[i]].positive;
        return count;
    }

    void sort_by(size_t value, size_t first, size_t last) {
        std::sort(sample_.begin() + static_cast<int64_t>(first), sample_.begin() + static_cast<int64_t>(last),
                  [&](uint32_t a, uint32_t b) {
                      const float left = examples_[a].values[value], right = examples_[b].values[value];
                      return left != right ? left < right : a < b;
                  });
    }

    void try_value(size_t value, size_t first, size_t last, double positive, Split& best) {
        sort_by(value, first, last);
        const auto all = static_cast<double>(last - first);
        double below = 0;
        for (size_t i = first; i + 1 < last; ++i) {
            below += examples_[sample_[i]].positive;
            const float here = examples_[sample_[i]].values[value],
                        next = examples_[sample_[i + 1]].values[value];
            const size_t count = i + 1 - first;
            if (here == next || count < least_leaf || last - i - 1 < least_leaf) continue;
            const auto size = static_cast<double>(count);
            const double gain =
                impurity(positive, all) - impurity(below, size) - impurity(positive - below, all - size);
            if (gain > best.gain) best = {value, (here + next) / 2, gain, true};
        }
    }

    // Adds the node of sample_[first, last); its index.
    uint32_t add(size_t first, size_t last, int depth) {
        const auto index = static_cast<uint32_t>(tree_.size());
        tree_.emplace_back();
        const double positive = positives(first, last), all = static_cast<double>(last - first);
        tree_[index].score = static_cast<float>(positive / all);
        if (depth == deepest || positive == 0 || positive == all) return index;
        Split best;
        const auto tries = static_cast<int>(std::lround(std::sqrt(static_cast<double>(forest_values))));
        for (int i = 0; i < tries; ++i) try_value(random_.below(forest_values), first, last, positive, best);
        if (!best.found) return index;
        importance_[best.value] += best.gain;
        const auto middle = std::partition(
            sample_.begin() + static_cast<int64_t>(first), sample_.begin() + static_cast<int64_t>(last),
            [&](uint32_t i) { return examples_[i].values[best.value] <= best.threshold; });
        const auto cut = static_cast<size_t>(middle - sample_.begin());
        const uint32_t below = add(first, cut, depth + 1), above = add(cut, last, depth + 1);
        Node& node = tree_[index];
        node.value = static_cast<uint32_t>(best.value);
        node.threshold = best.threshold;
        node.below = below;
        node.above = above;
        return index;
    }
};

Forest::Forest(std::span<const Example> examples, uint64_t seed, int trees) {
    std::vector<uint32_t> kinds[2];
    for (uint32_t i = 0; i < examples.size(); ++i) kinds[examples[i].positive].push_back(i);
    const size_t draws = std::min(kinds[0].size(), kinds[1].size());
    if (draws == 0) return;
    trees_.resize(static_cast<size_t>(trees));
    std::vector<std::array<double, forest_values>> importance(trees_.size());
    parallel_for_dynamic(trees, [&](int64_t i) {
        Philox random(seed, static_cast<uint64_t>(i));
        std::vector<uint32_t> sample;
        for (const auto& kind : kinds)
            for (size_t k = 0; k < draws; ++k) sample.push_back(kind[random.below(kind.size())]);
        Grower grower(examples, random);
        trees_[static_cast<size_t>(i)] = grower.grow(std::move(sample));
        importance[static_cast<size_t>(i)] = grower.importance();
    });
    double sum = 0;
    for (const auto& tree : importance)
        for (size_t k = 0; k < forest_values; ++k) {
            importance_[k] += tree[k];
            sum += tree[k];
        }
    for (double& share : importance_) share /= sum > 0 ? sum : 1;
}

float Forest::score(const ForestValues& values) const {
    if (trees_.empty()) return 0.5f;
    float sum = 0;
    for (const Tree& tree : trees_) {
        uint32_t at = 0;
        while (tree[at].below != 0)
            at = values[tree[at].value] <= tree[at].threshold ? tree[at].below : tree[at].above;
        sum += tree[at].score;
    }
    return sum / static_cast<float>(trees_.size());
}

}  // namespace osu
