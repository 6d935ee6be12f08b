// C = A·B (or C += A·B) for the small blocks of attention, on one thread, all in cache. C is float32 (m, n).
//   float32:  A (m, k) rows; B (k, n) rows.
//   bfloat16: A (m, k) rows, k even; B in pairs: row j of B holds (B[2j][i], B[2j+1][i]) for i < n.
// n is a multiple of 16; strides (lda in elements of A, ldb and ldc in columns) are at least as long as the
// rows.
#pragma once

#include <cstdint>

#include "base/tensor.h"

namespace osu::cpu {

using BlockProduct = void (*)(int64_t m, int64_t n, int64_t k, const void* a, int64_t lda, const void* b,
                              int64_t ldb, float* c, int64_t ldc, bool accumulate);

// The element type that blocks of a matrix of `type` are multiplied in: bfloat16 where the CPU multiplies it.
DType block_type(DType type);
BlockProduct block_product(DType type);

}  // namespace osu::cpu
