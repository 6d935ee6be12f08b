#include "train/gradient_buckets.h"

#include <algorithm>

namespace osu {

void GradientBuckets::add(size_t first, size_t count) {
    communicator_.sign_of_life();
    if (first + count != first_) {  // not the part just before: a backward goes from the end to the start
        begin();
        end_ = first + count;
    }
    first_ = first;
    if (end_ - first_ >= bucket_) begin();
}

// In equal pieces: the first is summed while the second is under way, and buffers stay small.
void GradientBuckets::begin() {
    const size_t all = end_ - first_, pieces = std::max<size_t>(1, all / bucket_);
    for (size_t i = 0; i < pieces && all > 0; ++i) {
        const size_t from = all * i / pieces, to = all * (i + 1) / pieces;
        communicator_.start_sum(gradients_ + first_ + from, to - from);
    }
    end_ = first_;
}

void GradientBuckets::finish() {
    begin();
    communicator_.finish_sums();
}

}  // namespace osu
