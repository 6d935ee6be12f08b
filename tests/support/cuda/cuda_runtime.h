// The part of CUDA's runtime and of its C++ that src/ops/cuda uses, on the CPU: so the same sources run
// through the same tests where there is no GPU. Found in the place of CUDA's own header. Streams are as late
// as they may be (streams.h); while one is captured its work is kept, and given to it when the graph is
// launched. Device memory cannot be touched outside of kernels and copies (but under AddressSanitizer, which
// watches its borders instead), and kernels take no pointers to host memory.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <type_traits>

#include "support/cuda/fibers.h"

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline
#define __launch_bounds__(...)

struct dim3 {
    unsigned x = 1, y = 1, z = 1;
    constexpr dim3(unsigned x = 1, unsigned y = 1, unsigned z = 1) : x(x), y(y), z(z) {}
};
struct alignas(8) uint2 {
    unsigned x, y;
};
struct alignas(16) uint4 {
    unsigned x, y, z, w;
};
struct alignas(16) float4 {
    float x, y, z, w;
};

inline dim3 threadIdx, blockIdx, blockDim, gridDim;

inline void __syncthreads() {
    osu::emulation::block_barrier();
}
inline void __syncwarp() {
    osu::emulation::warp_barrier();
}
template <class T>
T __shfl_xor_sync(unsigned, T value, int lanes) {
    const std::byte* all = osu::emulation::exchange("shuffle", &value, sizeof(T));
    const int lane = osu::emulation::current_thread() % osu::emulation::warp_size;
    std::memcpy(&value, all + (lane ^ lanes) * osu::emulation::exchange_stride, sizeof(T));
    return value;
}
inline float rsqrtf(float value) {
    return 1 / std::sqrt(value);
}
inline uint32_t __float_as_uint(float value) {
    return std::bit_cast<uint32_t>(value);
}
inline float __uint_as_float(uint32_t bits) {
    return std::bit_cast<float>(bits);
}

enum cudaError_t {
    cudaSuccess = 0,
    cudaErrorInvalidValue = 1,
    cudaErrorMemoryAllocation = 2,
    cudaErrorInsufficientDriver = 35,
    cudaErrorNoDevice = 100,
    cudaErrorNotReady = 600,
    cudaErrorStreamCaptureUnsupported = 900,
    cudaErrorStreamCaptureUnjoined = 904,
    cudaErrorStreamCaptureIsolation = 905,
};
const char* cudaGetErrorString(cudaError_t error);
cudaError_t cudaGetLastError();

struct cudaUUID_t {
    char bytes[16];
};
struct cudaDeviceProp {
    char name[256];
    cudaUUID_t uuid;
    size_t totalGlobalMem;
    int major, minor, multiProcessorCount;
};
cudaError_t cudaGetDeviceCount(int* count);
cudaError_t cudaSetDevice(int device);
cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int device);
cudaError_t cudaMemGetInfo(size_t* free, size_t* total);

cudaError_t cudaMalloc(void** memory, size_t bytes);
cudaError_t cudaFree(void* memory);
cudaError_t cudaMallocHost(void** memory, size_t bytes);
cudaError_t cudaFreeHost(void* memory);

struct EmulatedStream;
using cudaStream_t = EmulatedStream*;
constexpr unsigned cudaStreamNonBlocking = 1;
cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned flags);
cudaError_t cudaDeviceGetStreamPriorityRange(int* least, int* greatest);
cudaError_t cudaStreamCreateWithPriority(cudaStream_t* stream, unsigned flags, int priority);
cudaError_t cudaStreamDestroy(cudaStream_t stream);
cudaError_t cudaStreamSynchronize(cudaStream_t stream);

enum cudaMemcpyKind { cudaMemcpyHostToDevice = 1, cudaMemcpyDeviceToHost = 2, cudaMemcpyDeviceToDevice = 3 };
cudaError_t cudaMemcpyAsync(void* to, const void* from, size_t bytes, cudaMemcpyKind kind,
                            cudaStream_t stream);
cudaError_t cudaMemsetAsync(void* memory, int value, size_t bytes, cudaStream_t stream);

struct EmulatedEvent;
using cudaEvent_t = EmulatedEvent*;
constexpr unsigned cudaEventDisableTiming = 2;
cudaError_t cudaEventCreate(cudaEvent_t* event);
cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t begin, cudaEvent_t end);
cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned flags);
cudaError_t cudaEventDestroy(cudaEvent_t event);
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream);
cudaError_t cudaEventSynchronize(cudaEvent_t event);
cudaError_t cudaEventQuery(cudaEvent_t event);
cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned flags = 0);

struct EmulatedGraph;
using cudaGraph_t = EmulatedGraph*;
using cudaGraphExec_t = EmulatedGraph*;
constexpr unsigned long long cudaGraphInstantiateFlagUseNodePriority = 8;
enum cudaStreamCaptureMode { cudaStreamCaptureModeThreadLocal = 1 };
enum cudaStreamCaptureStatus { cudaStreamCaptureStatusNone = 0, cudaStreamCaptureStatusActive = 1 };
cudaError_t cudaStreamIsCapturing(cudaStream_t stream, cudaStreamCaptureStatus* status);
cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode mode);
cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph);
cudaError_t cudaGraphInstantiate(cudaGraphExec_t* executable, cudaGraph_t graph,
                                 unsigned long long flags = 0);
cudaError_t cudaGraphDestroy(cudaGraph_t graph);
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t executable);
cudaError_t cudaGraphLaunch(cudaGraphExec_t executable, cudaStream_t stream);

struct cudaLaunchConfig_t {
    dim3 gridDim, blockDim;
    size_t dynamicSmemBytes = 0;
    cudaStream_t stream = nullptr;
};
enum cudaFuncAttribute { cudaFuncAttributeMaxDynamicSharedMemorySize = 8 };

namespace osu {
struct BFloat16;
}
namespace osu::emulation {

// How much shared memory a kernel may have: 48 KiB, or what was asked for, up to 99 KiB.
size_t shared_limit(const void* kernel);
cudaError_t set_shared_limit(const void* kernel, int bytes);

// The warp's ldmatrix.x4, and mma.m16n8k16 of bfloat16 with float32 sums.
void load_matrices(const BFloat16* row, bool transposed, uint32_t (&words)[4]);
void multiply(float (&c)[4], const uint32_t (&a)[4], uint32_t b0, uint32_t b1);

// cp.async: the destination is NaN until the thread waits, whatever comes then.
void copy_async(void* to, const void* from, size_t bytes, bool there);
void wait_for_copies();

void submit(cudaStream_t stream, std::function<void()> work);
void run_grid(const cudaLaunchConfig_t& config, const std::function<void()>& body);
// Looks for what could be an address of host memory among the words of a kernel's argument.
void check_argument(const void* argument, size_t bytes);

}  // namespace osu::emulation

template <class Kernel>
cudaError_t cudaFuncSetAttribute(Kernel* kernel, cudaFuncAttribute, int bytes) {
    return osu::emulation::set_shared_limit(reinterpret_cast<const void*>(kernel), bytes);
}
template <class... Parameters, class... Arguments>
cudaError_t cudaLaunchKernelEx(const cudaLaunchConfig_t* config, void (*kernel)(Parameters...),
                               Arguments&&... arguments) {
    if (config->gridDim.x == 0 || config->gridDim.y == 0 || config->gridDim.y > 65535 ||
        config->gridDim.z == 0 || config->gridDim.z > 65535 ||
        config->dynamicSmemBytes > osu::emulation::shared_limit(reinterpret_cast<const void*>(kernel)))
        return cudaErrorInvalidValue;
    [&](Parameters... values) {
        (osu::emulation::check_argument(&values, sizeof(values)), ...);
        osu::emulation::submit(config->stream, [config = *config, kernel, values...] {
            osu::emulation::run_grid(config, [&] { kernel(values...); });
        });
    }(std::forward<Arguments>(arguments)...);
    return cudaSuccess;
}
