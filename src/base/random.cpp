// The float logarithm, sine and cosine are the Cephes polynomials that PyTorch's vectorised fill uses, with a
// fused multiply-add written out wherever its build has one: the same bits on every machine and for every
// compiler.
#include "base/random.h"

#include <bit>
#include <cassert>
#include <cmath>
#include <numbers>

namespace osu {

namespace {

float fused(float a, float b, float c) {
    return std::fma(a, b, c);
}

template <size_t n>
float polynomial(float x, const float (&coefficients)[n]) {
    float value = coefficients[0];
    for (size_t i = 1; i < n; ++i) value = fused(value, x, coefficients[i]);
    return value;
}

// Natural logarithm for normal x in (0, 1].
float log_float(float x) {
    constexpr float coefficients[] = {7.0376836292e-2f,  -1.1514610310e-1f, 1.1676998740e-1f,
                                      -1.2420140846e-1f, 1.4249322787e-1f,  -1.6668057665e-1f,
                                      2.0000714765e-1f,  -2.4999993993e-1f, 3.3333331174e-1f};
    const uint32_t bits = std::bit_cast<uint32_t>(x);
    float exponent = static_cast<float>(static_cast<int>(bits >> 23) - 126);
    x = std::bit_cast<float>((bits & 0x007fffffu) | 0x3f000000u);  // [0.5, 1)
    if (x < 0.707106781186547524f) {
        exponent -= 1;
        x = (x - 1) + x;
    } else {
        x -= 1;
    }
    const float square = x * x;
    float y = polynomial(x, coefficients) * x;
    y = fused(y, square, exponent * -2.12194440e-4f);  // ln 2 in two parts: 0.693359375 − 2.1219e-4
    y = fused(-0.5f, square, y);
    return fused(exponent, 0.693359375f, x + y);
}

struct SineCosine {
    float sine, cosine;
};

// For x in [0, 2π): reduced to [−π/4, π/4] by multiples of π/2, π/4 in three parts.
SineCosine sincos_float(float x) {
    constexpr float sine_coefficients[] = {-1.9515295891e-4f, 8.3321608736e-3f, -1.6666654611e-1f};
    constexpr float cosine_coefficients[] = {2.443315711809948e-5f, -1.388731625493765e-3f,
                                             4.166664568298827e-2f};
    const int octant = (static_cast<int>(x * 1.27323954473516f) + 1) & ~1;
    const float multiple = static_cast<float>(octant);
    x = fused(multiple, -0.78515625f, x);
    x = fused(multiple, -2.4187564849853515625e-4f, x);
    x = fused(multiple, -3.77489497744594108e-8f, x);
    const float square = x * x;
    float cosine = polynomial(square, cosine_coefficients) * square;
    cosine = fused(cosine, square, -(square * 0.5f)) + 1;
    const float sine = fused(polynomial(square, sine_coefficients) * square, x, x);
    switch (octant & 6) {
        case 0: return {sine, cosine};
        case 2: return {cosine, -sine};
        case 4: return {-sine, -cosine};
        default: return {-cosine, sine};
    }
}

// Two independent normal numbers from u in [0, 1) and v in [0, 1).
struct NormalPair {
    float first, second;
};
NormalPair box_muller(float u, float v) {
    const float radius = std::sqrt(-2 * log_float(1 - u));
    const auto [sine, cosine] = sincos_float(2 * std::numbers::pi_v<float> * v);
    return {radius * cosine, radius * sine};
}

float unit_float(uint32_t word) {
    return static_cast<float>(word & 0xffffffu) * 0x1p-24f;
}

}  // namespace

std::array<uint32_t, 4> philox4x32(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key) {
    for (int round = 0; round < 10; ++round) {
        const uint64_t a = uint64_t{0xd2511f53u} * counter[0], b = uint64_t{0xcd9e8d57u} * counter[2];
        counter = {static_cast<uint32_t>(b >> 32) ^ counter[1] ^ key[0], static_cast<uint32_t>(b),
                   static_cast<uint32_t>(a >> 32) ^ counter[3] ^ key[1], static_cast<uint32_t>(a)};
        key[0] += 0x9e3779b9u;
        key[1] += 0xbb67ae85u;
    }
    return counter;
}

uint32_t Philox::next_u32() {
    if (used_ == 4) {
        words_ = philox4x32({static_cast<uint32_t>(block_), static_cast<uint32_t>(block_ >> 32),
                             static_cast<uint32_t>(stream_), static_cast<uint32_t>(stream_ >> 32)},
                            {static_cast<uint32_t>(seed_), static_cast<uint32_t>(seed_ >> 32)});
        ++block_;
        used_ = 0;
    }
    return words_[used_++];
}

float Philox::uniform() {
    return unit_float(next_u32() >> 8);
}

uint64_t Philox::below(uint64_t bound) {
    assert(bound > 0);
    const uint64_t rejected =
        -bound % bound;  // 2⁶⁴ mod bound: the values that would favour the small remainders
    for (;;) {
        const uint64_t high = next_u32(), value = high << 32 | next_u32();
        if (value >= rejected) return value % bound;
    }
}

void Philox::fill_normal(std::span<float> out) {
    for (size_t i = 0; i < out.size(); i += 2) {
        const float u = uniform(), v = uniform();
        const auto [first, second] = box_muller(u, v);
        out[i] = first;
        if (i + 1 < out.size()) out[i + 1] = second;
    }
}

TorchRandom::TorchRandom(uint64_t seed) : engine_(static_cast<uint32_t>(seed)) {}

void TorchRandom::fill_uniform(std::span<float> out) {
    for (float& value : out) value = unit_float(engine_());
}

void TorchRandom::fill_below(int64_t bound, std::span<int64_t> out) {
    assert(bound > 0 && bound < (int64_t{1} << 32));
    for (int64_t& value : out) value = engine_() % static_cast<uint64_t>(bound);
}

double TorchRandom::unit_double() {
    const uint64_t high = engine_(), word = high << 32 | engine_();
    return static_cast<double>(word & ((uint64_t{1} << 53) - 1)) * 0x1p-53;
}

double TorchRandom::normal() {
    if (has_spare_) {
        has_spare_ = false;
        return spare_normal_;
    }
    const double angle = 2 * std::numbers::pi * unit_double();
    const double radius = std::sqrt(-2 * std::log1p(-unit_double()));
    spare_normal_ = radius * std::sin(angle);
    has_spare_ = true;
    return radius * std::cos(angle);
}

void TorchRandom::fill_normal(std::span<float> out) {
    constexpr size_t block = 16;  // eight pairs: u in the first half, v in the second
    if (out.size() < block) {
        for (float& value : out) value = static_cast<float>(normal());
        return;
    }
    const auto transform = [](float* values) {
        for (size_t i = 0; i < block / 2; ++i) {
            const auto [first, second] = box_muller(values[i], values[i + block / 2]);
            values[i] = first;
            values[i + block / 2] = second;
        }
    };
    fill_uniform(out);
    size_t done = 0;
    for (; done + block <= out.size(); done += block) transform(&out[done]);
    if (done < out.size()) {  // the last sixteen once more, from new draws
        fill_uniform(out.last(block));
        transform(&out[out.size() - block]);
    }
}

}  // namespace osu
