// How values of the ranks' backends become their sums over all ranks: in the hosts' memory by the
// communicator, or by the devices themselves.
#pragma once

#include <cstddef>
#include <memory>

#include "ops/backend.h"
#include "train/communicator.h"

namespace osu {

class RankSums {
  public:
    virtual ~RankSums() = default;
    // Begins to replace `values` (the backend's memory) by their sum over all ranks, as the operations called
    // so far leave them. They are not touched until finish().
    virtual void start(float* values, size_t count) = 0;
    virtual void finish() = 0;  // operations called from now on see the sums
    // To what the step came in all ranks: the sum of the losses, and rank 0's norm, for another kind of
    // processor may round it otherwise, and the ranks would drift apart. After finish().
    virtual void share(StepTotals* totals) = 0;
    virtual bool is_recordable() const = 0;  // start() and finish() are operations of the backend alone
    virtual void check() {}                  // Error when a sum cannot come to its end
    virtual const char* name() const = 0;
};

// By GPUs where `distribution` lets them and all ranks have NCCL; else in the hosts' memory, where a GPU's
// values are brought and taken back. Null for a single process. Error when NCCL was asked for and cannot be
// had.
std::unique_ptr<RankSums> make_rank_sums(Distribution distribution, Communicator& communicator,
                                         Backend& backend);

}  // namespace osu
