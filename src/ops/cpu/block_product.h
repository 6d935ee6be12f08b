// C = A·B (or C += A·B) for the small blocks of attention, on one thread, all in cache. C is float32 (m, n).
//   float32:  A (m, k) rows; B (k, n) rows.
//   bfloat16: A (m, k) rows; B in pairs: row j of B holds (B[2j][i], B[2j+1][i]) for i < n.
// n is a multiple of 16; of bfloat16 also m of 16 and k of 32. Strides: lda in elements of A, ldb and ldc in
// columns.
#pragma once

#include <cstdint>

#include "base/tensor.h"

namespace osu::cpu {

struct BlockOperands {
    int64_t m, n, k;
    const void* a;
    int64_t lda;
    const void* b;
    int64_t ldb;
    float* c;
    int64_t ldc;
    bool accumulate;
};

using BlockProduct = void (*)(const BlockOperands& operands);

// The element type that blocks of a matrix of `type` are multiplied in: bfloat16 where the CPU multiplies it.
DType block_type(DType type);
BlockProduct block_product(DType type);

// The three of them: Highway's float32, AVX-512 bfloat16, and AMX tiles.
void float_product(const BlockOperands& operands);
void pair_product(const BlockOperands& operands);
void tile_product(const BlockOperands& operands);

}  // namespace osu::cpu
