// Banded attention, forward: blocks of 32 queries against their band of keys, softmax in float32. Keys and
// values of a span of queries are packed once for all its blocks; long bands are walked in chunks with a
// running maximum.
#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

#include "base/parallel.h"
#include "ops/cpu/block_product.h"
#include "ops/cpu/kernels.h"
#include "ops/cpu/memory.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/cpu/attention.cpp"
#include <hwy/foreach_target.h>  // compiles this file again for every target
#include <hwy/highway.h>

#include "ops/cpu/packing_inl.h"

#ifndef OSU_OPS_CPU_ATTENTION_ONCE
#define OSU_OPS_CPU_ATTENTION_ONCE
namespace osu::cpu {

struct AttentionForward {
    Matrix qkv, out;
    const AttentionShape* shape;
    float* log_sum;
    DType element;  // of the products' operands
    BlockProduct product;
};

}  // namespace osu::cpu
#endif

HWY_BEFORE_NAMESPACE();
namespace osu::cpu::HWY_NAMESPACE {

// Keys are packed, masked and multiplied in units of 32: a row of tiles, on CPUs that have them.
constexpr int64_t block_rows = 32, chunk_keys = 512, key_unit = 32;

// One span of queries of one head: its packed keys [first, first + count) and its buffers.
template <class T, class E>
class Span {
  public:
    Span(const AttentionForward& a, int64_t b, int64_t head, int64_t valid)
        : a_(a),
          shape_(*a.shape),
          valid_(valid),
          size_(shape_.head_size),
          wide_(round_up(size_, 16)),
          depth_(sizeof(E) == 2 ? round_up(size_, 32) : size_),
          scale_(1 / std::sqrt(static_cast<float>(size_))),
          row0_(b * shape_.tokens),
          column_(head * size_),
          head_(head) {}

    // Queries [first, last), of which those before `valid` exist.
    void run(int64_t first, int64_t last) {
        const int64_t end = std::min(last, valid_);
        if (first < end) {
            pack_keys(first, end);
            for (int64_t q = first; q < end; q += block_rows) run_block(q, std::min(end, q + block_rows));
        }
        for (int64_t q = std::max(first, end); q < last; ++q) {
            std::fill_n(reinterpret_cast<std::byte*>(out(q)), static_cast<size_t>(size_) * sizeof(T),
                        std::byte{0});
            if (a_.log_sum) a_.log_sum[head_ * a_.qkv.rows + row0_ + q] = 0;
        }
    }

  private:
    const AttentionForward& a_;
    const AttentionShape& shape_;
    int64_t valid_, size_, wide_, depth_;  // size_ rounded up, as a block's columns and as its depth
    float scale_;
    int64_t row0_, column_, head_;
    int64_t key0_ = 0, keys_ = 0;  // packed: [key0_, key0_ + keys_), a multiple of key_unit
    uint32_t *transposed_ = nullptr, *values_ = nullptr;
    E *queries_ = nullptr, *weights_ = nullptr;
    float *scores_ = nullptr, *sums_ = nullptr;
    float maximum_[block_rows], total_[block_rows];

    HeadRows<const T> rows(int64_t part, int64_t first) const {
        const T* data = static_cast<const T*>(a_.qkv.data) + part * a_.out.cols + column_;
        return {data + (row0_ + first) * a_.qkv.stride, a_.qkv.stride};
    }
    T* out(int64_t q) const { return static_cast<T*>(a_.out.data) + (row0_ + q) * a_.out.stride + column_; }

    int64_t first_key(int64_t q) const { return shape_.band ? std::max<int64_t>(0, q - shape_.band + 1) : 0; }
    int64_t last_key(int64_t q) const { return shape_.band ? std::min(valid_, q + shape_.band + 1) : valid_; }

    void pack_keys(int64_t first, int64_t last) {
        key0_ = first_key(first) / key_unit * key_unit;
        const int64_t end = last_key(last - 1);
        keys_ = round_up(end - key0_, key_unit);
        thread_local Scratch scratch[6];
        const auto count = [](int64_t n) { return static_cast<size_t>(n); };
        const int64_t chunk = std::min(keys_, chunk_keys);
        transposed_ = scratch[0].get<uint32_t>(count(depth_ / word_elements<E> * keys_));
        values_ = scratch[1].get<uint32_t>(count(keys_ / word_elements<E> * wide_));
        queries_ = scratch[2].get<E>(count(block_rows * depth_));
        weights_ = scratch[3].get<E>(count(block_rows * chunk));
        scores_ = scratch[4].get<float>(count(block_rows * chunk));
        sums_ = scratch[5].get<float>(count(block_rows * wide_));
        pack_transposed<T, E>(rows(1, key0_), end - key0_, keys_, size_, depth_, transposed_, keys_);
        pack_right<T, E>(rows(2, key0_), end - key0_, keys_, size_, values_, wide_);
    }

    // Queries [first, last), at most block_rows.
    void run_block(int64_t first, int64_t last) {
        const int64_t count = last - first;
        const int64_t m = round_up(count, 16);  // the last rows are zero
        pack_left<T, E>(rows(0, first), count, m, size_, depth_, queries_);
        std::fill_n(maximum_, count, -std::numeric_limits<float>::infinity());
        std::fill_n(total_, count, 0.0f);
        const int64_t begin = first_key(first) / key_unit * key_unit, end = last_key(last - 1);
        for (int64_t key = begin; key < end; key += chunk_keys) {
            const int64_t width = std::min(chunk_keys, round_up(end - key, key_unit)), at = key - key0_;
            a_.product({m, width, depth_, queries_, depth_, transposed_ + at, keys_, scores_, width, false});
            for (int64_t r = 0; r < count; ++r) {
                const float shrink = softmax_row(r, first + r, key, width);
                if (key > begin && shrink != 1) scale_row(sums_ + r * wide_, shrink);
            }
            a_.product({m, wide_, width, weights_, width, values_ + at / word_elements<E> * wide_, wide_,
                        sums_, wide_, key > begin});
        }
        for (int64_t r = 0; r < count; ++r) {
            T* to = out(first + r);
            const auto share = hn::Set(FloatTag(), 1 / total_[r]);
            for_vectors(size_, [&](int64_t i, int64_t n) {
                store(hn::Mul(load(sums_ + r * wide_ + i, n), share), to + i, n);
            });
            if (a_.log_sum)
                a_.log_sum[head_ * a_.qkv.rows + row0_ + first + r] =
                    maximum_[r] * scale_ + std::log(total_[r]);
        }
    }

    void scale_row(float* row, float factor) const {
        for (int64_t i = 0; i < wide_; i += lanes)
            store(hn::Mul(load(row + i), hn::Set(FloatTag(), factor)), row + i);
    }

    // Scores of the keys [key, key + width) → weights, exactly zero outside the band. Returns the factor for
    // what was summed under the former maximum.
    float softmax_row(int64_t r, int64_t q, int64_t key, int64_t width) {
        const FloatTag d;
        float* scores = scores_ + r * width;
        E* weights = weights_ + r * width;
        // the visible part [low, high) of the chunk, and its vectors [begin, end)
        const int64_t low = std::max<int64_t>(0, first_key(q) - key),
                      high = std::min(width, last_key(q) - key);
        if (low >= high) {
            std::memset(weights, 0, static_cast<size_t>(width) * sizeof(E));
            return 1;
        }
        const int64_t begin = low / lanes * lanes, end = round_up(high, lanes);
        std::fill(scores + begin, scores + low, -std::numeric_limits<float>::infinity());
        std::fill(scores + high, scores + end, -std::numeric_limits<float>::infinity());
        auto highest = hn::Set(d, maximum_[r]);
        for (int64_t i = begin; i < end; i += lanes) highest = hn::Max(highest, load(scores + i));
        const float maximum = hn::GetLane(hn::MaxOfLanes(d, highest));
        const auto scale = hn::Set(d, scale_ * log2_e), offset = hn::Set(d, maximum * (scale_ * log2_e));
        auto total = hn::Zero(d);
        std::memset(weights, 0, static_cast<size_t>(begin) * sizeof(E));
        for (int64_t i = begin; i < end; i += lanes) {
            const auto weight = power_of_two(hn::MulSub(load(scores + i), scale, offset));
            total = hn::Add(total, weight);
            store(weight, weights + i);
        }
        std::memset(weights + end, 0, static_cast<size_t>(width - end) * sizeof(E));
        const float shrink = maximum_[r] == maximum ? 1 : std::exp((maximum_[r] - maximum) * scale_);
        total_[r] = total_[r] * shrink + sum_of(total);
        maximum_[r] = maximum;
        return shrink;
    }
};

void attention_span(const AttentionForward& a, int64_t b, int64_t head, int64_t first, int64_t last) {
    const int64_t valid = a.shape->lengths ? a.shape->lengths[b] : a.shape->tokens;
    if (a.qkv.type == DType::f32) return Span<float, float>(a, b, head, valid).run(first, last);
    if (a.element == DType::bf16) return Span<BFloat16, BFloat16>(a, b, head, valid).run(first, last);
    Span<BFloat16, float>(a, b, head, valid).run(first, last);
}

}  // namespace osu::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace osu::cpu {

HWY_EXPORT(attention_span);

void attention(Matrix qkv, const AttentionShape& shape, Matrix out, float* log_sum) {
    assert(qkv.type == out.type && qkv.cols == 3 * out.cols && out.cols == shape.heads * shape.head_size);
    assert(shape.head_size % 2 == 0);
    const DType element = block_type(qkv.type);
    const AttentionForward arguments{qkv, out, &shape, log_sum, element, block_product(element)};
    constexpr int64_t span = 256;
    const int64_t spans = (shape.tokens + span - 1) / span;
    const auto run = HWY_DYNAMIC_DISPATCH(attention_span);
    parallel_for_dynamic(shape.batch * shape.heads * spans, [&](int64_t i) {
        const int64_t first = i % spans * span;
        run(arguments, i / spans / shape.heads, i / spans % shape.heads, first,
            std::min(shape.tokens, first + span));
    });
}

}  // namespace osu::cpu
#endif
