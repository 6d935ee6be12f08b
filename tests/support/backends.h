// The backends that tests run on: one body for every one that is there.
#pragma once

#include <string>
#include <vector>

#include "support/reference_backend.h"

namespace osu::test {

struct BackendCase {
    std::string name;
    bool bfloat16;
    std::unique_ptr<Backend> (*make)();
};

inline std::vector<BackendCase> all_backends() {
    return {{"reference", false, make_reference_backend}};
}

}  // namespace osu::test
