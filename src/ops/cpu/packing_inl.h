// Packing of rows into the operands of block_product.h and into the layouts of weights, once a target.
#if defined(OSU_OPS_CPU_PACKING_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef OSU_OPS_CPU_PACKING_INL_H_
#undef OSU_OPS_CPU_PACKING_INL_H_
#else
#define OSU_OPS_CPU_PACKING_INL_H_
#endif

#include <algorithm>
#include <type_traits>

#include "ops/cpu/memory.h"
#include "ops/cpu/simd_inl.h"

HWY_BEFORE_NAMESPACE();
namespace osu::cpu::HWY_NAMESPACE {

// Rows of one head in the caller's matrix.
template <class T>
struct HeadRows {
    T* data;
    int64_t stride;
    T* row(int64_t n) const { return data + n * stride; }
};

// Left operands: rows of `size`, converted, `ld` apart; zeros up to `padded` rows and `ld` columns.
template <class T, class E>
void pack_left(HeadRows<const T> from, int64_t rows, int64_t padded, int64_t size, int64_t ld, E* to) {
    for (int64_t n = 0; n < rows; ++n) {
        if constexpr (std::is_same_v<T, E>)
            std::memcpy(to + n * ld, from.row(n), static_cast<size_t>(size) * sizeof(E));
        else
            for_vectors(size, [&](int64_t i, int64_t count) {
                store(load(from.row(n) + i, count), to + n * ld + i, count);
            });
        std::memset(to + n * ld + size, 0, static_cast<size_t>(ld - size) * sizeof(E));
    }
    std::memset(to + rows * ld, 0, static_cast<size_t>((padded - rows) * ld) * sizeof(E));
}

// The word of 32 bits that B holds for the elements (k, n): a float32, or a pair of bfloat16.
template <class E>
constexpr int64_t word_elements = 4 / sizeof(E);

// to[j][n] = from[n][j] for n < rows, j < words.
HWY_INLINE void transpose_words(const uint32_t* from, int64_t from_ld, int64_t rows, int64_t words,
                                uint32_t* to, int64_t to_ld) {
    const hn::FixedTag<uint32_t, 4> d;
    const hn::FixedTag<uint64_t, 2> d64;
    const auto join = [&](auto a, auto b, int64_t j, int64_t n) HWY_ATTR {
        const auto a64 = hn::BitCast(d64, a), b64 = hn::BitCast(d64, b);
        hn::StoreU(hn::BitCast(d, hn::InterleaveLower(d64, a64, b64)), d, to + j * to_ld + n);
        hn::StoreU(hn::BitCast(d, hn::InterleaveUpper(d64, a64, b64)), d, to + (j + 1) * to_ld + n);
    };
    int64_t n = 0;
    for (; n + 4 <= rows; n += 4) {
        int64_t j = 0;
        for (; j + 4 <= words; j += 4) {
            const uint32_t* at = from + n * from_ld + j;
            const auto a = hn::LoadU(d, at), b = hn::LoadU(d, at + from_ld);
            const auto c = hn::LoadU(d, at + 2 * from_ld), e = hn::LoadU(d, at + 3 * from_ld);
            join(hn::InterleaveLower(d, a, b), hn::InterleaveLower(d, c, e), j, n);
            join(hn::InterleaveUpper(d, a, b), hn::InterleaveUpper(d, c, e), j + 2, n);
        }
        for (; j < words; ++j)
            for (int64_t i = 0; i < 4; ++i) to[j * to_ld + n + i] = from[(n + i) * from_ld + j];
    }
    for (; n < rows; ++n)
        for (int64_t j = 0; j < words; ++j) to[j * to_ld + n] = from[n * from_ld + j];
}

// Right operand (depth, rows) of the transposed rows: word j of row n goes to column n of row j. Zeros up to
// `padded` columns and from `size` to `depth` rows.
template <class T, class E>
void pack_transposed(HeadRows<const T> from, int64_t rows, int64_t padded, int64_t size, int64_t depth,
                     uint32_t* to, int64_t ld) {
    constexpr int64_t word = word_elements<E>;
    if constexpr (std::is_same_v<T, E>) {
        transpose_words(reinterpret_cast<const uint32_t*>(from.data), from.stride / word, rows, size / word,
                        to, ld);
    } else {
        constexpr int64_t batch = 16, widest = 256;
        alignas(64) E part[batch * widest];
        for (int64_t n = 0; n < rows; n += batch)
            for (int64_t i = 0; i < size; i += widest) {
                const int64_t count = std::min(batch, rows - n), width = std::min(widest, size - i);
                pack_left<T, E>({from.row(n) + i, from.stride}, count, count, width, width, part);
                transpose_words(reinterpret_cast<const uint32_t*>(part), width / word, count, width / word,
                                to + i / word * ld + n, ld);
            }
    }
    for (int64_t j = 0; j < depth / word; ++j) {
        const int64_t first = j < size / word ? rows : 0;
        std::fill(to + j * ld + first, to + j * ld + padded, 0u);
    }
}

// Left operand (size, rows) from a right operand of transposed rows: pairs come apart.
template <class E>
void split_pairs(const uint32_t* from, int64_t size, int64_t rows, E* to) {
    if constexpr (sizeof(E) == 4) {
        std::memcpy(to, from, static_cast<size_t>(size * rows) * sizeof(E));
    } else {
        for (int64_t j = 0; j < size; j += 2)
            for (int64_t n = 0; n < rows; n += lanes) {
                const auto pair = hn::LoadU(WordTag(), from + j / 2 * rows + n);
                store_halves(hn::And(pair, hn::Set(WordTag(), 0xffffu)), to + j * rows + n);
                store_halves(hn::ShiftRight<16>(pair), to + (j + 1) * rows + n);
            }
    }
}

// Right operand (rows, size): rows as they are, or interleaved in pairs. Zeros up to `padded` rows (an even
// number) and up to `ld` columns.
template <class T, class E>
void pack_right(HeadRows<const T> from, int64_t rows, int64_t padded, int64_t size, uint32_t* to,
                int64_t ld) {
    const WordTag d;
    for (int64_t n = 0; n < padded; n += word_elements<E>) {
        uint32_t* line = to + n / word_elements<E> * ld;
        const int64_t written = n < rows ? size : 0;
        std::fill(line + written, line + ld, 0u);
        if (n >= rows) continue;
        for_vectors(size, [&](int64_t i, int64_t count) {
            const auto first = load(from.row(n) + i, count);
            if constexpr (sizeof(E) == 4) {
                store(first, reinterpret_cast<float*>(line) + i, count);
            } else {
                const auto low = hn::ShiftRight<16>(hn::BitCast(d, first));
                auto high = hn::Zero(d);
                if (n + 1 < rows) high = hn::BitCast(d, load(from.row(n + 1) + i, count));
                store(hn::BitCast(FloatTag(), hn::Or(low, high)), reinterpret_cast<float*>(line) + i, count);
            }
        });
    }
}

}  // namespace osu::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
