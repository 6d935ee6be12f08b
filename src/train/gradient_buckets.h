// Gathers the gradients that a backward calls complete into buckets worth a message, and begins their sums
// over the ranks while the backward goes on. Sums are made in host memory: a GPU's gradients are brought
// there and back.
#pragma once

#include <cstdint>
#include <vector>

#include "ops/backend.h"
#include "train/communicator.h"

namespace osu {

// The label table: a batch touches few of its rows, and only these are summed.
struct TouchedRows {
    size_t offset = 0, count = 0, width = 0;  // of the table, in floats
    std::vector<int32_t> rows;                // of all ranks' batches, each once
};

class GradientBuckets {
  public:
    // `gradients`: `size` floats of the backend's memory, which is the host's or not. Sums of `bucket` floats
    // or somewhat more each.
    GradientBuckets(Communicator& communicator, Backend& backend, float* gradients, size_t size, bool on_host,
                    size_t bucket = size_t{1} << 20);

    void start(TouchedRows table);  // of a new step
    void add(size_t first, size_t count);
    void finish();  // begins what is left, and waits until all is summed

  private:
    Communicator& communicator_;
    Backend& backend_;
    float* const gradients_;
    const bool on_host_;
    const size_t bucket_;
    TouchedRows table_;
    std::vector<float> staged_;   // the layout again, where the gradients are not the host's
    float* const sums_;           // gradients_, or staged_
    size_t first_ = 0, end_ = 0;  // complete, and not begun
    struct Part {
        size_t first, count;
    };
    std::vector<Part> to_bring_back_;
    std::vector<float> rows_;  // (rows, width) of the table, while they are summed

    void add_dense(size_t first, size_t end);
    void add_table();
    void begin();
    float* row(size_t i);  // of the table, in the backend's memory
};

}  // namespace osu
