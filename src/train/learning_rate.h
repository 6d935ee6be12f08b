// How the learning rate changes over a run.
#pragma once

#include "train/options.h"

namespace osu {

// Of the step behind so many.
double learning_rate(const TrainOptions& options, int64_t steps_done, int64_t total_steps);

}  // namespace osu
