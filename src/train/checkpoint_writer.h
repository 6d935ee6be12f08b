// Saving in a training run: one that fails costs no step, it is tried again.
#pragma once

#include <filesystem>

#include "sampling/checkpoint_metadata.h"
#include "train/options.h"
#include "train/run_folder.h"
#include "train/trainer.h"
#include "train/training_state.h"

namespace osu {

// Of rank 0. What fails (a full disk, no right to write) is a warning in the log, and the checkpoint stays
// due.
class CheckpointWriter {
  public:
    CheckpointWriter(RunFolder& folder, const TrainOptions& options, const TrainEvents& events);

    // Tells the listener of the events of one that is written.
    void write(const TrainingState& state, const CheckpointInfo& info);
    // At the end of a run: tried again for as long as the options say, or until somebody asks to stop who has
    // not `stopped` the run already. Error if it could not be written then.
    void write_last(const TrainingState& state, const CheckpointInfo& info, bool stopped);

    bool due() const { return due_; }  // the one that was tried last could not be written
    const std::filesystem::path& last() const { return last_; }  // that was written; empty: none

  private:
    RunFolder& folder_;
    const TrainOptions& options_;
    const TrainEvents& events_;
    std::filesystem::path last_;
    bool due_ = false;
};

}  // namespace osu
