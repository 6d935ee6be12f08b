// The optimiser: AdamW and the exponential moving average in one pass over memory, and the norm for clipping.
#include <algorithm>
#include <vector>

#include "base/parallel.h"
#include "base/profile.h"
#include "ops/cpu/backend.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/cpu/adamw.cpp"
#include <hwy/foreach_target.h>  // compiles this file again for every target
#include <hwy/highway.h>

#include "ops/cpu/simd_inl.h"

#ifndef OSU_OPS_CPU_ADAMW_ONCE
#define OSU_OPS_CPU_ADAMW_ONCE
namespace osu::cpu {

struct AdamWArguments : AdamWArenas {
    AdamWFactors factors;
    float scale;  // of the gradients
};

}  // namespace osu::cpu
#endif

HWY_BEFORE_NAMESPACE();
namespace osu::cpu::HWY_NAMESPACE {

void adamw_piece(const AdamWArguments& a, int64_t first, int64_t count) {
    const FloatTag d;
    const AdamWFactors& f = a.factors;
    const auto beta1 = hn::Set(d, f.beta1), beta2 = hn::Set(d, f.beta2);
    const auto rest1 = hn::Set(d, f.rest1), rest2 = hn::Set(d, f.rest2);
    const auto decay = hn::Set(d, f.decay), fresh = hn::Set(d, f.fresh);
    const auto scale = hn::Set(d, a.scale), keep = hn::Set(d, f.keep), rate = hn::Set(d, f.rate);
    const auto denominator = hn::Set(d, f.denominator), epsilon = hn::Set(d, f.epsilon);
    for_vectors(count, [&](int64_t i, int64_t n) {
        const int64_t at = first + i;
        const auto g = hn::Mul(load(a.gradient + at, n), scale);
        const auto m = hn::MulAdd(load(a.exp_avg + at, n), beta1, hn::Mul(g, rest1));
        const auto v = hn::MulAdd(load(a.exp_avg_sq + at, n), beta2, hn::Mul(hn::Mul(g, g), rest2));
        const auto change = hn::Div(hn::Mul(m, rate), hn::MulAdd(hn::Sqrt(v), denominator, epsilon));
        const auto p = hn::Sub(hn::Mul(load(a.parameter + at, n), keep), change);
        store(m, a.exp_avg + at, n);
        store(v, a.exp_avg_sq + at, n);
        store(p, a.parameter + at, n);
        if (a.rounded) store(p, a.rounded + at, n);
        store(hn::MulAdd(load(a.ema + at, n), decay, hn::Mul(p, fresh)), a.ema + at, n);
    });
}

// Each of eight sums in float64 takes every eighth value or, Squares, its square. Plain loops, for not every
// target has vectors of float64; compilers make them of this where there are.
template <bool Squares>
double sum_piece(const float* values, int64_t count) {
    constexpr int64_t width = 8;
    double sums[width] = {};
    const auto add = [&](int64_t i, int64_t lane) {
        sums[lane] += double{values[i]} * (Squares ? double{values[i]} : 1);
    };
    int64_t i = 0;
    for (; i + width <= count; i += width)
        for (int64_t lane = 0; lane < width; ++lane) add(i + lane, lane);
    for (int64_t lane = 0; i < count; ++i, ++lane) add(i, lane);
    double total = 0;
    for (const double sum : sums) total += sum;
    return total;
}

double values_piece(const float* values, int64_t count) {
    return sum_piece<false>(values, count);
}
double squares_piece(const float* values, int64_t count) {
    return sum_piece<true>(values, count);
}

}  // namespace osu::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace osu::cpu {

HWY_EXPORT(adamw_piece);
HWY_EXPORT(values_piece);
HWY_EXPORT(squares_piece);

namespace {

constexpr int64_t piece = 1 << 15;

double sum_of_pieces(double (*sum_piece)(const float*, int64_t), const float* values, size_t n) {
    const auto count = static_cast<int64_t>(n);
    std::vector<double> sums(static_cast<size_t>((count + piece - 1) / piece));
    parallel_for(static_cast<int64_t>(sums.size()), [&](int64_t i) {
        sums[static_cast<size_t>(i)] = sum_piece(values + i * piece, std::min(piece, count - i * piece));
    });
    double total = 0;
    for (double sum : sums) total += sum;
    return total;
}

}  // namespace

void CpuBackend::adamw(const AdamWArenas& arenas, const AdamWFactors* factors, const StepTotals* totals) {
    const ProfileScope scope("adamw + ema");
    if (!is_finite(*totals)) return;
    const AdamWArguments arguments{arenas, *factors, gradient_scale(*factors, *totals)};
    const auto run = HWY_DYNAMIC_DISPATCH(adamw_piece);
    const auto count = static_cast<int64_t>(arenas.count);
    parallel_for((count + piece - 1) / piece,
                 [&](int64_t i) { run(arguments, i * piece, std::min(piece, count - i * piece)); });
}

void CpuBackend::sum(const float* values, size_t n, double* result) {
    *result = sum_of_pieces(HWY_DYNAMIC_DISPATCH(values_piece), values, n);
}

void CpuBackend::squared_norm(const float* values, size_t n, double* result) {
    const ProfileScope scope("gradient norm");
    *result = sum_of_pieces(HWY_DYNAMIC_DISPATCH(squares_piece), values, n);
}

}  // namespace osu::cpu
#endif
