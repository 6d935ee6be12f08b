// Element types, bfloat16, and read-only views of named tensors as files hold them.
#pragma once

#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace osu {

enum class DType : uint8_t { f32, f64, f16, bf16, i8, u8, i16, i32, i64, boolean };

size_t size_of(DType type);            // bytes of one element
std::string_view name_of(DType type);  // "f32", "bf16", …

// The upper half of a float32; arithmetic happens in float32.
struct BFloat16 {
    uint16_t bits;
};

inline float to_float(BFloat16 value) {
    return std::bit_cast<float>(uint32_t{value.bits} << 16);
}

// Rounds to nearest, ties to even; NaN stays NaN.
inline BFloat16 to_bfloat16(float value) {
    const uint32_t bits = std::bit_cast<uint32_t>(value);
    if ((bits & 0x7fffffffu) > 0x7f800000u) return {static_cast<uint16_t>((bits >> 16) | 0x40u)};
    return {static_cast<uint16_t>((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16)};
}

float half_to_float(uint16_t bits);  // IEEE float16

using Shape = std::vector<int64_t>;
int64_t element_count(const Shape& shape);

// A contiguous, row-major tensor in somebody else's memory, as archives hand it out.
struct TensorView {
    DType type = DType::f32;
    Shape shape;
    std::span<const std::byte> bytes;  // element_count(shape) · size_of(type); perhaps not aligned

    // The elements as T, for aligned storage of that very type.
    template <class T>
    std::span<const T> as() const {
        assert(bytes.size() % sizeof(T) == 0 && reinterpret_cast<uintptr_t>(bytes.data()) % alignof(T) == 0);
        return {reinterpret_cast<const T*>(bytes.data()), bytes.size() / sizeof(T)};
    }
};

// Tensors by their name in a state dict.
using TensorMap = std::map<std::string, TensorView, std::less<>>;

// The elements of a tensor of any type, converted to float32; into `out`, whose memory is used again.
std::vector<float> to_floats(const TensorView& tensor);
void to_floats(const TensorView& tensor, std::vector<float>& out);

}  // namespace osu
