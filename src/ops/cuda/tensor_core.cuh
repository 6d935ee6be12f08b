// Products of small bfloat16 tiles by a warp's tensor cores (mma.sync.m16n8k16): C += A·B with float32 sums.
//
// A lane holds of A (16, 16) the pairs (row g, columns 2t, 2t + 1), (g + 8, ·), (g, · + 8), (g + 8, · + 8) as
// four words; of B (16, 8) the pairs (rows 2t, 2t + 1; column g), (rows + 8); of C (16, 8) the entries (g,
// 2t), (g, 2t + 1), (g + 8, 2t), (g + 8, 2t + 1); g = lane / 4, t = lane % 4. So a C of one product, rounded,
// is an A of the next.
#pragma once

#include "ops/cuda/language.cuh"

namespace osu::cuda {

struct Fragment {
    uint32_t word[4];
};

__device__ inline int lane_group() {
    return static_cast<int>(threadIdx.x) % warp_lanes / 4;
}
__device__ inline int lane_pair() {
    return static_cast<int>(threadIdx.x) % 4 * 2;
}

// Four 8×8 matrices, of which lane i names row i % 8 of matrix i / 8 (16 aligned bytes). Lane i gets of each
// the pair (row i / 4; columns 2·(i % 4), + 1), or with Transposed the pair (rows 2·(i % 4), + 1; column i /
// 4).
template <bool Transposed>
__device__ Fragment load_matrices(const BFloat16* row) {
    Fragment f;
#ifdef __CUDACC__
    const auto address = static_cast<uint32_t>(__cvta_generic_to_shared(row));
    if constexpr (Transposed)
        asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
                     : "=r"(f.word[0]), "=r"(f.word[1]), "=r"(f.word[2]), "=r"(f.word[3])
                     : "r"(address)
                     : "memory");
    else
        asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                     : "=r"(f.word[0]), "=r"(f.word[1]), "=r"(f.word[2]), "=r"(f.word[3])
                     : "r"(address)
                     : "memory");
#else
    emulation::load_matrices(row, Transposed, f.word);
#endif
    return f;
}

__device__ inline void multiply(float (&c)[4], const Fragment& a, uint32_t b0, uint32_t b1) {
#ifdef __CUDACC__
    asm volatile(
        "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
        "{%0, %1, %2, %3};"
        : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
        : "r"(a.word[0]), "r"(a.word[1]), "r"(a.word[2]), "r"(a.word[3]), "r"(b0), "r"(b1));
#else
    emulation::multiply(c, a.word, b0, b1);
#endif
}

// A tile in shared memory: Rows of Size bfloat16, the columns behind HeadSize zero. The rows lie an odd
// number of 16 bytes apart, so that eight of them meet no bank twice.
template <int Rows, int HeadSize>
struct Tile {
    static constexpr int size = (HeadSize + 15) / 16 * 16;
    static constexpr int stride = size + 8;
    alignas(16) BFloat16 data[Rows * stride];

    // Rows first, first + 1, … of `from`; zero from row `end` on.
    __device__ void fill(const View<const BFloat16>& from, int64_t first, int64_t end) {
        constexpr int pieces = size / 8;
        for (int i = static_cast<int>(threadIdx.x); i < Rows * pieces; i += static_cast<int>(blockDim.x)) {
            const int row = i / pieces, column = i % pieces * 8;
            uint4 value = {0, 0, 0, 0};
            if (first + row < end && column < HeadSize)
                value = *reinterpret_cast<const uint4*>(from.row(first + row) + column);
            *reinterpret_cast<uint4*>(data + row * stride + column) = value;
        }
    }

    // Its 16 rows from `row` on as fragments of A.
    __device__ void fragments(int row, Fragment (&a)[size / 16]) const {
        const int lane = static_cast<int>(threadIdx.x) % warp_lanes;
#pragma unroll
        for (int k = 0; k < size / 16; ++k)
            a[k] = load_matrices<false>(data + (row + lane % 16) * stride + k * 16 + lane / 16 * 8);
    }
};

// c (16, Rows) += a (16, size)·tileᵀ
template <int Rows, int HeadSize>
__device__ void add_transposed_product(float (&c)[Rows / 8][4],
                                       const Fragment (&a)[Tile<Rows, HeadSize>::size / 16],
                                       const Tile<Rows, HeadSize>& tile) {
    using T = Tile<Rows, HeadSize>;
    const int lane = static_cast<int>(threadIdx.x) % warp_lanes, matrix = lane / 8;
#pragma unroll
    for (int k = 0; k < T::size / 16; ++k)
#pragma unroll
        for (int n = 0; n < Rows / 16; ++n) {
            const int row = n * 16 + matrix / 2 * 8 + lane % 8, column = k * 16 + matrix % 2 * 8;
            const Fragment b = load_matrices<false>(tile.data + row * T::stride + column);
            multiply(c[2 * n], a[k], b.word[0], b.word[1]);
            multiply(c[2 * n + 1], a[k], b.word[2], b.word[3]);
        }
}

// c (16, size) += a (16, Rows)·tile
template <int Rows, int HeadSize>
__device__ void add_product(float (&c)[Tile<Rows, HeadSize>::size / 8][4], const Fragment (&a)[Rows / 16],
                            const Tile<Rows, HeadSize>& tile) {
    using T = Tile<Rows, HeadSize>;
    const int lane = static_cast<int>(threadIdx.x) % warp_lanes, matrix = lane / 8;
#pragma unroll
    for (int k = 0; k < Rows / 16; ++k)
#pragma unroll
        for (int n = 0; n < T::size / 16; ++n) {
            const int row = k * 16 + matrix % 2 * 8 + lane % 8, column = n * 16 + matrix / 2 * 8;
            const Fragment b = load_matrices<true>(tile.data + row * T::stride + column);
            multiply(c[2 * n], a[k], b.word[0], b.word[1]);
            multiply(c[2 * n + 1], a[k], b.word[2], b.word[3]);
        }
}

// c (16, 8·N), rounded, as fragments of A.
template <int N>
__device__ void to_fragments(const float (&c)[N][4], Fragment (&a)[N / 2]) {
#pragma unroll
    for (int k = 0; k < N / 2; ++k)
        a[k] = {{pack(c[2 * k][0], c[2 * k][1]), pack(c[2 * k][2], c[2 * k][3]),
                 pack(c[2 * k + 1][0], c[2 * k + 1][1]), pack(c[2 * k + 1][2], c[2 * k + 1][3])}};
}

// Rows row and row + 8 (of the lane's group) of `to` become c's, times factor[0] and factor[1]; rows from
// `end` on are left alone.
template <int HeadSize, int N>
__device__ void put_rows(const float (&c)[N][4], float factor0, float factor1, const View<BFloat16>& to,
                         int64_t row, int64_t end) {
#pragma unroll
    for (int n = 0; n < HeadSize / 8; ++n) {
        const int column = n * 8 + lane_pair();
        if (row < end)
            *reinterpret_cast<uint32_t*>(to.row(row) + column) = pack(c[n][0] * factor0, c[n][1] * factor0);
        if (row + 8 < end)
            *reinterpret_cast<uint32_t*>(to.row(row + 8) + column) =
                pack(c[n][2] * factor1, c[n][3] * factor1);
    }
}

}  // namespace osu::cuda
