// Gathers the gradients that a backward calls complete into buckets worth a message, and begins their sums
// over the ranks while the backward goes on.
#pragma once

#include <cstdint>
#include <vector>

#include "train/communicator.h"

namespace osu {

// The label table: a batch touches few of its rows, and only these are summed.
struct TouchedRows {
    size_t offset = 0, count = 0, width = 0;  // of the table, in floats
    std::vector<int32_t> rows;                // of all ranks' batches, each once
};

class GradientBuckets {
  public:
    // `gradients` in host memory. Sums of `bucket` floats or somewhat more each.
    GradientBuckets(Communicator& communicator, float* gradients, TouchedRows table,
                    size_t bucket = size_t{1} << 20)
        : communicator_(communicator), gradients_(gradients), table_(std::move(table)), bucket_(bucket) {}

    void add(size_t first, size_t count);
    void finish();  // begins what is left, and waits until all is summed

  private:
    Communicator& communicator_;
    float* const gradients_;
    const TouchedRows table_;
    const size_t bucket_;
    size_t first_ = 0, end_ = 0;  // complete, and not begun
    std::vector<float> rows_;     // (rows, width) of the table, while they are summed

    void add_dense(size_t first, size_t end);
    void add_table();
    void begin();
};

}  // namespace osu
