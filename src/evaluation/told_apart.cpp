#include "evaluation/told_apart.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

#include "evaluation/forest.h"

namespace osu {

namespace {

constexpr size_t most_folds = 5;
constexpr int resamples = 300;
constexpr size_t named = 3;
constexpr float nothing_seen = -1;  // no statistic is as low

struct Source {
    const char* name;
    Mark mark;
    bool spread;  // its standard deviation, else its mean
};
constexpr Source sources[told_statistics] = {
    {"heads partly over heads", Mark::covered, false},
    {"heads over slider bodies", Mark::head_over_body, false},
    {"slider bodies over objects", Mark::body_over, false},
    {"heads near an edge", Mark::near_edge, false},
    {"heads on an edge", Mark::on_edge, false},
    {"change of turn in streams", Mark::stream_turn_change, false},
    {"stream bends that flip", Mark::stream_bend_flip, false},
    {"mirrored jumps", Mark::mirror, false},
    {"point-symmetric jumps", Mark::point_mirror, false},
    {"equal angles", Mark::equal_angle, false},
    {"parallel sliders", Mark::parallel_slider, false},
    {"blankets", Mark::blanket, false},
    {"spots used again", Mark::spot_again, false},
    {"near misses of spots", Mark::spot_missed, false},
    {"four objects repeated", Mark::repeats_last_four, false},
    {"angles", Mark::angle, false},
    {"spread of angles", Mark::angle, true},
    {"distance from the centre", Mark::far_from_centre, false},
    {"spread of distance from the centre", Mark::far_from_centre, true},
};

float statistic_of(const Source& source, std::span<const MarksOfObject> objects) {
    double sum = 0, squares = 0, count = 0;
    for (const MarksOfObject& object : objects) {
        const double value = object[static_cast<size_t>(source.mark)];
        if (std::isnan(value)) continue;
        sum += value;
        squares += value * value;
        count += 1;
    }
    if (count == 0) return nothing_seen;
    const double mean = sum / count;
    return static_cast<float>(source.spread ? std::sqrt(std::max(0.0, squares / count - mean * mean)) : mean);
}

// Of a group of windows, how often each one counts.
using Weights = std::vector<double>;

// The chance that a placed window scores above a real one; ties count half.
double area(const std::vector<Example>& examples, const std::vector<float>& scores,
            const std::vector<size_t>& order, const Weights& weights) {
    double above = 0, real = 0, placed = 0;
    for (size_t i = 0; i < order.size();) {
        double tied_real = 0, tied_placed = 0;
        const float score = scores[order[i]];
        for (; i < order.size() && scores[order[i]] == score; ++i)
            (examples[order[i]].positive ? tied_placed : tied_real) += weights[order[i]];
        above += tied_placed * (real + tied_real / 2);
        real += tied_real;
        placed += tied_placed;
    }
    return above / (real * placed);
}

class Trial {
  public:
    Trial(std::span<const ToldWindow> placed, std::span<const ToldWindow> real) {
        for (const auto& [windows, positive] : {std::pair(placed, true), std::pair(real, false)})
            for (const ToldWindow& window : windows) {
                const auto found = mappers_.emplace(window.mapper, mappers_.size()).first;
                mapper_of_.push_back(found->second);
                examples_.push_back({window.statistics, positive});
            }
    }

    Told run() {
        constexpr double nan = std::numeric_limits<double>::quiet_NaN();
        Told told{{nan, nan, nan}, {}};
        if (mappers_.size() < 2) return told;
        ask_all();
        std::vector<size_t> order(examples_.size());
        std::iota(order.begin(), order.end(), size_t{0});
        std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return scores_[a] < scores_[b]; });
        std::vector<double> areas;
        for (int i = 0; i < resamples; ++i) {
            const auto times = resample(mappers_.size(), static_cast<uint64_t>(i));
            Weights weights;
            for (const size_t mapper : mapper_of_) weights.push_back(times[mapper]);
            areas.push_back(area(examples_, scores_, order, weights));
        }
        const double whole = area(examples_, scores_, order, Weights(examples_.size(), 1));
        told.auc = with_interval(whole, std::move(areas));
        std::vector<size_t> statistics(told_statistics);
        std::iota(statistics.begin(), statistics.end(), size_t{0});
        std::stable_sort(statistics.begin(), statistics.end(),
                         [&](size_t a, size_t b) { return importance_[a] > importance_[b]; });
        for (size_t i = 0; i < named; ++i) told.biggest.push_back(sources[statistics[i]].name);
        return told;
    }

  private:
    std::map<std::string, size_t> mappers_;
    std::vector<size_t> mapper_of_;  // of each example
    std::vector<Example> examples_;
    std::vector<float> scores_;
    std::array<double, told_statistics> importance_{};

    // Every example is judged by a forest that has learned from other mappers.
    void ask_all() {
        const size_t folds = std::min(most_folds, mappers_.size());
        scores_.resize(examples_.size());
        for (size_t fold = 0; fold < folds; ++fold) {
            std::vector<Example> others;
            for (size_t i = 0; i < examples_.size(); ++i)
                if (mapper_of_[i] % folds != fold) others.push_back(examples_[i]);
            const Forest forest(others, fold);
            for (size_t i = 0; i < examples_.size(); ++i)
                if (mapper_of_[i] % folds == fold) scores_[i] = forest.score(examples_[i].values);
            for (size_t k = 0; k < told_statistics; ++k) importance_[k] += forest.importance()[k];
        }
    }
};

}  // namespace

void add_windows(const Marks& marks, const std::string& mapper, std::vector<ToldWindow>& windows) {
    for (size_t first = 0; first + told_window <= marks.size(); first += told_window) {
        ToldWindow window{mapper, {}};
        for (size_t k = 0; k < told_statistics; ++k)
            window.statistics[k] = statistic_of(sources[k], std::span(marks).subspan(first, told_window));
        windows.push_back(std::move(window));
    }
}

Told told_apart(std::span<const ToldWindow> placed, std::span<const ToldWindow> real) {
    return Trial(placed, real).run();
}

}  // namespace osu
