// Banded attention, forward: softmax(Q·Kᵀ/√d)·V for a band of keys, without the matrix of scores.
//
// That matrix has a row for each of T queries. Written out it would go through memory several times for
// every head; and of a map of 4096 datapoints 15 of 16 scores would lie outside the band. So it is made tile
// by tile, and each tile is used up while it lies in the nearest cache.
//
// - A span of 256 queries of one head is the unit of work of a thread. The keys and values of its band are
//   packed once, in the layout that the tile product wants (block_product.h), for all its blocks.
// - A block is 32 queries: two rows of 16, as the tiles of AMX have them. It walks its keys in chunks of at
//   most 512: scores = Q·Kᵀ, weights = exp(scores), sums += weights·V, where both products are tile products.
//   A usual band (128: 287 keys for a block) is a single chunk.
// - Softmax needs the maximum of a row before its first exponential, and a later chunk may hold a greater
//   score. So each row keeps its maximum m and its total Σ exp(s − m) so far. When a chunk raises m to m',
//   the total and what was summed of V shrink by exp(m − m'): what they would have been, had m' been known
//   from the start (the online softmax of Milakov & Gimelshein, 2018; FlashAttention walks the same way). The
//   division by the total comes at the end, once a row.
// - The band is cut in units of 32 keys, so a chunk has keys that some of its queries do not see. Their
//   weight is set to exactly 0.
// - log Σ exp of each row is what the backward needs to make any tile of probabilities again.
//
// Scores, maxima, totals and sums are float32; the operands of the products are bfloat16 where the CPU
// multiplies these faster.
#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

#include "base/parallel.h"
#include "base/profile.h"
#include "ops/cpu/backend.h"
#include "ops/cpu/block_product.h"
#include "ops/cpu/memory.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/cpu/attention.cpp"
#include <hwy/foreach_target.h>  // compiles this file again for every target
#include <hwy/highway.h>

#include "ops/cpu/attention_inl.h"

#ifndef OSU_OPS_CPU_ATTENTION_ONCE
#define OSU_OPS_CPU_ATTENTION_ONCE
namespace osu::cpu {

struct AttentionForward : Attention {
    DType element;  // of the products' operands
    BlockProduct product;
};

}  // namespace osu::cpu
#endif

HWY_BEFORE_NAMESPACE();
namespace osu::cpu::HWY_NAMESPACE {

constexpr int64_t block_rows = 32, chunk_keys = 512;

// One span of queries of one head: its packed keys [first, first + count) and its buffers.
template <class T, class E>
class Span : AttentionHead<T, E> {
    using Head = AttentionHead<T, E>;
    using Head::first_key, Head::last_key, Head::row, Head::rows;
    using Head::shape_, Head::valid_, Head::size_, Head::wide_, Head::depth_, Head::scale_, Head::row0_,
        Head::head_;

  public:
    Span(const AttentionForward& a, int64_t b, int64_t head) : Head(a.shape, b, head), a_(a) {}

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
    int64_t key0_ = 0, keys_ = 0;  // packed: [key0_, key0_ + keys_), a multiple of key_unit
    uint32_t *transposed_ = nullptr, *values_ = nullptr;
    E *queries_ = nullptr, *weights_ = nullptr;
    float *scores_ = nullptr, *sums_ = nullptr;
    float maximum_[block_rows], total_[block_rows];

    T* out(int64_t q) const { return row(a_.out, 0, q); }

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
        pack_transposed<T, E>(rows(a_.qkv, 1, key0_), end - key0_, keys_, size_, depth_, transposed_, keys_);
        pack_right<T, E>(rows(a_.qkv, 2, key0_), end - key0_, keys_, size_, values_, wide_);
    }

    // Queries [first, last), at most block_rows.
    void run_block(int64_t first, int64_t last) {
        const int64_t count = last - first;
        const int64_t m = round_up(count, 16);  // the last rows are zero
        pack_left<T, E>(rows(a_.qkv, 0, first), count, m, size_, depth_, queries_);
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
    with_attention_types(a.qkv.type, a.element, [&](auto type, auto element) {
        Span<decltype(type), decltype(element)>(a, b, head).run(first, last);
    });
}

}  // namespace osu::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace osu::cpu {

HWY_EXPORT(attention_span);

void CpuBackend::attention(const Attention& a) {
    const ProfileScope scope("attention");
    const AttentionShape& shape = a.shape;
    assert(a.qkv.type == a.out.type && a.qkv.cols == 3 * a.out.cols);
    assert(a.out.cols == shape.heads * shape.head_size && shape.head_size % 2 == 0);
    const DType element = block_type(a.qkv.type);
    const AttentionForward arguments{a, element, block_product(element)};
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
