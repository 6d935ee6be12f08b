#include "base/tensor.h"

#include <cmath>
#include <cstring>
#include <limits>

namespace osu {

size_t size_of(DType type) {
    switch (type) {
        case DType::f64:
        case DType::i64: return 8;
        case DType::f32:
        case DType::i32: return 4;
        case DType::f16:
        case DType::bf16:
        case DType::i16: return 2;
        case DType::i8:
        case DType::u8:
        case DType::boolean: return 1;
    }
    return 0;
}

std::string_view name_of(DType type) {
    constexpr std::string_view names[] = {"f32", "f64", "f16", "bf16", "i8",
                                          "u8",  "i16", "i32", "i64",  "bool"};
    return names[static_cast<size_t>(type)];
}

float half_to_float(uint16_t bits) {
    const int exponent = (bits >> 10) & 0x1f;
    const int mantissa = bits & 0x3ff;
    const float sign = (bits & 0x8000) ? -1.0f : 1.0f;
    if (exponent == 31)
        return mantissa ? std::numeric_limits<float>::quiet_NaN()
                        : sign * std::numeric_limits<float>::infinity();
    if (exponent == 0) return sign * std::ldexp(static_cast<float>(mantissa), -24);
    return sign * std::ldexp(static_cast<float>(mantissa + 1024), exponent - 25);
}

int64_t element_count(const Shape& shape) {
    int64_t count = 1;
    for (int64_t size : shape) count *= size;
    return count;
}

namespace {

template <class T, class Convert>
void convert_all(const TensorView& tensor, std::vector<float>& out, Convert convert) {
    for (size_t i = 0; i < out.size(); ++i) {
        T value;
        std::memcpy(&value, tensor.bytes.data() + i * sizeof(T), sizeof(T));
        out[i] = convert(value);
    }
}

}  // namespace

std::vector<float> to_floats(const TensorView& tensor) {
    std::vector<float> out;
    to_floats(tensor, out);
    return out;
}

void to_floats(const TensorView& tensor, std::vector<float>& out) {
    out.resize(tensor.bytes.size() / size_of(tensor.type));
    const auto plain = [](auto value) { return static_cast<float>(value); };
    switch (tensor.type) {
        case DType::f32: convert_all<float>(tensor, out, plain); break;
        case DType::f64: convert_all<double>(tensor, out, plain); break;
        case DType::f16: convert_all<uint16_t>(tensor, out, half_to_float); break;
        case DType::bf16: convert_all<BFloat16>(tensor, out, to_float); break;
        case DType::i8: convert_all<int8_t>(tensor, out, plain); break;
        case DType::u8:
        case DType::boolean: convert_all<uint8_t>(tensor, out, plain); break;
        case DType::i16: convert_all<int16_t>(tensor, out, plain); break;
        case DType::i32: convert_all<int32_t>(tensor, out, plain); break;
        case DType::i64: convert_all<int64_t>(tensor, out, plain); break;
    }
}

}  // namespace osu
