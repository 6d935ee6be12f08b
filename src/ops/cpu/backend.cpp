#include "ops/cpu/backend.h"

#include <algorithm>
#include <cassert>
#include <cstring>

#include "base/parallel.h"
#include "base/profile.h"
#include "ops/cpu/memory.h"
#include "ops/cpu/products.h"

namespace osu {

std::unique_ptr<Backend> make_cpu_backend(DType compute) {
    cpu::limit_instructions();
    assert(compute == DType::f32 || compute == DType::bf16);
    return std::make_unique<cpu::CpuBackend>(compute);
}

namespace cpu {

std::shared_ptr<void> CpuBackend::allocate(size_t bytes) {
    return allocate_zeroed(bytes);
}

void CpuBackend::upload(void* device, const void* host, size_t bytes) {
    std::memcpy(device, host, bytes);
}

void CpuBackend::download(void* host, const void* device, size_t bytes) {
    std::memcpy(host, device, bytes);
}

void CpuBackend::zero(void* device, size_t bytes) {
    const ProfileScope scope("zeroing");
    constexpr size_t piece = size_t{1} << 20;
    parallel_for(static_cast<int64_t>((bytes + piece - 1) / piece), [&](int64_t i) {
        const size_t first = static_cast<size_t>(i) * piece;
        std::memset(static_cast<std::byte*>(device) + first, 0, std::min(piece, bytes - first));
    });
}

}  // namespace cpu

}  // namespace osu
