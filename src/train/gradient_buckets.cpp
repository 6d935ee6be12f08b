#include "train/gradient_buckets.h"

#include <algorithm>

namespace osu {

void GradientBuckets::add(size_t first, size_t count) {
    communicator_.sign_of_life();
    if (communicator_.size() == 1) return;
    const size_t end = first + count, table_end = table_.offset + table_.count;
    if (table_.offset < first || table_end > end) return add_dense(first, end);
    add_dense(table_end, end);
    add_table();
    add_dense(first, table_.offset);
}

void GradientBuckets::add_dense(size_t first, size_t end) {
    if (end != first_) {  // not the part just before: a backward goes from the end to the start
        begin();
        end_ = end;
    }
    first_ = first;
    if (end_ - first_ >= bucket_) begin();
}

void GradientBuckets::add_table() {
    rows_.resize(table_.rows.size() * table_.width);
    for (size_t i = 0; i < table_.rows.size(); ++i)
        std::copy_n(gradients_ + table_.offset + static_cast<size_t>(table_.rows[i]) * table_.width,
                    table_.width, rows_.data() + i * table_.width);
    communicator_.start_sum(rows_.data(), rows_.size());
}

// In equal pieces, so that buffers stay small.
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
    for (size_t i = 0; i * table_.width < rows_.size(); ++i)
        std::copy_n(rows_.data() + i * table_.width, table_.width,
                    gradients_ + table_.offset + static_cast<size_t>(table_.rows[i]) * table_.width);
}

}  // namespace osu
