// What the CPU can do, as oneDNN sees it: that honours ONEDNN_MAX_CPU_ISA.
#include <dnnl.hpp>
#include <hwy/targets.h>

#include "ops/backend.h"
#include "ops/cpu/kernels.h"

namespace osu {

namespace {

bool has(dnnl::cpu_isa wanted) {
    const auto bits = static_cast<unsigned>(wanted);
    return (static_cast<unsigned>(dnnl::get_effective_cpu_isa()) & bits) == bits;
}

}  // namespace

bool cpu_has_bfloat16() {
    return has(dnnl::cpu_isa::avx512_core_bf16);
}

namespace cpu {

bool has_tiles() {
    return has(dnnl::cpu_isa::avx512_core_amx);
}

bool has_wide_products() {
    return has(dnnl::cpu_isa::avx512_core);
}

void limit_instructions() {
    int64_t wider = 0;
    if (!has(dnnl::cpu_isa::avx512_core)) wider |= HWY_AVX3 | HWY_AVX3_DL;
    if (!has(dnnl::cpu_isa::avx2)) wider |= HWY_AVX2;
    hwy::DisableTargets(wider);
    // Now, and not at the first call: until then a pointer to a loop asks the CPU again at every use.
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

}  // namespace cpu

}  // namespace osu
