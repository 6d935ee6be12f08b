// Does a style come through? Held-out rhythms placed in the styles of mappers that the model was trained on,
// judged by how those mappers' real maps are placed.
#pragma once

#include "evaluation/evaluation.h"
#include "evaluation/style.h"

namespace osu {

// A mapper of several maps that were trained on.
struct KnownMapper {
    std::vector<uint32_t> maps;   // of the dataset
    std::vector<int32_t> labels;  // their classes
};

// Those with most maps, at most `count`; their classes are the checkpoint's.
std::vector<KnownMapper> known_mappers(const PackedDataset& dataset, const Split& split,
                                       const CheckpointInfo& info, size_t count);

// Of maps: the share whose own mapper is the nearest of all (by chance, one of their number), and the mean
// share of other mappers that are further off (by chance, a half).
struct StyleFigures {
    Figure accuracy, rank;
};
// `ranks`: how many mappers are nearer than the own one, for each map.
StyleFigures style_figures(const std::vector<size_t>& ranks, size_t mappers);

// Every placing of a rhythm in every style is a round of the trial.
class StyleTrial {
  public:
    StyleTrial(const PackedDataset& dataset, std::span<const KnownMapper> mappers);
    // The rhythm in the style of each mapper, guided; and once by a random walk for each, to compare with.
    Placements place(const MeasuredMap& map, SamplingNetwork& network, const SamplingOptions& options,
                     const OnStep& on_step);

    size_t mappers() const { return mappers_.size(); }
    StyleFigures of_placed() const { return style_figures(ranks_, mappers()); }
    StyleFigures of_random_walks() const { return style_figures(walk_ranks_, mappers()); }
    StyleFigures of_real() const { return style_figures(judge_.ranks_of_real(), mappers()); }

  private:
    const std::span<const KnownMapper> mappers_;
    const StyleJudge judge_;
    std::vector<size_t> ranks_, walk_ranks_;
};

}  // namespace osu
