// The figures of what a mapper sees: means of marks over the objects of a set of maps.
#pragma once

#include <array>
#include <span>
#include <vector>

#include "evaluation/figures.h"
#include "evaluation/marks.h"

namespace osu {

// Marks of maps added up.
struct MarkSums {
    std::array<double, mark_count> sum{}, objects{};
    std::array<double, 361> turn_changes{};  // of streams, by half degrees: a mean would tell of the outliers

    MarkSums& operator+=(const Marks& marks);
    MarkSums& operator+=(const MarkSums& other);
};

std::span<const FigureKind> mapper_figure_kinds();

// One for each of mapper_figure_kinds(); NaN where nothing was there to measure. `maps`: one for each map.
std::vector<Figure> mapper_figures(std::span<const MarkSums> maps, int resamples = 1000);

}  // namespace osu
