// The figures of the ruler, each a name, a unit and a formula over statistics, with intervals that say how
// far they would move if other maps had been taken.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "evaluation/statistics.h"

namespace osu {

enum class FigureUnit : uint8_t { pixels, degrees, share, ratio, distance };

struct FigureKind {
    std::string key;    // in JSON
    std::string label;  // in a table
    FigureUnit unit;
};
std::span<const FigureKind> figure_kinds();

std::string figure_text(double value, FigureUnit unit);  // "4.50 %"; "–" for NaN

// NaN where nothing was there to measure.
struct Figure {
    double value = 0, low = 0, high = 0;  // 95 % of bootstrap samples lie in [low, high]
};

// One for each of figure_kinds(). `placed` and `real`: statistics of the same maps, placed and as their
// mappers placed them; `flow` of real maps that are not among them.
std::vector<Figure> figures(std::span<const Statistics> placed, std::span<const Statistics> real,
                            const FlowHistogram& flow, int resamples = 1000);

// The sampling with replacement behind an interval: for each resample, how often each of `count` items is
// drawn; then the bounds of the middle 95 % of what they gave, moved so that their mean is the value.
std::vector<uint32_t> resample(size_t count, uint64_t number);
Figure with_interval(double value, std::vector<double> resampled);

}  // namespace osu
