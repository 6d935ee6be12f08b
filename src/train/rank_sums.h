// How values of the ranks' backends become their sums over all ranks: in the hosts' memory by the
// communicator, or by the devices themselves.
//
// Each rank takes its share of every batch, so a step's gradient is a sum over the ranks, as large as the
// network. Three things make it cheap and the same everywhere:
//
// - It hides behind the backward. Gradients are complete from the final layer down; GradientBuckets gathers
//   what Dit calls complete until a message is worth it, and begins its sum while the blocks below are still
//   gone through. Only the last bucket is waited for. Of the label table, the largest tensor, travel the rows
//   that some rank's batch touches.
// - It takes as little of the wire as a sum can. The values are cut into a slice a rank; each rank receives
//   its slice from all others, adds, and hands the sum back (reduce-scatter, then all-gather). With R ranks a
//   rank sends and receives 2(R − 1)/R times the values: less than twice, however many ranks there are.
// - Its bits depend on nothing but the values. Floats are not associative, so the addends of a slice are
//   taken in the order of ranks, whenever they came, by the one rank that adds them. All ranks get the same
//   bits, and make the same optimiser step of them: parameters are never sent, and never drift apart.
//
// What the step then needs of the whole batch (its loss, the norm that clips) is one more small sum: share().
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
