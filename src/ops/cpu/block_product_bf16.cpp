// block_product.h in bfloat16: AVX-512 dot products of pairs, and AMX tiles. Highway 1.0 knows neither, so
// these are intrinsics; block_product() asks the CPU before it hands them out.
#include "ops/cpu/block_product.h"

#if defined(__x86_64__)

#include <immintrin.h>

namespace osu::cpu {

namespace {

#define OSU_PAIRS __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16")))
#define OSU_TILES __attribute__((target("amx-tile,amx-bf16")))

// `rows` × (vectors · 16) sums in registers.
template <int rows, int vectors>
OSU_PAIRS inline void pair_tile(const BlockOperands& o, int64_t i, int64_t n) {
    const auto* a = static_cast<const uint16_t*>(o.a) + i * o.lda;
    const auto* b = static_cast<const uint32_t*>(o.b) + n;
    __m512 sums[rows][vectors];
    for (int r = 0; r < rows; ++r)
        for (int v = 0; v < vectors; ++v) sums[r][v] = _mm512_setzero_ps();
    for (int64_t j = 0; j < o.k / 2; ++j) {
        __m512bh right[vectors];
        for (int v = 0; v < vectors; ++v) right[v] = (__m512bh)_mm512_loadu_si512(b + j * o.ldb + v * 16);
        for (int r = 0; r < rows; ++r) {
            int pair;
            __builtin_memcpy(&pair, a + r * o.lda + 2 * j, sizeof pair);
            const auto left = (__m512bh)_mm512_set1_epi32(pair);
            for (int v = 0; v < vectors; ++v) sums[r][v] = _mm512_dpbf16_ps(sums[r][v], left, right[v]);
        }
    }
    for (int r = 0; r < rows; ++r)
        for (int v = 0; v < vectors; ++v) {
            float* to = o.c + (i + r) * o.ldc + n + v * 16;
            _mm512_storeu_ps(to, o.accumulate ? _mm512_add_ps(_mm512_loadu_ps(to), sums[r][v]) : sums[r][v]);
        }
}

template <int rows, int vectors>
OSU_PAIRS void pair_strip(const BlockOperands& o, int64_t n) {
    for (int64_t i = 0; i < o.m; i += rows) pair_tile<rows, vectors>(o, i, n);
}

// One row of the tile configuration that the processor reads: palette 1, eight tiles of 16 rows of 64 bytes.
struct alignas(64) TileConfiguration {
    uint8_t palette = 1, start_row = 0, reserved[14] = {};
    uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
    uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};
static_assert(sizeof(TileConfiguration) == 64);

// 16·m_tiles rows × 16·n_tiles columns: sums in tiles 0–3, A in 4 and 5, B in 6 and 7.
template <int m_tiles, int n_tiles>
OSU_TILES inline void multiply_tiles(const BlockOperands& o, int64_t i, int64_t n) {
    const auto* a = static_cast<const uint16_t*>(o.a) + i * o.lda;
    const auto* b = static_cast<const uint32_t*>(o.b) + n;
    float* c = o.c + i * o.ldc + n;
    float* below = c + 16 * o.ldc;
    const int64_t a_bytes = o.lda * 2, b_bytes = o.ldb * 4, c_bytes = o.ldc * 4;
    if (o.accumulate) {
        _tile_loadd(0, c, c_bytes);
        if constexpr (n_tiles == 2) _tile_loadd(1, c + 16, c_bytes);
        if constexpr (m_tiles == 2) _tile_loadd(2, below, c_bytes);
        if constexpr (m_tiles == 2 && n_tiles == 2) _tile_loadd(3, below + 16, c_bytes);
    } else {
        _tile_zero(0);
        if constexpr (n_tiles == 2) _tile_zero(1);
        if constexpr (m_tiles == 2) _tile_zero(2);
        if constexpr (m_tiles == 2 && n_tiles == 2) _tile_zero(3);
    }
    for (int64_t k = 0; k < o.k; k += 32, a += 32, b += 16 * o.ldb) {
        _tile_loadd(4, a, a_bytes);
        _tile_loadd(6, b, b_bytes);
        _tile_dpbf16ps(0, 4, 6);
        if constexpr (n_tiles == 2) {
            _tile_loadd(7, b + 16, b_bytes);
            _tile_dpbf16ps(1, 4, 7);
        }
        if constexpr (m_tiles == 2) {
            _tile_loadd(5, a + 16 * o.lda, a_bytes);
            _tile_dpbf16ps(2, 5, 6);
        }
        if constexpr (m_tiles == 2 && n_tiles == 2) _tile_dpbf16ps(3, 5, 7);
    }
    _tile_stored(0, c, c_bytes);
    if constexpr (n_tiles == 2) _tile_stored(1, c + 16, c_bytes);
    if constexpr (m_tiles == 2) _tile_stored(2, below, c_bytes);
    if constexpr (m_tiles == 2 && n_tiles == 2) _tile_stored(3, below + 16, c_bytes);
}

template <int m_tiles>
OSU_TILES void tile_rows(const BlockOperands& o, int64_t i) {
    int64_t n = 0;
    for (; n + 32 <= o.n; n += 32) multiply_tiles<m_tiles, 2>(o, i, n);
    if (n < o.n) multiply_tiles<m_tiles, 1>(o, i, n);
}

}  // namespace

void pair_product(const BlockOperands& o) {
    int64_t n = 0;
    for (; n + 64 <= o.n; n += 64) pair_strip<4, 4>(o, n);
    for (; n + 32 <= o.n; n += 32) pair_strip<8, 2>(o, n);
    if (n < o.n) pair_strip<16, 1>(o, n);
}

// The tiles belong to oneDNN too: configured for this product alone. The process has the kernel's permission
// to use them, for oneDNN asked for it before has_tiles() said yes.
OSU_TILES void tile_product(const BlockOperands& o) {
    const TileConfiguration configuration;
    __asm__ volatile("" ::"m"(configuration) : "memory");  // the intrinsic names 8 of its bytes only
    _tile_loadconfig(&configuration);
    int64_t i = 0;
    for (; i + 32 <= o.m; i += 32) tile_rows<2>(o, i);
    if (i < o.m) tile_rows<1>(o, i);
    _tile_release();
}

}  // namespace osu::cpu

#else

namespace osu::cpu {

// Never handed out: cpu_has_bfloat16() is false on other processors.
void pair_product(const BlockOperands&) {}
void tile_product(const BlockOperands&) {}

}  // namespace osu::cpu

#endif
