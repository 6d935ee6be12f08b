// The work of a training step on one batch: noise it, run the network, take the loss, run back. In
// micro-batches that fit the caches and the memory; the gradients add up to those of the whole batch.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "data/windows.h"
#include "diffusion/loss.h"
#include "model/dit.h"
#include "train/distillation.h"

namespace osu {

class Objective {
  public:
    // `tokens_at_once`: the largest micro-batch, in datapoints. The noise of a sample is a function of (seed,
    // number of the sample), whatever batch it is in.
    // `distillation`: the network learns what that teaches, instead of noise; alive as long as this.
    Objective(const Diffusion& diffusion, bool l1, uint64_t seed, Dit& network, int64_t tokens_at_once = 4096,
              Distillation* distillation = nullptr);
    ~Objective();

    // Puts the gradients of the mean loss into `gradients` and the sum of the windows' losses into *loss,
    // over what was there (both of the device). The batch may be a part of one of `whole` windows; its
    // gradients are then its share of theirs. `listener` hears of those that are complete. `micro_batch_done`
    // is called after each micro-batch.
    void run(const Batch& batch, int64_t whole, float* gradients, double* loss,
             GradientListener* listener = nullptr, const std::function<void()>& micro_batch_done = {});
    // The loss of each window, with the noise that run() gives it.
    std::vector<float> losses(const Batch& batch);
    // The same with timesteps spread evenly over the samples 0 to `whole` − 1, of which the batch may be a
    // part, instead of drawn: less noise for validation.
    std::vector<float> validate(const Batch& batch, int64_t whole);

  private:
    const Diffusion& diffusion_;
    const bool l1_;
    const uint64_t seed_;
    Dit& network_;
    const int64_t tokens_at_once_;
    Distillation* const distillation_;

    Batch filled_;
    Lesson lesson_;  // of the batch: what the network is given, and what it should say
    std::vector<float> timestep_;
    // What the loss takes of a micro-batch, in the device's memory, and its terms (B, 2) of the whole batch.
    struct Inputs;
    std::unique_ptr<Inputs> inputs_;
    std::shared_ptr<void> terms_;
    int64_t terms_rows_ = 0;

    struct Pass {
        int64_t whole;
        float* gradients = nullptr;  // null: no backward
        GradientListener* listener = nullptr;
        const std::function<void()>& micro_batch_done;
    };
    int64_t rows_of_window() const { return distillation_ ? distillation_->levels() : 1; }
    void run_drawn(const Pass& pass);
    const Batch& filled_up(const Batch& batch);
    std::vector<float> losses_of(const Batch& batch, int64_t spread_over);
    void draw(const Batch& batch, int64_t spread_over, const std::function<void()>& part_done = {});
    void run_rows(int64_t first, int64_t rows, const Pass& pass);
};

// The maps of the windows whose loss is not finite, a line each, the first eight; of all when there is no
// such window. `losses`: those of the batch, perhaps several times over (each rank's, zero where it knows
// nothing).
std::string maps_to_blame(const PackedDataset& dataset, const Batch& batch, std::span<const double> losses);

}  // namespace osu
