#include "ops/cpu/block_product.h"

#include <algorithm>

#include "ops/backend.h"
#include "ops/cpu/products.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/cpu/block_product.cpp"
#include <hwy/foreach_target.h>  // compiles this file again for every target
#include <hwy/highway.h>

#include "ops/cpu/simd_inl.h"

HWY_BEFORE_NAMESPACE();
namespace osu::cpu::HWY_NAMESPACE {

// `rows` × (vectors · lanes) sums in registers.
template <int rows, int vectors>
HWY_INLINE void float_tile(const BlockOperands& o, int64_t i, int64_t n) {
    const FloatTag d;
    const float* a = static_cast<const float*>(o.a) + i * o.lda;
    const float* b = static_cast<const float*>(o.b) + n;
    Vector sums[rows][vectors];
    for (int r = 0; r < rows; ++r)
        for (int v = 0; v < vectors; ++v) sums[r][v] = hn::Zero(d);
    for (int64_t j = 0; j < o.k; ++j) {
        Vector right[vectors];
        for (int v = 0; v < vectors; ++v) right[v] = hn::LoadU(d, b + j * o.ldb + v * lanes);
        for (int r = 0; r < rows; ++r) {
            const auto left = hn::Set(d, a[r * o.lda + j]);
            for (int v = 0; v < vectors; ++v) sums[r][v] = hn::MulAdd(left, right[v], sums[r][v]);
        }
    }
    for (int r = 0; r < rows; ++r)
        for (int v = 0; v < vectors; ++v) {
            float* to = o.c + (i + r) * o.ldc + n + v * lanes;
            hn::StoreU(o.accumulate ? hn::Add(hn::LoadU(d, to), sums[r][v]) : sums[r][v], d, to);
        }
}

constexpr int most_vectors = lanes == 16 ? 4 : 2,
              most_sums = lanes == 16 ? 16 : 8;  // what the registers hold

template <int vectors>
void float_strip(const BlockOperands& o, int64_t n) {
    constexpr int rows = std::min(8, most_sums / vectors);
    int64_t i = 0;
    for (; i + rows <= o.m; i += rows) float_tile<rows, vectors>(o, i, n);
    for (; i < o.m; ++i) float_tile<1, vectors>(o, i, n);
}

void multiply_floats(const BlockOperands& o) {
    int64_t n = 0;
    for (; n + most_vectors * lanes <= o.n; n += most_vectors * lanes) float_strip<most_vectors>(o, n);
    for (; n + 2 * lanes <= o.n; n += 2 * lanes) float_strip<2>(o, n);
    for (; n < o.n; n += lanes) float_strip<1>(o, n);
}

}  // namespace osu::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace osu::cpu {

HWY_EXPORT(multiply_floats);

void float_product(const BlockOperands& operands) {
    HWY_DYNAMIC_DISPATCH(multiply_floats)(operands);
}

DType block_type(DType type) {
    return type == DType::bf16 && cpu_has_bfloat16() ? DType::bf16 : DType::f32;
}

BlockProduct block_product(DType type) {
    if (type == DType::f32) return float_product;
    return has_tiles() ? tile_product : pair_product;
}

}  // namespace osu::cpu
#endif
