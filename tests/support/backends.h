// The backends that tests run on: one body for every one that is there.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#if defined(OSU_CUDA) || defined(OSU_EMULATED_CUDA)
#include "ops/cuda/gpus.h"
#endif
#include "support/reference_backend.h"

namespace osu::test {

struct BackendCase {
    std::string name;
    bool bfloat16;
    std::unique_ptr<Backend> (*make)();
};

inline void PrintTo(const BackendCase& backend, std::ostream* out) {  // what GoogleTest calls
    *out << backend.name;
}

// Those that a user can choose, and the CUDA backend over its emulation where there is no GPU to run it.
inline std::vector<BackendCase> fast_backends() {
    std::vector<BackendCase> backends = {{"cpu_f32", false, [] { return make_cpu_backend(DType::f32); }},
                                         {"cpu_bf16", true, [] { return make_cpu_backend(DType::bf16); }}};
#if defined(OSU_CUDA) || defined(OSU_EMULATED_CUDA)
    if (cuda::device_count() > 0) {
        backends.push_back({"cuda_f32", false, [] { return cuda::make_backend(DType::f32, 0); }});
        backends.push_back({"cuda_bf16", true, [] { return cuda::make_backend(DType::bf16, 0); }});
    }
#endif
    return backends;
}

inline std::vector<BackendCase> all_backends() {
    std::vector<BackendCase> backends = fast_backends();
    backends.insert(backends.begin(), {"reference", false, make_reference_backend});
    return backends;
}

}  // namespace osu::test
