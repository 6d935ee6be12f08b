// The training loop: batches, steps, logs, checkpoints, resuming.
#pragma once

#include <functional>
#include <span>

#include "train/options.h"
#include "train/run_folder.h"

namespace osu {

struct TrainEvents {
    std::function<bool()> should_stop;  // asked after every step: finish now, with a checkpoint
    std::function<void(const std::filesystem::path& run, std::span<const LogEntry> log)> on_checkpoint;
};

struct TrainOutcome {
    std::filesystem::path run, checkpoint;  // the last one written
    int64_t step = 0;
    bool finished = false;  // false: stopped on request
};

// Throws Error for data, checkpoints and flags that do not fit, and when the loss is no longer a finite
// number: then with the maps of the batch, and without a checkpoint.
TrainOutcome train(const TrainOptions& options, const TrainEvents& events);

}  // namespace osu
