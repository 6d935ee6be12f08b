#include "train/gradient_buckets.h"

#include <algorithm>
#include <cassert>

namespace osu {

GradientBuckets::GradientBuckets(RankSums& sums, Backend& backend, float* gradients, const LabelRows& table,
                                 size_t bucket)
    : sums_(sums),
      backend_(backend),
      gradients_(gradients),
      table_(table),
      bucket_(bucket),
      touched_(backend),
      index_(touched_.add<int32_t>(table.most)),
      memory_(backend.allocate(static_cast<size_t>(table.most) * table.width * sizeof(float))),
      rows_{memory_.get(), DType::f32, table.most, static_cast<int64_t>(table.width),
            static_cast<int64_t>(table.width)} {}

void GradientBuckets::touch(std::span<const int32_t> rows) {
    assert(static_cast<int64_t>(rows.size()) <= table_.most);
    const auto index = touched_.host(index_);
    std::fill(std::copy(rows.begin(), rows.end(), index.begin()), index.end(), -1);
    touched_.send();
}

void GradientBuckets::complete(size_t first, size_t count) {
    const size_t end = first + count, table_end = table_.offset + table_.count;
    if (table_.offset < first || table_end > end) return add(first, end);
    add(table_end, end);
    backend_.gather_rows(gradients_ + table_.offset, touched_.device(index_), rows_);
    sums_.start(rows_.f32(), static_cast<size_t>(rows_.rows) * table_.width);
    add(first, table_.offset);
}

void GradientBuckets::add(size_t first, size_t end) {
    if (end != first_) {  // not the part just before: a backward goes from the end to the start
        begin();
        end_ = end;
    }
    first_ = first;
    if (end_ - first_ >= bucket_) begin();
}

void GradientBuckets::begin() {
    if (end_ > first_) sums_.start(gradients_ + first_, end_ - first_);
    end_ = first_;
}

void GradientBuckets::all_complete() {
    begin();
    sums_.finish();
    backend_.scatter_rows(rows_, touched_.device(index_), gradients_ + table_.offset);
}

}  // namespace osu
