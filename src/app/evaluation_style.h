// Does a style come through? Held-out rhythms placed in the styles of mappers that the model was trained on,
// judged by how those mappers' real maps are placed.
#pragma once

#include "app/evaluation.h"

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

struct StyleEvaluation {
    StyleFigures model, real, random_walk;
};

// Progress advances by mappers · rhythms · steps.
StyleEvaluation evaluate_style(const PackedDataset& dataset, std::span<const KnownMapper> mappers,
                               std::span<const MeasuredMap* const> rhythms, SamplingNetwork& network,
                               float guidance_scale, const SamplingRun& run, Progress& progress);

}  // namespace osu
