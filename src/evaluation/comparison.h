// Several ways to place the same maps, measured side by side.
#pragma once

#include <string>
#include <vector>

#include "data/packed_dataset.h"
#include "evaluation/figures.h"
#include "evaluation/mapper_figures.h"
#include "evaluation/tier.h"
#include "evaluation/told_apart.h"

namespace osu {

// A map of the dataset, made ready to measure placements of it.
struct MeasuredMap {
    MeasuredMap(const PackedDataset& dataset, uint32_t index);
    MeasuredMap(MeasuredMap&&) = default;

    uint32_t index;
    std::vector<Vec2> position;  // px, as its mapper placed it
    std::vector<SliderLengths> sliders;
    Datapoints real;
    Plan plan;
    std::string mapper;  // hash of the name
    Tier tier = Tier::normal;
    double preempt = 0;  // ms for which an object is seen before its time
};

// One of what is compared: the maps as it placed them, and their figures.
struct Contestant {
    std::string key, title;                             // in JSON and in the table
    std::vector<size_t> maps;                           // which of the evaluation's it placed
    std::vector<Statistics> statistics;                 // of each of them, all seeds together
    std::vector<MarkSums> marks;                        // of each of them, all seeds together
    std::vector<ToldWindow> windows;                    // of all of them
    std::vector<std::vector<Vec2>> examples;            // of each of them, the first seed's
    std::vector<Figure> figures;                        // one for each kind
    std::array<std::vector<Figure>, tier_count> tiers;  // one for each of mapper_figure_kinds()
    std::array<size_t, tier_count> tier_maps{};
    std::vector<std::string> told_by;  // the statistics by which it is told from real maps
};

struct Evaluation {
    std::vector<MeasuredMap> maps;
    size_t styles = 0;  // mappers to tell apart; 0: the styles were not looked at
    std::vector<FigureKind> kinds;
    FlowHistogram flow{};  // of the real maps that were trained on
    std::vector<Contestant> contestants;
};

// Evenly over the maps, so that a few stand for all.
std::vector<uint32_t> choose_evenly(const std::vector<uint32_t>& maps, size_t count);

}  // namespace osu
