#include "ops/cpu/backend.h"

#include <algorithm>
#include <cassert>
#include <cstring>

#include <dnnl.hpp>
#include <hwy/targets.h>

#include "base/parallel.h"
#include "base/profile.h"
#include "ops/cpu/memory.h"

namespace osu {

namespace {

bool has(dnnl::cpu_isa wanted) {
    const auto bits = static_cast<unsigned>(wanted);
    return (static_cast<unsigned>(dnnl::get_effective_cpu_isa()) & bits) == bits;
}

// Own loops use no wider instructions than the products: ONEDNN_MAX_CPU_ISA=AVX2 holds both back.
void limit_instructions() {
    int64_t wider = 0;
    if (!has(dnnl::cpu_isa::avx512_core)) wider |= HWY_AVX3 | HWY_AVX3_DL;
    if (!has(dnnl::cpu_isa::avx2)) wider |= HWY_AVX2;
    hwy::DisableTargets(wider);
    // Now, and not at the first call: until then a pointer to a loop asks the CPU again at every use.
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

}  // namespace

bool cpu_has_bfloat16() {
    return has(dnnl::cpu_isa::avx512_core_bf16);
}

std::unique_ptr<Backend> make_cpu_backend(DType compute) {
    limit_instructions();
    assert(compute == DType::f32 || compute == DType::bf16);
    return std::make_unique<cpu::CpuBackend>(compute);
}

namespace cpu {

bool has_tiles() {
    return has(dnnl::cpu_isa::avx512_core_amx);
}

bool has_wide_products() {
    return has(dnnl::cpu_isa::avx512_core);
}

// oneDNN's products for packed weights run over the inputs in one order; its general one does not.
bool CpuBackend::rows_are_independent() const {
    return has_wide_products();
}

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
