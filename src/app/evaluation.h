// The work of `evaluate`: held-out maps placed by the network and by what it is compared with, measured.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "app/sampling.h"
#include "app/sampling_network.h"
#include "base/progress.h"
#include "data/split.h"
#include "evaluation/figures.h"

namespace osu {

struct EvaluationOptions {
    SamplingRun sampling;      // its variants are the seeds
    float guidance_scale = 1;  // of styles
    size_t style_maps = 4;     // rhythms that are placed in every style; 0: no styles
    size_t maps = 48;
};

// A map of the dataset, made ready to measure placements of it.
struct MeasuredMap {
    MeasuredMap(const PackedDataset& dataset, uint32_t index);
    MeasuredMap(MeasuredMap&&) = default;

    uint32_t index;
    std::vector<Vec2> position;  // px, as its mapper placed it
    RealMap real;
    Plan plan;
};

// A way to place maps, each of them once for every seed: (T) px.
using Placements = std::vector<std::vector<Vec2>>;
using Placing = std::function<Placements(const MeasuredMap& map)>;

// The network's way.
Placements place(DitSampler& network, const Guidance& guidance, const RealMap& map, const SamplingRun& run);

// One of what is compared: the maps as it placed them, and their figures.
struct Contestant {
    std::string key, title;                   // in JSON and in the table
    std::vector<Statistics> statistics;       // of each map, all seeds together
    std::vector<std::vector<Vec2>> examples;  // of each map, the first seed's
    std::vector<Figure> figures;              // one for each kind
};

struct Evaluation {
    std::vector<MeasuredMap> maps;
    size_t styles = 0;  // mappers to tell apart; 0: the styles were not looked at
    std::vector<FigureKind> kinds;
    FlowHistogram flow{};  // of the real maps that were trained on
    std::vector<Contestant> contestants;
};

// Places the held-out maps by the model, a random walk and an untrained network, and measures them beside the
// real ones. Shows its progress.
Evaluation evaluate(const PackedDataset& dataset, const Split& split, SamplingNetwork& network,
                    Backend& backend, const EvaluationOptions& options);

// Evenly over the maps, so that a few stand for all.
std::vector<uint32_t> choose_evenly(const std::vector<uint32_t>& maps, size_t count);

}  // namespace osu
