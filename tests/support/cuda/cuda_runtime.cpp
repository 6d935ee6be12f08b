#include "support/cuda/cuda_runtime.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <thread>
#include <vector>

#include <sys/mman.h>

#include "support/cuda/streams.h"

namespace osu::emulation {

namespace {

constexpr size_t page = 4096;
constexpr size_t alignment = 64;
constexpr size_t memory_bytes = size_t{4} << 30;
constexpr size_t most_poison = size_t{1} << 20;            // at the beginning of new memory
constexpr size_t unasked_shared_bytes = size_t{48} << 10;  // of a block
constexpr size_t most_shared_bytes = size_t{99} << 10;     // on the smallest GPUs of sm_80 and later

struct Allocation {
    size_t bytes, pages;  // pages: bytes that can be touched; the end of the allocation is their end
};
std::map<std::byte*, Allocation> allocations;
std::map<const void*, size_t> shared_limits;  // of kernels that asked
bool one_gpu = false;                         // for all threads
bool no_gpu = false;
int access_depth = 0;

size_t round_up(size_t bytes, size_t to) {
    return (bytes + to - 1) / to * to;
}

#if defined(__SANITIZE_ADDRESS__)
void protect(bool) {}
std::byte* take(size_t bytes, size_t) {
    return static_cast<std::byte*>(std::aligned_alloc(alignment, round_up(bytes, alignment)));
}
void give_back(std::byte* memory, const Allocation&) {
    std::free(memory);
}
#else
// The beginning of every allocation: the whole of large ones would take most of the tests' time.
void protect(bool touchable) {
    constexpr size_t most = 16 * page;
    for (const auto& [memory, allocation] : allocations)
        mprotect(memory + round_up(allocation.bytes, alignment) - allocation.pages,
                 std::min(most, allocation.pages), touchable ? PROT_READ | PROT_WRITE : PROT_NONE);
}
// So that what follows the memory is a page that nobody may touch.
std::byte* take(size_t bytes, size_t pages) {
    auto* all =
        static_cast<std::byte*>(mmap(nullptr, pages + page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    mprotect(all, pages, PROT_READ | PROT_WRITE);
    return all + pages - round_up(bytes, alignment);
}
void give_back(std::byte* memory, const Allocation& allocation) {
    munmap(memory + round_up(allocation.bytes, alignment) - allocation.pages, allocation.pages + page);
}
#endif

size_t free_memory() {
    size_t free = memory_bytes;
    for (const auto& [memory, allocation] : allocations) free -= allocation.bytes;
    return free;
}

bool on_device(const void* address, size_t bytes) {
    const auto* begin = static_cast<const std::byte*>(address);
    auto next = allocations.upper_bound(const_cast<std::byte*>(begin));
    if (next == allocations.begin()) return false;
    const auto& [memory, allocation] = *--next;
    return begin >= memory && begin + bytes <= memory + allocation.bytes;
}

bool fits(const void* address, size_t bytes, bool device) {
    const Hold lock = hold();
    return bytes == 0 || on_device(address, bytes) == device;
}

}  // namespace

void submit(cudaStream_t stream, std::function<void()> work) {
    Hold lock = hold();
    push(stream, {std::move(work)}, lock);
}

Access::Access() {
    if (access_depth++ == 0) protect(true);
}
Access::~Access() {
    if (--access_depth == 0) protect(false);
}

void run_grid(const cudaLaunchConfig_t& config, const std::function<void()>& body) {
    gridDim = config.gridDim;
    blockDim = config.blockDim;
    const dim3 block = config.blockDim;
    const auto on_switch = [&](int thread) {
        const unsigned i = static_cast<unsigned>(thread);
        threadIdx = {i % block.x, i / block.x % block.y, i / (block.x * block.y)};
    };
    bool backwards = false;
    for (blockIdx.z = 0; blockIdx.z < gridDim.z; ++blockIdx.z)
        for (blockIdx.y = 0; blockIdx.y < gridDim.y; ++blockIdx.y)
            for (blockIdx.x = 0; blockIdx.x < gridDim.x; ++blockIdx.x) {
                set_shared_memory(config.dynamicSmemBytes);
                run_threads(static_cast<int>(block.x * block.y * block.z), backwards, body, on_switch);
                backwards = !backwards;
            }
}

size_t shared_limit(const void* kernel) {
    const Hold lock = hold();
    const auto found = shared_limits.find(kernel);
    return found == shared_limits.end() ? unasked_shared_bytes : found->second;
}
cudaError_t set_shared_limit(const void* kernel, int bytes) {
    const Hold lock = hold();
    if (static_cast<size_t>(bytes) > most_shared_bytes) return cudaErrorInvalidValue;
    shared_limits[kernel] = static_cast<size_t>(bytes);
    return cudaSuccess;
}

void hide_gpu(bool hide) {
    no_gpu = hide;
}

void share_one_gpu(bool share) {
    one_gpu = share;
}

void check_argument(const void* argument, size_t bytes) {
    const Hold lock = hold();
    for (size_t at = 0; at + sizeof(uintptr_t) <= bytes; at += sizeof(uintptr_t)) {
        uintptr_t word;
        std::memcpy(&word, static_cast<const std::byte*>(argument) + at, sizeof(word));
        // Where Linux puts programs, their heaps, mappings and stacks.
        const bool like_an_address = word >= uintptr_t{0x550000000000} && word < uintptr_t{0x800000000000};
        if (like_an_address && !on_device(reinterpret_cast<const void*>(word), 0))
            broken("kernels take device memory", "an argument holds an address of the host's");
    }
}

}  // namespace osu::emulation

using namespace osu::emulation;

const char* cudaGetErrorString(cudaError_t error) {
    switch (error) {
        case cudaSuccess: return "no error";
        case cudaErrorMemoryAllocation: return "out of memory";
        case cudaErrorNoDevice: return "no CUDA-capable device is detected";
        case cudaErrorStreamCaptureUnsupported: return "operation not permitted when stream is capturing";
        case cudaErrorStreamCaptureUnjoined: return "capturing stream has unjoined work";
        case cudaErrorStreamCaptureIsolation:
            return "dependency created on uncaptured work in another stream";
        default: return "invalid argument";
    }
}
cudaError_t cudaGetDeviceCount(int* count) {
    *count = no_gpu ? 0 : 1;
    return no_gpu ? cudaErrorNoDevice : cudaSuccess;
}
cudaError_t cudaSetDevice(int device) {
    return device == 0 ? cudaSuccess : cudaErrorInvalidValue;
}
// Each thread has a GPU of its own, unless they share one.
cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int) {
    *properties = {"emulated", {}, memory_bytes, 8, 0, 2};
    if (!one_gpu) {
        const auto thread = std::this_thread::get_id();
        std::memcpy(properties->uuid.bytes, &thread, sizeof(thread));
        properties->uuid.bytes[15] = 0x7f;
    }
    return cudaSuccess;
}
cudaError_t cudaMemGetInfo(size_t* free, size_t* total) {
    const Hold lock = hold();
    *total = memory_bytes;
    *free = free_memory();
    return cudaSuccess;
}

cudaError_t cudaMalloc(void** memory, size_t bytes) {
    Hold lock = hold();
    if (capturing()) return cudaErrorStreamCaptureUnsupported;
    if (bytes > free_memory()) return remember(cudaErrorMemoryAllocation);
    const size_t pages = round_up(std::max<size_t>(bytes, 1), page);
    std::byte* taken = take(bytes, pages);
    allocations[taken] = {bytes, pages};
    if (access_depth > 0) protect(true);  // another thread's, which knows nothing of this memory
    const Access access;
    std::memset(taken, 0xff, std::min(bytes, most_poison));
    *memory = taken;
    return cudaSuccess;
}
cudaError_t cudaFree(void* memory) {
    Hold lock = hold();
    if (capturing()) return cudaErrorStreamCaptureUnsupported;
    finish_own_streams(lock);
    const auto found = allocations.find(static_cast<std::byte*>(memory));
    if (found == allocations.end()) return cudaErrorInvalidValue;
    give_back(found->first, found->second);
    allocations.erase(found);
    return cudaSuccess;
}
cudaError_t cudaMallocHost(void** memory, size_t bytes) {
    *memory = std::aligned_alloc(alignment, round_up(bytes, alignment));
    return cudaSuccess;
}
cudaError_t cudaFreeHost(void* memory) {
    Hold lock = hold();
    finish_own_streams(lock);
    std::free(memory);
    return cudaSuccess;
}

cudaError_t cudaMemcpyAsync(void* to, const void* from, size_t bytes, cudaMemcpyKind kind,
                            cudaStream_t stream) {
    if (!fits(to, bytes, kind != cudaMemcpyDeviceToHost) ||
        !fits(from, bytes, kind != cudaMemcpyHostToDevice))
        return cudaErrorInvalidValue;
    submit(stream, [=] { std::memcpy(to, from, bytes); });
    return cudaSuccess;
}
cudaError_t cudaMemsetAsync(void* memory, int value, size_t bytes, cudaStream_t stream) {
    if (!fits(memory, bytes, true)) return cudaErrorInvalidValue;
    submit(stream, [=] { std::memset(memory, value, bytes); });
    return cudaSuccess;
}
