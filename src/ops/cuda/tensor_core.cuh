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

// 2^x but for the last bits, and 0 where that is no normal number: one instruction.
__device__ inline float fast_exp2(float x) {
#ifdef __CUDACC__
    float result;
    asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(result) : "f"(x));
    return result;
#else
    return exp2f(x);
#endif
}

// Copies from global memory to shared memory that take no registers and go on while the thread does (16
// bytes, or 4), zeros where nothing is `there`. A thread's own are done after wait_for_copies(), those of
// others after the barrier that follows.
template <int Bytes>
__device__ void copy_async(void* shared, const void* global, bool there) {
    static_assert(Bytes == 4 || Bytes == 16);
#ifdef __CUDACC__
    const auto address = static_cast<uint32_t>(__cvta_generic_to_shared(shared));
    const int bytes = there ? Bytes : 0;
    if constexpr (Bytes == 16)  // past L1, that others use
        asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(address), "l"(global), "r"(bytes)
                     : "memory");
    else
        asm volatile("cp.async.ca.shared.global [%0], [%1], 4, %2;" ::"r"(address), "l"(global), "r"(bytes)
                     : "memory");
#else
    emulation::copy_async(shared, global, Bytes, there);
#endif
}
__device__ inline void wait_for_copies() {
#ifdef __CUDACC__
    asm volatile("cp.async.wait_all;" ::: "memory");
#else
    emulation::wait_for_copies();
#endif
}

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

    // Begins to copy rows first, first + 1, … of `from`, by all threads of the block; zero from row `end` on.
    template <int Threads>
    __device__ void fill(const View<const BFloat16>& from, int first, int end) {
        each_piece<Threads, size / 8, 1>([&](int row, int column) {
            const bool there = first + row < end && column < HeadSize;
            copy_async<16>(data + row * stride + column, there ? from.row(first + row) + column : from.data,
                           there);
        });
    }
    // The other way, at once.
    template <int Threads>
    __device__ void store(const View<BFloat16>& to, int first, int end) const {
        each_piece<Threads, HeadSize / 8, 8>([&](int row, int column) {
            if (first + row < end)
                *reinterpret_cast<uint4*>(to.row(first + row) + column) =
                    *reinterpret_cast<const uint4*>(data + row * stride + column);
        });
    }
    // body(row, column) for the thread's share of 16 bytes each, `InRow` of them in a row. Unroll: 1 where
    // many addresses at once would crowd out sums.
    template <int Threads, int InRow, int Unroll, class Body>
    static __device__ void each_piece(Body body) {
        constexpr int pieces = Rows * InRow;
#pragma unroll Unroll
        for (int i = 0; i < pieces; i += Threads) {
            const int piece = i + static_cast<int>(threadIdx.x);
            if (pieces % Threads == 0 || piece < pieces) body(piece / InRow, piece % InRow * 8);
        }
    }

    // Its 16 rows from `row` on as fragments of A.
    __device__ void fragments(int row, Fragment (&a)[size / 16]) const {
        const int lane = static_cast<int>(threadIdx.x) % warp_lanes;
#pragma unroll
        for (int k = 0; k < size / 16; ++k)
            a[k] = load_matrices<false>(data + (row + lane % 16) * stride + k * 16 + lane / 16 * 8);
    }
    // The other way, for the columns from `column` on.
    template <int K>
    __device__ void put(const Fragment (&a)[K], int row, int column = 0) {
        __syncwarp();  // the warp may have read these rows as fragments
        BFloat16* const corner = data + (row + lane_group()) * stride + column + lane_pair();
#pragma unroll
        for (int k = 0; k < K; ++k)
#pragma unroll
            for (int i = 0; i < 4; ++i)
                *reinterpret_cast<uint32_t*>(corner + i % 2 * 8 * stride + k * 16 + i / 2 * 8) = a[k].word[i];
    }
};

// c (16, 8·N) += a (16, size)·(the tile's 8·N rows from first_row on)ᵀ
template <int N, int Rows, int HeadSize>
__device__ void add_transposed_product(float (&c)[N][4], const Fragment (&a)[Tile<Rows, HeadSize>::size / 16],
                                       const Tile<Rows, HeadSize>& tile, int first_row = 0) {
    using T = Tile<Rows, HeadSize>;
    const int lane = static_cast<int>(threadIdx.x) % warp_lanes, matrix = lane / 8;
    const BFloat16* const corner =
        tile.data + (first_row + matrix / 2 * 8 + lane % 8) * T::stride + matrix % 2 * 8;
#pragma unroll
    for (int k = 0; k < T::size / 16; ++k)
#pragma unroll
        for (int n = 0; n < N / 2; ++n) {
            const Fragment b = load_matrices<false>(corner + n * 16 * T::stride + k * 16);
            multiply(c[2 * n], a[k], b.word[0], b.word[1]);
            multiply(c[2 * n + 1], a[k], b.word[2], b.word[3]);
        }
}

// c (16, 8·N) += a (16, 16·K)·(the tile's 16·K rows from first_row on, columns from first_column on)
template <int N, int K, int Rows, int HeadSize>
__device__ void add_product(float (&c)[N][4], const Fragment (&a)[K], const Tile<Rows, HeadSize>& tile,
                            int first_row = 0, int first_column = 0) {
    using T = Tile<Rows, HeadSize>;
    const int lane = static_cast<int>(threadIdx.x) % warp_lanes, matrix = lane / 8;
    const BFloat16* const corner =
        tile.data + (first_row + matrix % 2 * 8 + lane % 8) * T::stride + first_column + matrix / 2 * 8;
#pragma unroll
    for (int k = 0; k < K; ++k)
#pragma unroll
        for (int n = 0; n < N / 2; ++n) {
            const Fragment b = load_matrices<true>(corner + k * 16 * T::stride + n * 16);
            multiply(c[2 * n], a[k], b.word[0], b.word[1]);
            multiply(c[2 * n + 1], a[k], b.word[2], b.word[3]);
        }
}

// c (16, 8·N), its rows g and g + 8 times a factor each and rounded, as fragments of A.
template <int N>
__device__ void to_fragments(const float (&c)[N][4], Fragment (&a)[N / 2], float factor0 = 1,
                             float factor1 = 1) {
#pragma unroll
    for (int n = 0; n < N; ++n) {
        a[n / 2].word[n % 2 * 2] = pack(c[n][0] * factor0, c[n][1] * factor0);
        a[n / 2].word[n % 2 * 2 + 1] = pack(c[n][2] * factor1, c[n][3] * factor1);
    }
}

}  // namespace osu::cuda
