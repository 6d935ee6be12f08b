// Sinusoidal features. Angles reach 10⁵ and more, so the reduction to a quarter turn is done in float64.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/parallel.h"
#include "base/profile.h"
#include "ops/cpu/backend.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/cpu/features.cpp"
#include <hwy/foreach_target.h>  // compiles this file again for every target
#include <hwy/highway.h>

#include "ops/cpu/simd_inl.h"

HWY_BEFORE_NAMESPACE();
namespace osu::cpu::HWY_NAMESPACE {

// Up to this the products below are exact enough; beyond it (and for infinities) the C library is asked.
constexpr float largest_angle = 1e8f;

#if HWY_HAVE_FLOAT64
using DoubleTag = hn::ScalableTag<double>;
constexpr int64_t double_lanes = HWY_LANES(double);

struct SineCosine {
    hn::Vec<DoubleTag> sine, cosine;
};

// Taylor on |r| ≤ π/4 in float64: the error is below 1e-10.
HWY_INLINE SineCosine sine_cosine(hn::Vec<DoubleTag> angle) {
    const DoubleTag d;
    const hn::Rebind<int64_t, DoubleTag> di;
    const auto turns = hn::Round(hn::Mul(angle, hn::Set(d, 0.6366197723675814)));  // quarter turns
    auto r = hn::NegMulAdd(turns, hn::Set(d, 1.5707963267341256), angle);          // π/2, upper 33 bits
    r = hn::NegMulAdd(turns, hn::Set(d, 6.077100506506192e-11), r);                // the rest
    const auto z = hn::Mul(r, r);
    auto s = hn::Set(d, 1.0 / 362880);
    s = hn::MulAdd(s, z, hn::Set(d, -1.0 / 5040));
    s = hn::MulAdd(s, z, hn::Set(d, 1.0 / 120));
    s = hn::MulAdd(s, z, hn::Set(d, -1.0 / 6));
    s = hn::MulAdd(hn::Mul(s, z), r, r);
    auto c = hn::Set(d, -1.0 / 3628800);
    c = hn::MulAdd(c, z, hn::Set(d, 1.0 / 40320));
    c = hn::MulAdd(c, z, hn::Set(d, -1.0 / 720));
    c = hn::MulAdd(c, z, hn::Set(d, 1.0 / 24));
    c = hn::MulAdd(c, z, hn::Set(d, -0.5));
    c = hn::MulAdd(c, z, hn::Set(d, 1.0));
    // turns mod 4 sits in the lowest bits of turns + 1.5·2⁵²
    const auto bits = hn::BitCast(di, hn::Add(turns, hn::Set(d, 6755399441055744.0)));
    const auto one = hn::Set(di, 1);
    const auto swap = hn::MaskFromVec(hn::BitCast(d, hn::Sub(hn::Zero(di), hn::And(bits, one))));
    const auto sine_sign = hn::BitCast(d, hn::ShiftLeft<62>(hn::And(bits, hn::Set(di, 2))));
    const auto cosine_sign = hn::BitCast(d, hn::ShiftLeft<62>(hn::And(hn::Add(bits, one), hn::Set(di, 2))));
    return {hn::Xor(hn::IfThenElse(swap, c, s), sine_sign), hn::Xor(hn::IfThenElse(swap, s, c), cosine_sign)};
}

// Of double_lanes angles.
HWY_INLINE void sines_and_cosines(const float* angle, float* sine, float* cosine) {
    const DoubleTag d;
    const hn::Rebind<float, DoubleTag> narrow;
    const auto result = sine_cosine(hn::PromoteTo(d, hn::Load(narrow, angle)));
    hn::Store(hn::DemoteTo(narrow, result.sine), narrow, sine);
    hn::Store(hn::DemoteTo(narrow, result.cosine), narrow, cosine);
}
#else  // the same, for targets whose vectors Highway gives no float64
constexpr int64_t double_lanes = 8;

inline void sines_and_cosines(const float* angle, float* sine, float* cosine) {
    for (int64_t i = 0; i < double_lanes; ++i) {
        const double turns = std::nearbyint(angle[i] * 0.6366197723675814);
        const double r = angle[i] - turns * 1.5707963267341256 - turns * 6.077100506506192e-11, z = r * r;
        const double s = r + r * z * (-1.0 / 6 + z * (1.0 / 120 + z * (-1.0 / 5040 + z * (1.0 / 362880))));
        const double c =
            1 + z * (-0.5 + z * (1.0 / 24 + z * (-1.0 / 720 + z * (1.0 / 40320 - z * (1.0 / 3628800)))));
        const double bits = turns + 6755399441055744.0;  // turns mod 4 sits in the lowest
        int64_t quarter;
        std::memcpy(&quarter, &bits, sizeof quarter);
        sine[i] = static_cast<float>((quarter & 2 ? -1 : 1) * (quarter & 1 ? c : s));
        cosine[i] = static_cast<float>(((quarter + 1) & 2 ? -1 : 1) * (quarter & 1 ? s : c));
    }
}
#endif

template <class T>
void features_row(float value, const float* frequencies, int64_t half, T* out) {
    alignas(64) float angle[double_lanes], sine[double_lanes], cosine[double_lanes];
    const auto put = [](float v, T& to) {
        if constexpr (sizeof(T) == 2)
            to = to_bfloat16(v);
        else
            to = v;
    };
    for (int64_t k = 0; k < half; k += double_lanes) {
        const int64_t count = std::min(double_lanes, half - k);
        for (int64_t i = 0; i < double_lanes; ++i) angle[i] = i < count ? value * frequencies[k + i] : 0.0f;
        sines_and_cosines(angle, sine, cosine);
        for (int64_t i = 0; i < count; ++i) {
            if (!(std::abs(angle[i]) <= largest_angle)) {
                sine[i] = static_cast<float>(std::sin(double{angle[i]}));
                cosine[i] = static_cast<float>(std::cos(double{angle[i]}));
            }
            put(cosine[i], out[k + i]);
            put(sine[i], out[half + k + i]);
        }
    }
}

void features_rows(const float* values, float scale, const float* frequencies, const Matrix& out,
                   int64_t first, int64_t last) {
    for (int64_t n = first; n < last; ++n) {
        const float value = values[n] * scale;
        if (out.type == DType::bf16)
            features_row(value, frequencies, out.cols / 2, out.bf16() + n * out.stride);
        else
            features_row(value, frequencies, out.cols / 2, out.f32() + n * out.stride);
    }
}

}  // namespace osu::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace osu::cpu {

HWY_EXPORT(features_rows);

void CpuBackend::sinusoidal_features(std::span<const float> values, float scale, Matrix out) {
    const ProfileScope scope("features");
    const auto frequencies = sinusoid_frequencies(out.cols / 2);
    const auto run = HWY_DYNAMIC_DISPATCH(features_rows);
    constexpr int64_t piece = 16;
    parallel_for((out.rows + piece - 1) / piece, [&](int64_t i) {
        run(values.data(), scale, frequencies.data(), out, i * piece, std::min(out.rows, (i + 1) * piece));
    });
}

}  // namespace osu::cpu
#endif
