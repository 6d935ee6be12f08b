#include "train/gradient_buckets.h"

#include <algorithm>

namespace osu {

GradientBuckets::GradientBuckets(Communicator& communicator, Backend& backend, float* gradients, size_t size,
                                 bool on_host, size_t bucket)
    : communicator_(communicator),
      backend_(backend),
      gradients_(gradients),
      on_host_(on_host),
      bucket_(bucket),
      staged_(on_host || communicator.size() == 1 ? 0 : size),
      sums_(on_host ? gradients : staged_.data()) {}

void GradientBuckets::start(TouchedRows table) {
    table_ = std::move(table);
    rows_.clear();
}

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

float* GradientBuckets::row(size_t i) {
    return gradients_ + table_.offset + static_cast<size_t>(table_.rows[i]) * table_.width;
}

void GradientBuckets::add_table() {
    rows_.resize(table_.rows.size() * table_.width);
    for (size_t i = 0; i < table_.rows.size(); ++i)
        backend_.download(rows_.data() + i * table_.width, row(i), table_.width * sizeof(float));
    communicator_.start_sum(rows_.data(), rows_.size());
}

// In equal pieces, so that buffers stay small.
void GradientBuckets::begin() {
    const size_t all = end_ - first_, pieces = std::max<size_t>(1, all / bucket_);
    if (!on_host_ && all > 0) {
        backend_.download(sums_ + first_, gradients_ + first_, all * sizeof(float));
        to_bring_back_.push_back({first_, all});
    }
    for (size_t i = 0; i < pieces && all > 0; ++i) {
        const size_t from = all * i / pieces, to = all * (i + 1) / pieces;
        communicator_.start_sum(sums_ + first_ + from, to - from);
    }
    end_ = first_;
}

void GradientBuckets::finish() {
    begin();
    communicator_.finish_sums();
    for (const Part& part : to_bring_back_)
        backend_.upload(gradients_ + part.first, sums_ + part.first, part.count * sizeof(float));
    to_bring_back_.clear();
    for (size_t i = 0; i * table_.width < rows_.size(); ++i)
        backend_.upload(row(i), rows_.data() + i * table_.width, table_.width * sizeof(float));
}

}  // namespace osu
