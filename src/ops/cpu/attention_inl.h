// What attention and its backward share: packing of rows into the operands of block_product.h, once a target.
#if defined(OSU_OPS_CPU_ATTENTION_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef OSU_OPS_CPU_ATTENTION_INL_H_
#undef OSU_OPS_CPU_ATTENTION_INL_H_
#else
#define OSU_OPS_CPU_ATTENTION_INL_H_
#endif

#include <algorithm>
#include <type_traits>

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

// Left operands: `rows` rows of `size`, converted; then zero rows up to `padded`.
template <class T, class E>
void pack_left(HeadRows<const T> from, int64_t rows, int64_t padded, int64_t size, E* to) {
    for (int64_t n = 0; n < rows; ++n)
        for_vectors(size, [&](int64_t i, int64_t count) {
            store(load(from.row(n) + i, count), to + n * size + i, count);
        });
    std::fill_n(reinterpret_cast<std::byte*>(to + rows * size), (padded - rows) * size * sizeof(E),
                std::byte{0});
}

// The word of 32 bits that B holds for the elements (k, n): a float32, or a pair of bfloat16.
template <class E>
constexpr int64_t word_elements = 4 / sizeof(E);

// Right operand (size, rows) of the transposed rows: word j of row n goes to column n of row j. Zero columns
// up to `padded`.
template <class T, class E>
void pack_transposed(HeadRows<const T> from, int64_t rows, int64_t padded, int64_t size, uint32_t* to,
                     int64_t ld) {
    const int64_t words = size / word_elements<E>;
    for (int64_t n0 = 0; n0 < padded; n0 += 16) {
        const int64_t n1 = std::min(padded, n0 + 16), valid = std::min(rows, n1);
        for (int64_t j = 0; j < words; ++j) {
            uint32_t* line = to + j * ld;
            for (int64_t n = n0; n < valid; ++n) {
                if constexpr (std::is_same_v<T, E>) {
                    std::memcpy(line + n, from.row(n) + j * word_elements<E>, 4);
                } else {
                    static_assert(sizeof(T) == 2 && sizeof(E) == 4);
                    line[n] = uint32_t{from.row(n)[j].bits} << 16;
                }
            }
            for (int64_t n = std::max(n0, valid); n < n1; ++n) line[n] = 0;
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
        std::fill_n(line, ld, 0u);
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
