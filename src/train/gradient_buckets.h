// Gathers the gradients that a backward calls complete into buckets worth a message, and begins their sums
// over the ranks while the backward goes on.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "model/dit.h"
#include "model/staging.h"
#include "train/rank_sums.h"

namespace osu {

// The label table among the gradients: a batch touches few of its rows, and only these are summed.
struct LabelRows {
    size_t offset = 0, count = 0, width = 0;  // of the table, in floats
    int64_t most = 0;                         // rows that a batch of all ranks touches
};

class GradientBuckets final : public GradientListener {
  public:
    // `gradients`: the backend's memory. Sums of `bucket` floats or more each, but for the last ones.
    GradientBuckets(RankSums& sums, Backend& backend, float* gradients, const LabelRows& table,
                    size_t bucket = size_t{1} << 20);

    // Before the backward: the rows of the table that any rank's batch touches, each once.
    void touch(std::span<const int32_t> rows);
    void complete(size_t first, size_t count) override;
    void all_complete() override;  // all is summed when it returns, or for the operations behind it
    bool is_recordable() const override { return sums_.is_recordable(); }

  private:
    RankSums& sums_;
    Backend& backend_;
    float* const gradients_;
    const LabelRows table_;
    const size_t bucket_;
    Staging touched_;
    const Staging::Part<int32_t> index_;  // (most) the touched rows, then −1
    std::shared_ptr<void> memory_;
    const Matrix rows_;           // (most, width) of the table, while they are summed
    size_t first_ = 0, end_ = 0;  // complete, and not begun

    void add(size_t first, size_t end);
    void begin();
};

}  // namespace osu
