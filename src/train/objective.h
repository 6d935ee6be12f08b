// The work of a training step on one batch: noise it, run the network, take the loss, run back. In
// micro-batches that fit the caches and the memory; the gradients add up to those of the whole batch.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/windows.h"
#include "diffusion/loss.h"
#include "model/dit.h"

namespace osu {

class Objective {
  public:
    // `tokens_at_once`: the largest micro-batch, in datapoints. The noise of a sample is a function of (seed,
    // number of the sample), whatever batch it is in.
    Objective(const Diffusion& diffusion, bool l1, uint64_t seed, Dit& network,
              int64_t tokens_at_once = 4096);

    struct Result {
        double loss = 0;                // mean over the batch
        std::vector<float> per_window;  // (B)
    };
    // Adds the gradients of the mean loss to `gradients` (device memory), unless it is null.
    Result run(const Batch& batch, float* gradients);
    // The loss with timesteps spread evenly over the batch instead of drawn: less noise for validation.
    Result validate(const Batch& batch);

  private:
    const Diffusion& diffusion_;
    const bool l1_;
    const uint64_t seed_;
    Dit& network_;
    const int64_t tokens_at_once_;

    std::vector<float> noise_, x_t_, timestep_, out_, d_out_, error_, bound_;
    std::vector<int> step_;

    Result run_with_steps(const Batch& batch, float* gradients);
    void draw(const Batch& batch, bool spread);
    double run_rows(const Batch& batch, int64_t first, int64_t rows, float* gradients);
};

}  // namespace osu
