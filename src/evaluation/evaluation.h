// The work of `evaluate`: held-out maps placed by the network and by what it is compared with, measured.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "data/split.h"
#include "evaluation/comparison.h"
#include "sampling/sampling.h"

namespace osu {

struct EvaluationOptions {
    SamplingOptions sampling;  // its variants are the seeds, its guidance that of styles
    size_t style_maps = 3;     // rhythms that are placed in every style; 0: no styles
    size_t maps = 40;
    int best_of = 1;  // above 1: also the one of so many with the fewest objections (evaluation/best_of.h)
};

struct EvaluationProgress {
    int64_t done, steps;  // of all samplings
    std::string what;     // "model, map 3 of 40"
};
// False stops the evaluation.
using OnProgress = std::function<bool(const EvaluationProgress&)>;

// The network's way, in the mean style of these classes; none without. Ends the evaluation when on_step stops
// it.
Placements place(SamplingNetwork& network, std::span<const int32_t> style, const Datapoints& map,
                 const SamplingOptions& options, const OnStep& on_step);

// Places the held-out maps by the model, a random walk and an untrained network, and measures them beside the
// real ones. Nothing when on_progress stopped it.
std::optional<Evaluation> evaluate(const PackedDataset& dataset, const Split& split, SamplingNetwork& network,
                                   Backend& backend, const EvaluationOptions& options,
                                   const OnProgress& on_progress = {});

}  // namespace osu
