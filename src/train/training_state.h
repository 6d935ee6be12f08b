// Everything that training changes: parameters, their EMA, AdamW's moments, the step. In the backend's
// memory; as a checkpoint and back.
#pragma once

#include <cstdint>
#include <memory>

#include "archive/checkpoint.h"
#include "model/parameters.h"
#include "model/staging.h"
#include "ops/backend.h"
#include "train/options.h"

namespace osu {

struct OptimizerOptions {
    double learning_rate = 1e-4;
    double label_rate_factor = 1;  // learning rate of the label table over that of the rest
    double ema_decay = 0.9999;
    double gradient_clip = 0;       // largest global norm of the gradients; 0: none
    bool label_table_only = false;  // the others stay as they are
};

// Of the step behind so many, by the schedule of the run.
double learning_rate(const TrainOptions& options, int64_t steps_done, int64_t total_steps);

class TrainingState {
  public:
    // `rounded`: where each update leaves the parameters in bfloat16, too (Dit::rounded()).
    TrainingState(const ParameterLayout& layout, Backend& backend, BFloat16* rounded = nullptr);

    void initialize(uint64_t seed);  // fresh parameters, EMA equal to them, moments zero
    // Weights, EMA and moments of a checkpoint. Without moments they begin at zero; without EMA it begins at
    // the weights. relearn_labels: the label table (and its moments) of the checkpoint is left alone, ours
    // stays as it is.
    void restore(const Checkpoint& checkpoint, bool relearn_labels);
    // Everything; the caller adds metadata. Valid until the state changes or another one is asked for: it is
    // the state's own memory where that is the host's, else memory taken when the state was made, so that
    // none is lacking when there is something to save.
    Checkpoint checkpoint() const;

    const float* parameters() const { return arenas_.parameter; }
    const float* ema() const { return arenas_.ema; }
    float* gradients() { return arenas_.gradient; }
    StepTotals* totals() { return static_cast<StepTotals*>(totals_.get()); }  // of the backend
    void measure_gradients();                                                 // into totals()

    // AdamW and EMA in one pass, with the gradients clipped by the norm in totals(); what they make of it
    // stays undone when these are not finite numbers.
    void update(const OptimizerOptions& options);
    int64_t optimizer_step() const { return step_; }

  private:
    const ParameterLayout& layout_;
    Backend& backend_;
    std::shared_ptr<void> memory_, totals_;
    const AdamWArenas arenas_;
    const std::unique_ptr<float[]> copies_;  // of the parts of a checkpoint; null where none are needed
    Staging staging_;
    const Staging::Part<AdamWFactors> factors_, label_factors_;
    std::unique_ptr<Recording> recording_;  // of the update
    bool recorded_label_table_only_ = false;
    int64_t step_ = 0;

    void update_range(size_t first, size_t end, Staging::Part<AdamWFactors> factors);
};

}  // namespace osu
