// The work of `evaluate`: held-out maps placed by the network and by what it is compared with, measured.
#pragma once

#include <functional>
#include <vector>

#include "base/progress.h"
#include "data/split.h"
#include "evaluation/comparison.h"
#include "sampling/sampling.h"
#include "sampling/sampling_network.h"

namespace osu {

struct EvaluationOptions {
    SamplingRun sampling;      // its variants are the seeds
    float guidance_scale = 1;  // of styles
    size_t style_maps = 3;     // rhythms that are placed in every style; 0: no styles
    size_t maps = 40;
};

// A way to place maps, each of them once for every seed: (T) px.
using Placements = std::vector<std::vector<Vec2>>;
using Placing = std::function<Placements(const MeasuredMap& map)>;

// The network's way.
Placements place(DitSampler& network, const Guidance& guidance, const RealMap& map, const SamplingRun& run);

// Places the held-out maps by the model, a random walk and an untrained network, and measures them beside the
// real ones. Shows its progress.
Evaluation evaluate(const PackedDataset& dataset, const Split& split, SamplingNetwork& network,
                    Backend& backend, const EvaluationOptions& options);

}  // namespace osu
