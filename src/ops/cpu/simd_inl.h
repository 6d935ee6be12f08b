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
// The upper halves, rounded to nearest even; NaN stays NaN.
HWY_INLINE hn::Vec<WordTag> round_to_bfloat16(Vector v) {
    const WordTag d;
    const auto bits = hn::BitCast(d, v);
    const auto odd = hn::And(hn::ShiftRight<16>(bits), hn::Set(d, 1u));
    const auto rounded = hn::Add(bits, hn::Add(odd, hn::Set(d, 0x7fffu)));
    const auto quiet = hn::Or(bits, hn::Set(d, 0x400000u));
    const auto nan = hn::RebindMask(d, hn::IsNaN(v));
    return hn::ShiftRight<16>(hn::IfThenElse(nan, quiet, rounded));
}
HWY_INLINE void store(Vector v, BFloat16* p) {
    const auto halves = hn::DemoteTo(HalfTag(), hn::BitCast(IntTag(), round_to_bfloat16(v)));
    hn::StoreU(halves, HalfTag(), reinterpret_cast<uint16_t*>(p));
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

// e^x within 2 ulp; exactly 0 below −64 (such a weight counts for nothing, and denormals are slow).
HWY_INLINE Vector exponential(Vector x) {
    const FloatTag d;
    const auto tiny = hn::Lt(x, hn::Set(d, -64.0f));
    x = hn::Max(hn::Set(d, -64.0f), hn::Min(hn::Set(d, 88.0f), x));  // in this order NaN passes
    const auto n = hn::Round(hn::Mul(x, hn::Set(d, 1.44269504f)));
    auto r = hn::NegMulAdd(n, hn::Set(d, 0.693359375f), x);
    r = hn::NegMulAdd(n, hn::Set(d, -2.12194440e-4f), r);
    auto p = hn::Set(d, 1.9875691e-4f);  // Cephes' polynomial of e^r on |r| ≤ ln(2)/2
    p = hn::MulAdd(p, r, hn::Set(d, 1.3981999e-3f));
    p = hn::MulAdd(p, r, hn::Set(d, 8.3334519e-3f));
    p = hn::MulAdd(p, r, hn::Set(d, 4.1665796e-2f));
    p = hn::MulAdd(p, r, hn::Set(d, 1.6666665e-1f));
    p = hn::MulAdd(p, r, hn::Set(d, 0.5f));
    p = hn::MulAdd(hn::Mul(p, r), r, hn::Add(r, hn::Set(d, 1.0f)));
    const auto exponent = hn::ShiftLeft<23>(hn::ConvertTo(IntTag(), n));
    const auto result = hn::BitCast(d, hn::Add(hn::BitCast(IntTag(), p), exponent));
    return hn::IfThenZeroElse(tiny, result);
}

HWY_INLINE Vector sigmoid(Vector x) {
    const auto one = hn::Set(FloatTag(), 1.0f);
    return hn::Div(one, hn::Add(one, exponential(hn::Neg(x))));
}

}  // namespace osu::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
