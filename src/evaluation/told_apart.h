// Can a placement be told from a mapper's? A forest of decision trees learns to, from what is seen in windows
// of 32 objects, and is asked about mappers whose maps it has not learned from. The area under its ROC curve
// is the chance that it finds the placed one of a placed and a real window: 0.5 when nobody can tell.
#pragma once

#include <array>
#include <span>
#include <string>
#include <vector>

#include "evaluation/figures.h"
#include "evaluation/marks.h"

namespace osu {

constexpr size_t told_window = 32;  // objects

// The marks that need no source to compare with, and how widely two of them spread.
constexpr size_t told_statistics = mark_count;
using ToldStatistics = std::array<float, told_statistics>;

struct ToldWindow {
    std::string mapper;  // any name for them
    ToldStatistics statistics;
};

// Windows of a map side by side; what is left at its end is not looked at.
void add_windows(const Marks& marks, const std::string& mapper, std::vector<ToldWindow>& windows);

struct Told {
    Figure auc;                        // NaN with fewer than two mappers
    std::vector<std::string> biggest;  // the three statistics that tell most, the first most of all
};
Told told_apart(std::span<const ToldWindow> placed, std::span<const ToldWindow> real);

}  // namespace osu
