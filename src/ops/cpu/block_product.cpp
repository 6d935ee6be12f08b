#include "ops/cpu/block_product.h"

#include <algorithm>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "ops/backend.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/cpu/block_product.cpp"
#include <hwy/foreach_target.h>  // compiles this file again for every target
#include <hwy/highway.h>

#include "ops/cpu/simd_inl.h"

HWY_BEFORE_NAMESPACE();
namespace osu::cpu::HWY_NAMESPACE {

// `rows` × (vectors · lanes) sums in registers.
template <int rows, int vectors>
HWY_INLINE void float_tile(int64_t k, const float* a, int64_t lda, const float* b, int64_t ldb, float* c,
                           int64_t ldc, bool accumulate) {
    const FloatTag d;
    Vector sums[rows][vectors];
    for (int r = 0; r < rows; ++r)
        for (int v = 0; v < vectors; ++v)
            sums[r][v] = accumulate ? hn::LoadU(d, c + r * ldc + v * lanes) : hn::Zero(d);
    for (int64_t j = 0; j < k; ++j) {
        Vector right[vectors];
        for (int v = 0; v < vectors; ++v) right[v] = hn::LoadU(d, b + j * ldb + v * lanes);
        for (int r = 0; r < rows; ++r) {
            const auto left = hn::Set(d, a[r * lda + j]);
            for (int v = 0; v < vectors; ++v) sums[r][v] = hn::MulAdd(left, right[v], sums[r][v]);
        }
    }
    for (int r = 0; r < rows; ++r)
        for (int v = 0; v < vectors; ++v) hn::StoreU(sums[r][v], d, c + r * ldc + v * lanes);
}

template <int vectors>
void float_strip(int64_t m, int64_t k, const float* a, int64_t lda, const float* b, int64_t ldb, float* c,
                 int64_t ldc, bool accumulate) {
    int64_t i = 0;
    for (; i + 4 <= m; i += 4)
        float_tile<4, vectors>(k, a + i * lda, lda, b, ldb, c + i * ldc, ldc, accumulate);
    for (; i < m; ++i) float_tile<1, vectors>(k, a + i * lda, lda, b, ldb, c + i * ldc, ldc, accumulate);
}

void float_product(int64_t m, int64_t n, int64_t k, const void* left, int64_t lda, const void* right,
                   int64_t ldb, float* c, int64_t ldc, bool accumulate) {
    const auto* a = static_cast<const float*>(left);
    const auto* b = static_cast<const float*>(right);
    constexpr int wide = lanes == 16 ? 4 : 2;  // 16 or 8 sums: what the registers hold
    int64_t j = 0;
    for (; j + wide * lanes <= n; j += wide * lanes)
        float_strip<wide>(m, k, a, lda, b + j, ldb, c + j, ldc, accumulate);
    for (; j + 2 * lanes <= n; j += 2 * lanes)
        float_strip<2>(m, k, a, lda, b + j, ldb, c + j, ldc, accumulate);
    for (; j < n; j += lanes) float_strip<1>(m, k, a, lda, b + j, ldb, c + j, ldc, accumulate);
}

}  // namespace osu::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace osu::cpu {

HWY_EXPORT(float_product);

namespace {

#if defined(__x86_64__)
#define OSU_BF16_TARGET __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16")))

template <int rows, int vectors>
OSU_BF16_TARGET inline void pair_tile(int64_t pairs, const uint16_t* a, int64_t lda, const uint32_t* b,
                                      int64_t ldb, float* c, int64_t ldc, bool accumulate) {
    __m512 sums[rows][vectors];
    for (int r = 0; r < rows; ++r)
        for (int v = 0; v < vectors; ++v)
            sums[r][v] = accumulate ? _mm512_loadu_ps(c + r * ldc + v * 16) : _mm512_setzero_ps();
    for (int64_t j = 0; j < pairs; ++j) {
        __m512bh right[vectors];
        for (int v = 0; v < vectors; ++v) right[v] = (__m512bh)_mm512_loadu_si512(b + j * ldb + v * 16);
        for (int r = 0; r < rows; ++r) {
            int pair;
            __builtin_memcpy(&pair, a + r * lda + 2 * j, sizeof pair);
            const auto left = (__m512bh)_mm512_set1_epi32(pair);
            for (int v = 0; v < vectors; ++v) sums[r][v] = _mm512_dpbf16_ps(sums[r][v], left, right[v]);
        }
    }
    for (int r = 0; r < rows; ++r)
        for (int v = 0; v < vectors; ++v) _mm512_storeu_ps(c + r * ldc + v * 16, sums[r][v]);
}

template <int vectors>
OSU_BF16_TARGET void pair_strip(int64_t m, int64_t pairs, const uint16_t* a, int64_t lda, const uint32_t* b,
                                int64_t ldb, float* c, int64_t ldc, bool accumulate) {
    int64_t i = 0;
    for (; i + 4 <= m; i += 4)
        pair_tile<4, vectors>(pairs, a + i * lda, lda, b, ldb, c + i * ldc, ldc, accumulate);
    for (; i < m; ++i) pair_tile<1, vectors>(pairs, a + i * lda, lda, b, ldb, c + i * ldc, ldc, accumulate);
}

void pair_product(int64_t m, int64_t n, int64_t k, const void* left, int64_t lda, const void* right,
                  int64_t ldb, float* c, int64_t ldc, bool accumulate) {
    const auto* a = static_cast<const uint16_t*>(left);
    const auto* b = static_cast<const uint32_t*>(right);
    int64_t j = 0;
    for (; j + 64 <= n; j += 64) pair_strip<4>(m, k / 2, a, lda, b + j, ldb, c + j, ldc, accumulate);
    for (; j + 32 <= n; j += 32) pair_strip<2>(m, k / 2, a, lda, b + j, ldb, c + j, ldc, accumulate);
    for (; j < n; j += 16) pair_strip<1>(m, k / 2, a, lda, b + j, ldb, c + j, ldc, accumulate);
}
#endif

}  // namespace

DType block_type(DType type) {
#if defined(__x86_64__)
    if (type == DType::bf16 && cpu_has_bfloat16()) return DType::bf16;
#endif
    return DType::f32;
}

BlockProduct block_product(DType type) {
#if defined(__x86_64__)
    if (type == DType::bf16) return pair_product;
#endif
    return HWY_DYNAMIC_DISPATCH(float_product);
}

}  // namespace osu::cpu
#endif
