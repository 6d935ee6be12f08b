// How well a network does on maps that it is not trained on.
#pragma once

#include "train/communicator.h"
#include "train/objective.h"
#include "train/run_start.h"
#include "train/training_state.h"

namespace osu {

struct ValidationLoss {
    double parameters = 0, ema = 0;  // means over windows; of both on the same windows, with the same noise
};

// Of the first windows of the held-out maps, a share to each rank, which all must call it; 32 where the
// network is taught, which costs the teacher's steps, otherwise 512. `network` is the objective's, and has
// the parameters of `state` before and after.
ValidationLoss validate(const RunStart& start, const TrainOptions& options, Communicator& ranks,
                        const TrainingState& state, Dit& network, Objective& objective);

}  // namespace osu
