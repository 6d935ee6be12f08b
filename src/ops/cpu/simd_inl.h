// Vectors of float32 over memory of float32 or bfloat16, for the files that Highway compiles once a target.
// Rows of any length: for_vectors hands out full vectors and one shorter rest.
#if defined(OSU_OPS_CPU_SIMD_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef OSU_OPS_CPU_SIMD_INL_H_
#undef OSU_OPS_CPU_SIMD_INL_H_
#else
#define OSU_OPS_CPU_SIMD_INL_H_
#endif

#include <cstdint>
#include <cstring>

#include <hwy/highway.h>

#include "base/tensor.h"

HWY_BEFORE_NAMESPACE();
namespace osu::cpu::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using FloatTag = hn::ScalableTag<float>;
using IntTag = hn::Rebind<int32_t, FloatTag>;
using WordTag = hn::Rebind<uint32_t, FloatTag>;
using HalfTag = hn::Rebind<uint16_t, FloatTag>;
using Vector = hn::Vec<FloatTag>;
constexpr int64_t lanes = HWY_LANES(float);

HWY_INLINE Vector load(const float* p) {
    return hn::LoadU(FloatTag(), p);
}
HWY_INLINE Vector load(const BFloat16* p) {
    const auto words = hn::PromoteTo(WordTag(), hn::LoadU(HalfTag(), reinterpret_cast<const uint16_t*>(p)));
    return hn::BitCast(FloatTag(), hn::ShiftLeft<16>(words));
}
HWY_INLINE void store(Vector v, float* p) {
    hn::StoreU(v, FloatTag(), p);
}
// The upper halves, rounded to nearest even. Right for all numbers, infinities, and the NaNs that arithmetic
// makes.
HWY_INLINE hn::Vec<WordTag> round_to_bfloat16(Vector v) {
    const WordTag d;
    const auto bits = hn::BitCast(d, v);
    const auto odd = hn::And(hn::ShiftRight<16>(bits), hn::Set(d, 1u));
    return hn::ShiftRight<16>(hn::Add(bits, hn::Add(odd, hn::Set(d, 0x7fffu))));
}
HWY_INLINE void store_halves(hn::Vec<WordTag> halves, BFloat16* p) {
    hn::StoreU(hn::TruncateTo(HalfTag(), halves), HalfTag(), reinterpret_cast<uint16_t*>(p));
}
HWY_INLINE void store(Vector v, BFloat16* p) {
    store_halves(round_to_bfloat16(v), p);
}

// The first `count` lanes; the others are read as zero and not written.
template <class T>
HWY_INLINE Vector load(const T* p, int64_t count) {
    if (HWY_LIKELY(count == lanes)) return load(p);
    T part[lanes] = {};
    std::memcpy(part, p, static_cast<size_t>(count) * sizeof(T));
    return load(part);
}
template <class T>
HWY_INLINE void store(Vector v, T* p, int64_t count) {
    if (HWY_LIKELY(count == lanes)) return store(v, p);
    T part[lanes];
    store(v, part);
    std::memcpy(p, part, static_cast<size_t>(count) * sizeof(T));
}

// body(i, count) for pieces [i, i + count) of [0, n).
template <class Body>
HWY_INLINE void for_vectors(int64_t n, Body body) {
    int64_t i = 0;
    for (; i + lanes <= n; i += lanes) body(i, lanes);
    if (i < n) body(i, n - i);
}

HWY_INLINE float sum_of(Vector v) {
    return hn::GetLane(hn::SumOfLanes(FloatTag(), v));
}

constexpr float log2_e = 1.44269504f;

// 2^t within 2 ulp for t ≤ 127; exactly 0 below −96 (such a weight counts for nothing, and denormals are
// slow). NaN stays NaN.
HWY_INLINE Vector power_of_two(Vector t) {
    const FloatTag d;
    const auto tiny = hn::Lt(t, hn::Set(d, -96.0f));
    t = hn::Max(hn::Set(d, -96.0f), t);
    const auto magic =
        hn::Set(d, 12582912.0f);  // 1.5·2²³: the sum's lowest bits are the nearest integer to t
    const auto shifted = hn::Add(t, magic);
    const auto r = hn::Sub(t, hn::Sub(shifted, magic));
    auto p = hn::Set(d, 0.00132647271f);  // minimax on |r| ≤ 1/2, relative error 9e-8
    p = hn::MulAdd(p, r, hn::Set(d, 0.00967151264f));
    p = hn::MulAdd(p, r, hn::Set(d, 0.0555073374f));
    p = hn::MulAdd(p, r, hn::Set(d, 0.240222421f));
    p = hn::MulAdd(p, r, hn::Set(d, 0.693146978f));
    p = hn::MulAdd(p, r, hn::Set(d, 1.0f));
    const auto exponent = hn::ShiftLeft<23>(hn::BitCast(IntTag(), shifted));
    return hn::IfThenZeroElse(tiny, hn::BitCast(d, hn::Add(hn::BitCast(IntTag(), p), exponent)));
}

// 1 / (1 + 2^−t), which is sigmoid(x) for t = x·log2(e).
HWY_INLINE Vector sigmoid_of_log2(Vector t) {
    const FloatTag d;
    const auto e = power_of_two(hn::Min(hn::Set(d, 125.0f), hn::Neg(t)));  // in this order NaN passes
    const auto divisor = hn::Add(e, hn::Set(d, 1.0f));
    if constexpr (HWY_NATIVE_FMA) {
        const auto guess =
            hn::ApproximateReciprocal(divisor);  // 12 bits or more; one step of Newton doubles them
        return hn::Mul(guess, hn::NegMulAdd(divisor, guess, hn::Set(d, 2.0f)));
    }
    return hn::Div(hn::Set(d, 1.0f), divisor);  // the same bits on every machine, browsers among them
}

}  // namespace osu::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
