// What all kernels are written with: elements of either type, loads and stores of several at once, sums over
// a warp or a block, and the launch. Shared memory is always dynamic, as one struct of the kernel's.
#pragma once

#include <cassert>

#include <cuda_runtime.h>

#include "ops/backend.h"
#include "ops/cuda/device.h"

namespace osu::cuda {

constexpr int warp_lanes = 32;
constexpr unsigned all_lanes = 0xffffffffu;

// Rows of a Matrix as a kernel takes them; `stride` elements from one row to the next.
template <class T>
struct View {
    T* data;
    int64_t stride;
    __device__ T* row(int64_t index) const { return data + index * stride; }
};

template <class T>
View<T> view(const Matrix& matrix) {
    assert(!matrix.data || matrix.type == (sizeof(T) == 2 ? DType::bf16 : DType::f32));
    return {static_cast<T*>(matrix.data), matrix.stride};
}

// body(T{}) with the element type, float or BFloat16.
template <class Body>
void with_type(DType type, Body body) {
    if (type == DType::bf16)
        body(BFloat16{});
    else
        body(float{});
}

template <class... Parameters, class... Arguments>
void launch(Device& device, void (*kernel)(Parameters...), dim3 grid, dim3 block, size_t shared_bytes,
            Arguments... arguments) {
    cudaLaunchConfig_t config{};
    config.gridDim = grid;
    config.blockDim = block;
    config.dynamicSmemBytes = shared_bytes;
    config.stream = device.stream();
    constexpr size_t unasked = size_t{48} << 10;  // more than this is for those who ask
    if (shared_bytes > unasked)
        check(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize,
                                   static_cast<int>(shared_bytes)),
              "asking for shared memory");
    check(cudaLaunchKernelEx(&config, kernel, Parameters(arguments)...), "starting a kernel");
}

inline unsigned blocks_for(int64_t items, int64_t each) {
    return static_cast<unsigned>((items + each - 1) / each);
}

template <class T>
__device__ T& shared_as() {
#ifdef __CUDACC__
    extern __shared__ __align__(16) unsigned char memory[];
    return *reinterpret_cast<T*>(memory);
#else
    return *static_cast<T*>(emulation::shared_memory());
#endif
}

__device__ inline float widen(float value) {
    return value;
}
__device__ inline float widen(BFloat16 value) {
    return __uint_as_float(uint32_t{value.bits} << 16);
}

// To nearest even, NaN stays NaN: as to_bfloat16 does it, bit for bit.
template <class T>
__device__ T narrow(float value) {
    if constexpr (sizeof(T) == 4) {
        return value;
    } else {
        const uint32_t bits = __float_as_uint(value);
        if ((bits & 0x7fffffffu) > 0x7f800000u) return {static_cast<uint16_t>((bits >> 16) | 0x40u)};
        return {static_cast<uint16_t>((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16)};
    }
}

// Two values as the halves of a word, the first in the lower one.
__device__ inline uint32_t pack(float low, float high) {
#ifdef __CUDACC__
    uint32_t packed;
    asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(packed) : "f"(high), "f"(low));
    return packed;
#else
    return narrow<BFloat16>(low).bits | uint32_t{narrow<BFloat16>(high).bits} << 16;
#endif
}

// `Width` elements at once, 1, 4 or 8; 4 and 8 of them begin at a multiple of as many.
template <int Width>
struct Values {
    float v[Width];
};

__device__ inline Values<4> unpack(uint2 packed) {
    return {{__uint_as_float(packed.x << 16), __uint_as_float(packed.x & 0xffff0000u),
             __uint_as_float(packed.y << 16), __uint_as_float(packed.y & 0xffff0000u)}};
}
__device__ inline Values<8> unpack(uint4 packed) {
    const Values<4> low = unpack(uint2{packed.x, packed.y}), high = unpack(uint2{packed.z, packed.w});
    return {{low.v[0], low.v[1], low.v[2], low.v[3], high.v[0], high.v[1], high.v[2], high.v[3]}};
}

template <int Width>
__device__ Values<Width> load(const float* from) {
    Values<Width> values;
    if constexpr (Width == 1) {
        values.v[0] = *from;
    } else {
#pragma unroll
        for (int i = 0; i < Width; i += 4) {
            const float4 packed = *reinterpret_cast<const float4*>(from + i);
            values.v[i] = packed.x, values.v[i + 1] = packed.y;
            values.v[i + 2] = packed.z, values.v[i + 3] = packed.w;
        }
    }
    return values;
}
template <int Width>
__device__ Values<Width> load(const BFloat16* from) {
    if constexpr (Width == 8)
        return unpack(*reinterpret_cast<const uint4*>(from));
    else if constexpr (Width == 4)
        return unpack(*reinterpret_cast<const uint2*>(from));
    else
        return {{widen(*from)}};
}
template <int Width>
__device__ void store(const Values<Width>& values, float* to) {
    if constexpr (Width == 1) {
        *to = values.v[0];
    } else {
#pragma unroll
        for (int i = 0; i < Width; i += 4)
            *reinterpret_cast<float4*>(to + i) =
                float4{values.v[i], values.v[i + 1], values.v[i + 2], values.v[i + 3]};
    }
}
template <int Width>
__device__ void store(const Values<Width>& values, BFloat16* to) {
    const auto& v = values.v;
    if constexpr (Width == 8)
        *reinterpret_cast<uint4*>(to) =
            uint4{pack(v[0], v[1]), pack(v[2], v[3]), pack(v[4], v[5]), pack(v[6], v[7])};
    else if constexpr (Width == 4)
        *reinterpret_cast<uint2*>(to) = uint2{pack(v[0], v[1]), pack(v[2], v[3])};
    else
        *to = narrow<BFloat16>(v[0]);
}

// Whether rows of it can be read `width` at once, by 16 bytes at most.
inline bool wide(const Matrix& matrix, int width = 4) {
    const size_t bytes = static_cast<size_t>(width) * size_of(matrix.type), most = 16;
    return matrix.cols % width == 0 && matrix.stride % width == 0 &&
           reinterpret_cast<uintptr_t>(matrix.data) % (bytes < most ? bytes : most) == 0;
}

template <class T>
__device__ T warp_sum(T value) {
    for (int lanes = warp_lanes / 2; lanes > 0; lanes /= 2) value += __shfl_xor_sync(all_lanes, value, lanes);
    return value;
}
__device__ inline float warp_max(float value) {
    for (int lanes = warp_lanes / 2; lanes > 0; lanes /= 2)
        value = fmaxf(value, __shfl_xor_sync(all_lanes, value, lanes));
    return value;
}

// Sums `Count` values over the threads of a block, which are whole warps; every thread gets the sums.
// shared: Count for each warp.
template <int Count>
__device__ void block_sums(float (&values)[Count], float* shared) {
    const int lane = static_cast<int>(threadIdx.x) % warp_lanes,
              warp = static_cast<int>(threadIdx.x) / warp_lanes;
    const int warps = static_cast<int>(blockDim.x) / warp_lanes;
#pragma unroll
    for (int i = 0; i < Count; ++i) values[i] = warp_sum(values[i]);
    if (lane == 0)
        for (int i = 0; i < Count; ++i) shared[warp * Count + i] = values[i];
    __syncthreads();
#pragma unroll
    for (int i = 0; i < Count; ++i) {
        values[i] = 0;
        for (int w = 0; w < warps; ++w) values[i] += shared[w * Count + i];
    }
    __syncthreads();
}

}  // namespace osu::cuda
