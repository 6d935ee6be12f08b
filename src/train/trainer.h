// The training loop: batches, steps, logs, checkpoints, resuming. On one process or several, each with its
// share of every batch.
#pragma once

#include <functional>
#include <span>

#include "base/progress.h"
#include "train/communicator.h"
#include "train/options.h"
#include "train/run_folder.h"

namespace osu {

struct TrainEvents {
    std::function<bool()> should_stop;  // asked in every step: finish after it, with a checkpoint
    std::function<void(const std::filesystem::path& run, std::span<const LogEntry> log)> on_checkpoint;
    Listener dataset;  // hears of the packing of a dataset folder
};

struct TrainOutcome {
    std::filesystem::path run, checkpoint;  // the last one written
    int64_t step = 0;
    bool finished = false;  // false: stopped on request
};

// Throws Error for data, checkpoints and flags that do not fit, and when the loss is no longer a finite
// number: then with the maps of the batch, and without a checkpoint.
TrainOutcome train(const TrainOptions& options, const TrainEvents& events);
// All ranks call it with the same options. Rank 0 alone writes, and has an outcome that names files.
TrainOutcome train(const TrainOptions& options, const TrainEvents& events, Communicator& ranks);
// On another device than that of the options.
using DeviceOpener = std::function<OpenDevice()>;
TrainOutcome train(const TrainOptions& options, const TrainEvents& events, Communicator& ranks,
                   const DeviceOpener& open);

}  // namespace osu
