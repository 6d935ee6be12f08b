// Loops without a partner: casts, GELU, SiLU, column sums, one-hot rows, table look-ups.
#include <algorithm>
#include <cassert>
#include <cstring>

#include "base/parallel.h"
#include "base/profile.h"
#include "ops/cpu/backend.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/cpu/elementwise.cpp"
#include <hwy/foreach_target.h>  // compiles this file again for every target
#include <hwy/highway.h>

#include "ops/cpu/simd_inl.h"

#ifndef OSU_OPS_CPU_ELEMENTWISE_ONCE
#define OSU_OPS_CPU_ELEMENTWISE_ONCE
namespace osu::cpu {
enum class Map { cast, gelu, gelu_backward, silu, silu_backward };
}
#endif

HWY_BEFORE_NAMESPACE();
namespace osu::cpu::HWY_NAMESPACE {

// gelu_tanh(x) = x·sigmoid(2u), u = √(2/π)·(x + 0.044715·x³)
constexpr float gelu_linear = 2 * 0.7978845608f, gelu_cubic = gelu_linear * 0.044715f;

HWY_INLINE Vector gelu_sigmoid(Vector x, Vector square) {
    const FloatTag d;
    const auto slope = hn::MulAdd(square, hn::Set(d, log2_e * gelu_cubic), hn::Set(d, log2_e * gelu_linear));
    return sigmoid_of_log2(hn::Mul(x, slope));
}

HWY_INLINE Vector gelu_derivative(Vector x) {
    const FloatTag d;
    const auto square = hn::Mul(x, x);
    const auto s = gelu_sigmoid(x, square);
    const auto slope = hn::MulAdd(square, hn::Set(d, 3 * gelu_cubic), hn::Set(d, gelu_linear));
    return hn::MulAdd(hn::Mul(x, slope), hn::NegMulAdd(s, s, s), s);
}

HWY_INLINE Vector sigmoid(Vector x) {
    return sigmoid_of_log2(hn::Mul(x, hn::Set(FloatTag(), log2_e)));
}

HWY_INLINE Vector silu_derivative(Vector x) {
    const auto s = sigmoid(x);
    return hn::MulAdd(x, hn::NegMulAdd(s, s, s), s);
}

// A NaN whose upper bits are all ones would round to −0: make its mantissa one that does not.
HWY_INLINE Vector tame_nan(Vector x) {
    const WordTag d;
    const auto tamed = hn::And(hn::BitCast(d, x), hn::Set(d, 0xffff0000u));
    const auto quiet = hn::Or(tamed, hn::Set(d, 0x400000u));
    return hn::IfThenElse(hn::IsNaN(x), hn::BitCast(FloatTag(), quiet), x);
}

// Calls body with null pointers of the element types of both matrices.
template <class Body>
void with_types(const Matrix& a, const Matrix& b, Body body) {
    const bool narrow_a = a.type == DType::bf16, narrow_b = b.type == DType::bf16;
    if (narrow_a && narrow_b) body(static_cast<BFloat16*>(nullptr), static_cast<BFloat16*>(nullptr));
    if (narrow_a && !narrow_b) body(static_cast<BFloat16*>(nullptr), static_cast<float*>(nullptr));
    if (!narrow_a && narrow_b) body(static_cast<float*>(nullptr), static_cast<BFloat16*>(nullptr));
    if (!narrow_a && !narrow_b) body(static_cast<float*>(nullptr), static_cast<float*>(nullptr));
}

template <class T>
HWY_INLINE T* at(const Matrix& m, int64_t row, int64_t col) {
    return static_cast<T*>(m.data) + row * m.stride + col;
}

// out = function(a)
template <class Function>
void map_row(const Matrix& a, const Matrix& out, int64_t row, int64_t first, int64_t count,
             Function function) {
    with_types(a, out, [&](auto* a_type, auto* out_type) {
        using A = std::remove_pointer_t<decltype(a_type)>;
        using Out = std::remove_pointer_t<decltype(out_type)>;
        const A* from = at<A>(a, row, first);
        Out* to = at<Out>(out, row, first);
        for_vectors(count, [&](int64_t i, int64_t n) { store(function(load(from + i, n)), to + i, n); });
    });
}

// out = a·function(b); b has the type of a, or is float32
template <class B, class Function>
void multiply_row(const Matrix& a, const Matrix& b, const Matrix& out, int64_t row, int64_t first,
                  int64_t count, Function function) {
    with_types(a, out, [&](auto* a_type, auto* out_type) {
        using A = std::remove_pointer_t<decltype(a_type)>;
        using Out = std::remove_pointer_t<decltype(out_type)>;
        const A* factor = at<A>(a, row, first);
        const B* argument = at<B>(b, row, first);
        Out* to = at<Out>(out, row, first);
        for_vectors(count, [&](int64_t i, int64_t n) {
            store(hn::Mul(load(factor + i, n), function(load(argument + i, n))), to + i, n);
        });
    });
}

// Columns [first, first + count) of a row.
void map_piece(Map map, const Matrix& a, const Matrix& b, const Matrix& out, int64_t row, int64_t first,
               int64_t count) {
    const auto derivative = [](auto x) HWY_ATTR { return gelu_derivative(x); };
    switch (map) {
        case Map::cast:
            return map_row(a, out, row, first, count, [](auto x) HWY_ATTR { return tame_nan(x); });
        case Map::gelu:
            return map_row(a, out, row, first, count,
                           [](auto x) HWY_ATTR { return hn::Mul(x, gelu_sigmoid(x, hn::Mul(x, x))); });
        case Map::silu:
            return map_row(a, out, row, first, count, [](auto x) HWY_ATTR { return hn::Mul(x, sigmoid(x)); });
        case Map::gelu_backward:
            if (b.type == DType::bf16)
                return multiply_row<BFloat16>(a, b, out, row, first, count, derivative);
            return multiply_row<float>(a, b, out, row, first, count, derivative);
        case Map::silu_backward:
            return multiply_row<float>(a, b, out, row, first, count,
                                       [](auto x) HWY_ATTR { return silu_derivative(x); });
    }
}

// sums[0…count) += (or, not `add`, =) the column sums of the columns from `first`.
void sum_columns(const Matrix& m, int64_t first, int64_t count, float* sums, bool add) {
    const auto run = [&](auto* type) {
        using T = std::remove_pointer_t<decltype(type)>;
        alignas(64) float total[256] = {};
        for (int64_t row = 0; row < m.rows; ++row) {
            const T* from = at<T>(m, row, first);
            for_vectors(count, [&](int64_t i, int64_t n) {
                store(hn::Add(load(total + i, n), load(from + i, n)), total + i, n);
            });
        }
        for (int64_t i = 0; i < count; ++i) sums[i] = add ? sums[i] + total[i] : total[i];
    };
    if (m.type == DType::bf16) return run(static_cast<BFloat16*>(nullptr));
    run(static_cast<float*>(nullptr));
}

}  // namespace osu::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace osu::cpu {

HWY_EXPORT(map_piece);
HWY_EXPORT(sum_columns);

namespace {

void map_matrix(Map map, const Matrix& a, const Matrix& b, const Matrix& out) {
    assert(a.rows == out.rows && a.cols == out.cols);
    constexpr int64_t piece = 4096;
    const int64_t pieces = (out.cols + piece - 1) / piece;
    const auto run = HWY_DYNAMIC_DISPATCH(map_piece);
    parallel_for(out.rows * pieces, [&](int64_t i) {
        const int64_t first = i % pieces * piece;
        run(map, a, b, out, i / pieces, first, std::min(piece, out.cols - first));
    });
}

}  // namespace

void convert(Matrix x, Matrix y) {
    map_matrix(Map::cast, x, {}, y);
}

void gelu(Matrix pre, Matrix y) {
    map_matrix(Map::gelu, pre, {}, y);
}

void gelu_backward(Matrix dy, Matrix pre, Matrix d_pre) {
    map_matrix(Map::gelu_backward, dy, pre, d_pre);
}

void CpuBackend::cast(Matrix x, Matrix y) {
    const ProfileScope scope("casts, silu");
    convert(x, y);
}

void CpuBackend::silu(Matrix x, Matrix y) {
    const ProfileScope scope("casts, silu");
    assert(x.type == DType::f32);
    map_matrix(Map::silu, x, {}, y);
}

void CpuBackend::silu_backward(Matrix x, Matrix dy, Matrix dx) {
    const ProfileScope scope("casts, silu");
    assert(x.type == DType::f32);
    map_matrix(Map::silu_backward, dy, x, dx);
}

void column_sums(Matrix dy, float* sums, bool add) {
    constexpr int64_t strip = 128;
    const auto run = HWY_DYNAMIC_DISPATCH(sum_columns);
    parallel_for((dy.cols + strip - 1) / strip, [&](int64_t i) {
        const int64_t first = i * strip;
        run(dy, first, std::min(strip, dy.cols - first), sums + first, add);
    });
}

void CpuBackend::one_hot(std::span<const uint8_t> index, Matrix out) {
    const size_t size = size_of(out.type);
    parallel_for(out.rows, [&](int64_t n) {
        auto* row = static_cast<std::byte*>(out.data) + static_cast<size_t>(n * out.stride) * size;
        std::memset(row, 0, static_cast<size_t>(out.cols) * size);
        const int64_t k = index[static_cast<size_t>(n)];
        if (k >= out.cols) return;
        if (out.type == DType::bf16)
            reinterpret_cast<BFloat16*>(row)[k] = to_bfloat16(1);
        else
            reinterpret_cast<float*>(row)[k] = 1;
    });
}

void CpuBackend::lookup_add(const float* table, std::span<const int32_t> index, Matrix out) {
    parallel_for(out.rows, [&](int64_t n) {
        const float* from = table + index[static_cast<size_t>(n)] * out.cols;
        float* to = out.f32() + n * out.stride;
        for (int64_t i = 0; i < out.cols; ++i) to[i] += from[i];
    });
}

// Two rows may have the same index, so threads share the columns, not the rows.
void CpuBackend::lookup_backward(Matrix dy, std::span<const int32_t> index, float* d_table) {
    constexpr int64_t strip = 64;
    parallel_for((dy.cols + strip - 1) / strip, [&](int64_t s) {
        const int64_t last = std::min(dy.cols, (s + 1) * strip);
        for (int64_t n = 0; n < dy.rows; ++n) {
            float* to = d_table + index[static_cast<size_t>(n)] * dy.cols;
            for (int64_t i = s * strip; i < last; ++i) to[i] += dy.f32()[n * dy.stride + i];
        }
    });
}

void CpuBackend::gather_rows(const float* table, std::span<const int32_t> index, Matrix rows) {
    parallel_for(rows.rows, [&](int64_t n) {
        const int64_t at = index[static_cast<size_t>(n)];
        float* to = rows.f32() + n * rows.stride;
        if (at < 0)
            std::fill_n(to, rows.cols, 0.0f);
        else
            std::copy_n(table + at * rows.cols, rows.cols, to);
    });
}

void CpuBackend::scatter_rows(Matrix rows, std::span<const int32_t> index, float* table) {
    parallel_for(rows.rows, [&](int64_t n) {
        const int64_t at = index[static_cast<size_t>(n)];
        if (at >= 0) std::copy_n(rows.f32() + n * rows.stride, rows.cols, table + at * rows.cols);
    });
}

}  // namespace osu::cpu
#endif
