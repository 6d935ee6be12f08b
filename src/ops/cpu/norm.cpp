// Residual, LayerNorm and modulation in one pass over a row that stays in the cache, and the backward of all
// three.
#include <algorithm>
#include <cassert>
#include <cmath>

#include "base/parallel.h"
#include "base/profile.h"
#include "ops/cpu/backend.h"
#include "ops/cpu/memory.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/cpu/norm.cpp"
#include <hwy/foreach_target.h>  // compiles this file again for every target
#include <hwy/highway.h>

#include "ops/cpu/simd_inl.h"

#ifndef OSU_OPS_CPU_NORM_ONCE
#define OSU_OPS_CPU_NORM_ONCE
namespace osu::cpu {

struct NormForward : ResidualNorm {
    Matrix x, y;
    int64_t tokens;  // rows that share a row of gate, shift and scale
};

struct NormBackward : ResidualNorm {
    Matrix dy, dx, d_branch;
    int64_t tokens;
};

}  // namespace osu::cpu
#endif

HWY_BEFORE_NAMESPACE();
namespace osu::cpu::HWY_NAMESPACE {

template <class T>
HWY_INLINE T* row_of(const Matrix& m, int64_t row) {
    return static_cast<T*>(m.data) + row * m.stride;
}

template <class T>
void norm_row(const NormForward& a, int64_t n) {
    const FloatTag d;
    const int64_t h = a.x.cols, b = n / a.tokens;
    const float* x = row_of<float>(a.x, n);
    float* x_out = row_of<float>(a.x_out, n);
    auto total = hn::Zero(d);
    if (a.added) {
        const T* branch = row_of<T>(a.added.branch, n);
        const float* gate = row_of<float>(a.added.gate, b);
        for_vectors(h, [&](int64_t i, int64_t count) {
            const auto v = hn::MulAdd(load(gate + i, count), load(branch + i, count), load(x + i, count));
            store(v, x_out + i, count);
            total = hn::Add(total, v);
        });
    } else {
        for_vectors(h, [&](int64_t i, int64_t count) {
            const auto v = load(x + i, count);
            if (x != x_out) store(v, x_out + i, count);
            total = hn::Add(total, v);
        });
    }
    if (!a.y) return;
    const float mean = sum_of(total) / static_cast<float>(h);
    const auto means = hn::Set(d, mean);
    auto squares = hn::Zero(d);
    for_vectors(h, [&](int64_t i, int64_t count) {
        auto centred = hn::Sub(load(x_out + i, count), means);
        if (count < lanes) centred = hn::IfThenElseZero(hn::FirstN(d, static_cast<size_t>(count)), centred);
        squares = hn::MulAdd(centred, centred, squares);
    });
    const float rstd = 1 / std::sqrt(sum_of(squares) / static_cast<float>(h) + 1e-6f);
    if (a.statistics.mean) a.statistics.mean[n] = mean;
    if (a.statistics.rstd) a.statistics.rstd[n] = rstd;
    const auto scales = hn::Set(d, rstd);
    const float *shift = row_of<float>(a.modulation.shift, b), *scale = row_of<float>(a.modulation.scale, b);
    T* y = row_of<T>(a.y, n);
    for_vectors(h, [&](int64_t i, int64_t count) {
        const auto normal = hn::Mul(hn::Sub(load(x_out + i, count), means), scales);
        const auto scaled = hn::MulAdd(normal, load(scale + i, count), normal);
        store(hn::Add(scaled, load(shift + i, count)), y + i, count);
    });
}

void norm_rows(const NormForward& a, int64_t first, int64_t last) {
    const bool narrow = (a.added ? a.added.branch : a.y).type == DType::bf16;
    for (int64_t n = first; n < last; ++n) narrow ? norm_row<BFloat16>(a, n) : norm_row<float>(a, n);
}

// Adds the row's share of the gradients of shift, scale and gate to sums[0, h), [h, 2h), [2h, 3h).
template <class T>
void norm_backward_row(const NormBackward& a, int64_t n, float* sums) {
    const FloatTag d;
    const int64_t h = a.dx.cols, b = n / a.tokens;
    const float* x_out = row_of<float>(a.x_out, n);
    const float* scale = row_of<float>(a.modulation.scale, b);
    const T* dy = row_of<T>(a.dy, n);
    float* dx = row_of<float>(a.dx, n);
    const auto mean = hn::Set(d, a.statistics.mean[n]), rstd = hn::Set(d, a.statistics.rstd[n]);
    auto total = hn::Zero(d), dot = hn::Zero(d);
    float *d_shift = sums, *d_scale = sums + h, *d_gate = sums + 2 * h;
    for_vectors(h, [&](int64_t i, int64_t count) {
        const auto gradient = load(dy + i, count);
        const auto normal = hn::Mul(hn::Sub(load(x_out + i, count), mean), rstd);
        const auto d_normal = hn::MulAdd(gradient, load(scale + i, count), gradient);
        store(hn::Add(load(d_shift + i, count), gradient), d_shift + i, count);
        store(hn::MulAdd(gradient, normal, load(d_scale + i, count)), d_scale + i, count);
        total = hn::Add(total, d_normal);
        dot = hn::MulAdd(d_normal, normal, dot);
    });
    const auto mean_gradient = hn::Set(d, sum_of(total) / static_cast<float>(h));
    const auto mean_dot = hn::Set(d, sum_of(dot) / static_cast<float>(h));
    const auto whole = [&](int64_t i, int64_t count) HWY_ATTR {
        const auto gradient = load(dy + i, count);
        const auto normal = hn::Mul(hn::Sub(load(x_out + i, count), mean), rstd);
        const auto d_normal = hn::MulAdd(gradient, load(scale + i, count), gradient);
        const auto centred = hn::Sub(hn::NegMulAdd(normal, mean_dot, d_normal), mean_gradient);
        const auto result = hn::MulAdd(centred, rstd, load(dx + i, count));
        store(result, dx + i, count);
        return result;
    };
    if (!a.added) return for_vectors(h, [&](int64_t i, int64_t count) { whole(i, count); });
    const float* gate = row_of<float>(a.added.gate, b);
    const T* branch = row_of<T>(a.added.branch, n);
    T* d_branch = row_of<T>(a.d_branch, n);
    for_vectors(h, [&](int64_t i, int64_t count) {
        const auto result = whole(i, count);
        store(hn::MulAdd(result, load(branch + i, count), load(d_gate + i, count)), d_gate + i, count);
        store(hn::Mul(result, load(gate + i, count)), d_branch + i, count);
    });
}

void norm_backward_rows(const NormBackward& a, int64_t first, int64_t last, float* sums) {
    for (int64_t n = first; n < last; ++n)
        a.dy.type == DType::bf16 ? norm_backward_row<BFloat16>(a, n, sums)
                                 : norm_backward_row<float>(a, n, sums);
}

}  // namespace osu::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace osu::cpu {

HWY_EXPORT(norm_rows);
HWY_EXPORT(norm_backward_rows);

void CpuBackend::residual_norm(const ResidualNorm& norm, Matrix x, Matrix y) {
    const ProfileScope scope("residual + norm");
    const auto& [added, modulation, x_out, statistics] = norm;
    if (!x.rows || !(added || y || x.data != x_out.data)) return;
    assert(!added || !y || added.branch.type == y.type);
    const int64_t batch = std::max<int64_t>(1, y ? modulation.shift.rows : added.gate.rows);
    assert(x.rows % batch == 0);
    const NormForward arguments{norm, x, y, x.rows / batch};
    constexpr int64_t piece = 16;
    const auto run = HWY_DYNAMIC_DISPATCH(norm_rows);
    parallel_for((x.rows + piece - 1) / piece,
                 [&](int64_t i) { run(arguments, i * piece, std::min(x.rows, (i + 1) * piece)); });
}

// Rows are summed in pieces of fixed size, the pieces in their order: no thread count changes a bit.
void CpuBackend::residual_norm_backward(const ResidualNorm& norm, Matrix dy, Matrix dx, GatedBranch d_added,
                                        Modulation d_modulation) {
    const ProfileScope scope("residual + norm backward");
    const int64_t h = dx.cols, batch = norm.modulation.scale.rows, tokens = dy.rows / batch;
    assert(dy && dy.rows % batch == 0);
    const NormBackward arguments{norm, dy, dx, d_added.branch, tokens};
    constexpr int64_t piece = 32;
    const int64_t pieces = (tokens + piece - 1) / piece;
    thread_local Scratch scratch;
    float* partial = scratch.get<float>(static_cast<size_t>(batch * pieces * 3 * h));
    const auto run = HWY_DYNAMIC_DISPATCH(norm_backward_rows);
    parallel_for(batch * pieces, [&](int64_t i) {
        const int64_t b = i / pieces, first = i % pieces * piece;
        float* sums = partial + i * 3 * h;
        std::fill_n(sums, 3 * h, 0.0f);
        run(arguments, b * tokens + first, b * tokens + std::min(tokens, first + piece), sums);
    });
    const Matrix targets[] = {d_modulation.shift, d_modulation.scale, d_added.gate};
    parallel_for(batch * (norm.added ? 3 : 2), [&](int64_t i) {
        const int64_t b = i % batch, which = i / batch;
        float* to = targets[which].f32() + b * targets[which].stride;
        std::fill_n(to, h, 0.0f);
        for (int64_t p = 0; p < pieces; ++p) {
            const float* from = partial + ((b * pieces + p) * 3 + which) * h;
            for (int64_t j = 0; j < h; ++j) to[j] += from[j];
        }
    });
}

}  // namespace osu::cpu
#endif
