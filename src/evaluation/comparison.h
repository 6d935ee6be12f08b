// Several ways to place the same maps, measured side by side.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "data/packed_dataset.h"
#include "evaluation/figures.h"
#include "evaluation/mapper_figures.h"
#include "evaluation/tier.h"
#include "evaluation/told_apart.h"

namespace osu {

// A map made ready to measure placements of it.
struct MeasuredMap {
    MeasuredMap(const PackedDataset& dataset, uint32_t index);
    explicit MeasuredMap(const Beatmap& map);  // which says its circle size and approach rate, too
    MeasuredMap(MeasuredMap&&) = default;

    uint32_t index = 0;          // in the dataset
    std::vector<Vec2> position;  // px, as its mapper placed it
    std::vector<SliderLengths> sliders;
    Datapoints real;
    Plan plan;
    std::string mapper;  // hash of the name
    Tier tier = Tier::normal;
    double preempt = 0;  // ms for which an object is seen before its time

  private:
    std::unique_ptr<MapDatapoints> source_;  // what `real` looks at, where no dataset holds it
};

// A way to place maps, each of them once for every seed: (T) px.
using Placements = std::vector<std::vector<Vec2>>;
using Placing = std::function<Placements(const MeasuredMap& map)>;

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

// Collects what is compared. `say` is told what is done now and may throw to end it.
class Comparison {
  public:
    // `flow`: of real maps that nobody places.
    Comparison(std::vector<MeasuredMap> maps, const FlowHistogram& flow,
               std::function<void(const std::string&)> say);

    const std::vector<MeasuredMap>& maps() const { return result_.maps; }

    // `maps`: which of them are to be placed.
    void add(const char* key, const char* title, const Placing& placing, const std::vector<size_t>& maps);
    // All maps as their mappers placed them, and by so many random walks.
    void add_real_and_walks(int walks, uint64_t seed);

    // Each against the real maps of the same rhythm.
    Evaluation finish();

  private:
    Evaluation result_;
    std::function<void(const std::string&)> say_;
    void add_mapper_figures(Contestant& contestant) const;
    void tell_apart(const Contestant& real);
};

// Evenly over the maps, so that a few stand for all.
std::vector<uint32_t> choose_evenly(const std::vector<uint32_t>& maps, size_t count);

}  // namespace osu
