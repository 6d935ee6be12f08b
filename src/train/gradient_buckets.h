// Gathers the gradients that a backward calls complete into buckets worth a message, and begins their sums
// over the ranks while the backward goes on.
#pragma once

#include "train/communicator.h"

namespace osu {

class GradientBuckets {
  public:
    // Sums of `bucket` floats or somewhat more each.
    GradientBuckets(Communicator& communicator, float* gradients, size_t bucket = size_t{1} << 20)
        : communicator_(communicator), gradients_(gradients), bucket_(bucket) {}

    void add(size_t first, size_t count);
    void finish();  // begins what is left, and waits until all is summed

  private:
    Communicator& communicator_;
    float* const gradients_;
    const size_t bucket_;
    size_t first_ = 0, end_ = 0;  // complete, and not begun

    void begin();
};

}  // namespace osu
