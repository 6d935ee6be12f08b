// ldmatrix and mma.sync.m16n8k16 as the PTX manual lays their operands out over a warp.
#include <cstring>

#include "base/tensor.h"
#include "support/cuda/cuda_runtime.h"

namespace osu::emulation {

namespace {

template <class T>
T brought(const std::byte* all, int lane) {
    T value;
    std::memcpy(&value, all + lane * exchange_stride, sizeof(value));
    return value;
}

float low(uint32_t word) {
    return std::bit_cast<float>(word << 16);
}
float high(uint32_t word) {
    return std::bit_cast<float>(word & 0xffff0000u);
}

}  // namespace

void load_matrices(const BFloat16* row, bool transposed, uint32_t (&words)[4]) {
    if (reinterpret_cast<uintptr_t>(row) % 16 != 0)
        broken("ldmatrix reads rows at multiples of 16 bytes", "not this");
    const std::byte* all = exchange(transposed ? "ldmatrix.trans" : "ldmatrix", &row, sizeof(row));
    const int lane = current_thread() % warp_size, outer = lane / 4, inner = lane % 4 * 2;
    for (int matrix = 0; matrix < 4; ++matrix) {
        const auto entry = [&](int i, int j) {
            return uint32_t{brought<const BFloat16*>(all, matrix * 8 + i)[j].bits};
        };
        words[matrix] = transposed ? entry(inner, outer) | entry(inner + 1, outer) << 16
                                   : entry(outer, inner) | entry(outer, inner + 1) << 16;
    }
}

void multiply(float (&c)[4], const uint32_t (&a)[4], uint32_t b0, uint32_t b1) {
    struct Operands {
        uint32_t a[4], b[2];
    };
    const Operands mine{{a[0], a[1], a[2], a[3]}, {b0, b1}};
    const std::byte* all = exchange("mma", &mine, sizeof(mine));
    const int lane = current_thread() % warp_size, group = lane / 4, pair = lane % 4;
    for (int i = 0; i < 4; ++i) {
        const int column = pair * 2 + i % 2;  // of B and C
        for (int half = 0; half < 2; ++half)
            for (int t = 0; t < 4; ++t) {
                const uint32_t left = brought<Operands>(all, group * 4 + t).a[half * 2 + i / 2];
                const uint32_t right = brought<Operands>(all, column * 4 + t).b[half];
                c[i] += low(left) * low(right) + high(left) * high(right);
            }
    }
}

}  // namespace osu::emulation
