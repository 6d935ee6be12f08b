// Banded attention, backward. The forward keeps no probabilities, only log_sum of each query: any tile of
// them is P = exp(K·Qᵀ·scale − log_sum), without a maximum or a total to look for. Tiles are transposed here
// (keys × queries), so that no block has to be turned. With dP = V·dOᵀ:
//   dS = P∘(dP − Σ dO·O)·scale,   dV += P·dO,   dK += dS·Q,   dQᵀ = Kᵀ·dS.
// Σ dO·O, a number a query, is Σ P·dP over all its keys: the part of softmax's slope that would need a whole
// row of P, known before the first tile.
// A block of 64 queries walks its keys in chunks of 128: five tile products each. dQ of the block is whole
// when its last chunk is done; dK and dV gather over all blocks of the head. So one thread walks all queries
// of a head in order: the sums are the same at any number of threads.
#include <algorithm>
#include <cassert>

#include "base/parallel.h"
#include "base/profile.h"
#include "ops/cpu/backend.h"
#include "ops/cpu/block_product.h"
#include "ops/cpu/memory.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/cpu/attention_backward.cpp"
#include <hwy/foreach_target.h>  // compiles this file again for every target
#include <hwy/highway.h>

#include "ops/cpu/attention_inl.h"

#ifndef OSU_OPS_CPU_ATTENTION_BACKWARD_ONCE
#define OSU_OPS_CPU_ATTENTION_BACKWARD_ONCE
namespace osu::cpu {

struct AttentionBackward : Attention {
    Matrix d_out, d_qkv;
    DType element;
    BlockProduct product;
};

}  // namespace osu::cpu
#endif

HWY_BEFORE_NAMESPACE();
namespace osu::cpu::HWY_NAMESPACE {

constexpr int64_t block_queries = 64, chunk_keys = 128;

template <class T, class E>
class HeadBackward : AttentionHead<T, E> {
    using Head = AttentionHead<T, E>;
    using Head::first_key, Head::last_key, Head::row, Head::rows;
    using Head::shape_, Head::valid_, Head::size_, Head::wide_, Head::depth_, Head::scale_, Head::row0_;

  public:
    HeadBackward(const AttentionBackward& a, int64_t b, int64_t head)
        : Head(a.shape, b, head),
          a_(a),
          keys_(round_up(valid_, key_unit)),
          log_sum_(a.log_sum + head * a.qkv.rows + row0_) {}

    void run() {
        for (int64_t n = valid_; n < shape_.tokens; ++n)
            for (int64_t part = 0; part < 3; ++part)
                std::memset(gradient(part, n), 0, static_cast<size_t>(size_) * sizeof(T));
        if (!valid_) return;
        pack_keys();
        for (int64_t q = 0; q < valid_; q += block_queries) run_block(q, std::min(valid_, q + block_queries));
        for (int64_t n = 0; n < valid_; ++n) {
            put(d_keys_ + n * wide_, gradient(1, n));
            put(d_values_ + n * wide_, gradient(2, n));
        }
    }

  private:
    const AttentionBackward& a_;
    int64_t keys_;  // valid_ rounded up
    const float* log_sum_;
    E *key_rows_, *value_rows_, *transposed_keys_, *probability_, *d_score_;
    uint32_t *d_score_pairs_, *queries_, *queries_transposed_, *d_out_, *d_out_transposed_;
    float *d_keys_, *d_values_, *scores_, *d_probability_, *d_queries_;
    float offset_[block_queries], delta_[block_queries];

    T* gradient(int64_t part, int64_t n) const { return row(a_.d_qkv, part, n); }
    void put(const float* from, T* to) const {
        for_vectors(size_, [&](int64_t i, int64_t n) { store(load(from + i, n), to + i, n); });
    }

    void pack_keys() {
        thread_local Scratch scratch[15];
        int next = 0;
        const auto room = [&](auto*& pointer, int64_t count) {
            pointer =
                scratch[next++].get<std::remove_reference_t<decltype(*pointer)>>(static_cast<size_t>(count));
        };
        constexpr int64_t word = word_elements<E>;
        room(key_rows_, keys_ * depth_);
        room(value_rows_, keys_ * depth_);
        room(transposed_keys_, depth_ * keys_);
        room(d_keys_, keys_ * std::max(wide_, depth_));
        room(d_values_, keys_ * wide_);
        room(queries_, block_queries / word * wide_);
        room(d_out_, block_queries / word * wide_);
        room(queries_transposed_, depth_ / word * block_queries);
        room(d_out_transposed_, depth_ / word * block_queries);
        room(scores_, std::max(chunk_keys, size_) * block_queries);
        room(d_probability_, chunk_keys * block_queries);
        room(probability_, chunk_keys * block_queries);
        room(d_score_, chunk_keys * block_queries);
        room(d_score_pairs_, chunk_keys / word * block_queries);
        room(d_queries_, depth_ * block_queries);
        pack_left<T, E>(rows(a_.qkv, 1, 0), valid_, keys_, size_, depth_, key_rows_);
        pack_left<T, E>(rows(a_.qkv, 2, 0), valid_, keys_, size_, depth_, value_rows_);
        auto* words = reinterpret_cast<uint32_t*>(d_keys_);  // free until the sums begin
        pack_transposed<T, E>(rows(a_.qkv, 1, 0), valid_, keys_, size_, depth_, words, keys_);
        split_pairs(words, depth_, keys_, transposed_keys_);
        std::fill_n(d_keys_, keys_ * wide_, 0.0f);
        std::fill_n(d_values_, keys_ * wide_, 0.0f);
    }

    void pack_queries(int64_t first, int64_t count) {
        const auto q = rows(a_.qkv, 0, first), d = rows(a_.d_out, 0, first), o = rows(a_.out, 0, first);
        pack_right<T, E>(q, count, block_queries, size_, queries_, wide_);
        pack_right<T, E>(d, count, block_queries, size_, d_out_, wide_);
        pack_transposed<T, E>(q, count, block_queries, size_, depth_, queries_transposed_, block_queries);
        pack_transposed<T, E>(d, count, block_queries, size_, depth_, d_out_transposed_, block_queries);
        std::fill_n(offset_, block_queries, 0.0f);
        std::fill_n(delta_, block_queries, 0.0f);
        for (int64_t r = 0; r < count; ++r) {
            auto sum = hn::Zero(FloatTag());
            for_vectors(size_, [&](int64_t i, int64_t n) {
                sum = hn::MulAdd(load(d.row(r) + i, n), load(o.row(r) + i, n), sum);
            });
            delta_[r] = sum_of(sum);
            offset_[r] = log_sum_[first + r] * log2_e;
        }
    }

    // Queries [first, last), at most block_queries.
    void run_block(int64_t first, int64_t last) {
        pack_queries(first, last - first);
        const int64_t begin = first_key(first) / key_unit * key_unit, end = last_key(last - 1);
        const void* pairs = sizeof(E) == 4 ? static_cast<const void*>(d_score_) : d_score_pairs_;
        for (int64_t key = begin; key < end; key += chunk_keys) {
            const int64_t count = std::min(chunk_keys, round_up(end - key, key_unit));
            a_.product({count, block_queries, depth_, key_rows_ + key * depth_, depth_, queries_transposed_,
                        block_queries, scores_, block_queries, false});
            a_.product({count, block_queries, depth_, value_rows_ + key * depth_, depth_, d_out_transposed_,
                        block_queries, d_probability_, block_queries, false});
            for (int64_t r = 0; r < count; r += 2) score_gradients(r, key + r, first);
            a_.product({count, wide_, block_queries, probability_, block_queries, d_out_, wide_,
                        d_values_ + key * wide_, wide_, true});
            a_.product({count, wide_, block_queries, d_score_, block_queries, queries_, wide_,
                        d_keys_ + key * wide_, wide_, true});
            a_.product({depth_, block_queries, count, transposed_keys_ + key, keys_, pairs, block_queries,
                        d_queries_, block_queries, key > begin});
        }
        // dQᵀ is turned in the room of the scores
        transpose_words(reinterpret_cast<const uint32_t*>(d_queries_), block_queries, size_, last - first,
                        reinterpret_cast<uint32_t*>(scores_), size_);
        for (int64_t r = 0; r < last - first; ++r) put(scores_ + r * size_, gradient(0, first + r));
    }

    struct Gradients {
        Vector probability, score;
    };

    // Of one key and the queries first + i + lane; `all`: every one of the block sees it.
    HWY_INLINE Gradients key_gradients(int64_t row, int64_t key, int64_t first, int64_t i, bool all) const {
        const FloatTag d;
        const auto scale = hn::Set(d, scale_ * log2_e);
        const auto score = load(scores_ + row * block_queries + i);
        auto p = power_of_two(hn::MulSub(score, scale, load(offset_ + i)));
        if (!all) {
            const auto query =
                hn::Add(hn::Iota(IntTag(), 0), hn::Set(IntTag(), static_cast<int32_t>(first + i)));
            const auto before = hn::Set(IntTag(), static_cast<int32_t>(first_query(key) - 1));
            const auto behind = hn::Set(IntTag(), static_cast<int32_t>(last_query(key)));
            const auto visible = hn::And(hn::Gt(query, before), hn::Lt(query, behind));
            p = hn::IfThenElseZero(hn::RebindMask(d, visible), p);
        }
        const auto slope = hn::Sub(load(d_probability_ + row * block_queries + i), load(delta_ + i));
        return {p, hn::Mul(hn::Mul(p, slope), hn::Set(d, scale_))};
    }

    // The queries that see a key: [first, last).
    int64_t first_query(int64_t key) const { return shape_.band ? key - shape_.band : 0; }
    int64_t last_query(int64_t key) const {
        if (key >= valid_) return 0;
        return shape_.band ? std::min(valid_, key + shape_.band) : valid_;
    }
    bool seen_by_all(int64_t key, int64_t first) const {
        return first_query(key) <= first && first + block_queries <= last_query(key);
    }

    // Two keys, because bfloat16 needs their gradients side by side too.
    void score_gradients(int64_t row, int64_t key, int64_t first) {
        const bool all = seen_by_all(key, first) && seen_by_all(key + 1, first);
        for (int64_t i = 0; i < block_queries; i += lanes) {
            const auto a = key_gradients(row, key, first, i, all),
                       b = key_gradients(row + 1, key + 1, first, i, all);
            const int64_t at = row * block_queries + i, below = at + block_queries;
            store(a.probability, probability_ + at);
            store(b.probability, probability_ + below);
            if constexpr (sizeof(E) == 4) {
                store(a.score, d_score_ + at);
                store(b.score, d_score_ + below);
            } else {
                const auto low = round_to_bfloat16(a.score), high = round_to_bfloat16(b.score);
                store_halves(low, d_score_ + at);
                store_halves(high, d_score_ + below);
                hn::StoreU(hn::Or(low, hn::ShiftLeft<16>(high)), WordTag(),
                           d_score_pairs_ + row / 2 * block_queries + i);
            }
        }
    }
};

void attention_backward_head(const AttentionBackward& a, int64_t b, int64_t head) {
    with_attention_types(a.qkv.type, a.element, [&](auto type, auto element) {
        HeadBackward<decltype(type), decltype(element)>(a, b, head).run();
    });
}

}  // namespace osu::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace osu::cpu {

HWY_EXPORT(attention_backward_head);

void CpuBackend::attention_backward(const Attention& a, Matrix d_out, Matrix d_qkv) {
    const ProfileScope scope("attention backward");
    assert(a.qkv.type == a.out.type && a.qkv.type == d_out.type && a.qkv.type == d_qkv.type);
    const DType element = block_type(a.qkv.type);
    const AttentionBackward arguments{a, d_out, d_qkv, element, block_product(element)};
    const int64_t heads = a.shape.heads;
    const auto run = HWY_DYNAMIC_DISPATCH(attention_backward_head);
    parallel_for_dynamic(a.shape.batch * heads, [&](int64_t i) { run(arguments, i / heads, i % heads); });
}

}  // namespace osu::cpu
#endif
