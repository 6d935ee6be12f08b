// The backends that tests run on: one body for every one that is there.
#pragma once

#include <ostream>
#include <string>
#include <vector>

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

inline std::vector<BackendCase> all_backends() {
    return {{"reference", false, make_reference_backend},
            {"cpu_f32", false, [] { return make_cpu_backend(DType::f32); }},
            {"cpu_bf16", true, [] { return make_cpu_backend(DType::bf16); }}};
}

}  // namespace osu::test
