// Backends by the names that a user gives them.
#pragma once

#include <memory>
#include <string>

#include "ops/backend.h"

namespace osu {

struct DeviceChoice {
    std::string device = "cpu";  // auto (a GPU, if this build has CUDA and one answers), cpu, cuda, cuda:N
    std::string precision = "auto";  // auto (bf16 where products are faster in it), f32, bf16
    int gpu = 0;  // which one `auto` and `cuda` mean: of more than there are, from the first on again
};

struct OpenDevice {
    std::unique_ptr<Backend> backend;
    std::string name;    // "CPU", or the GPU's
    std::string notice;  // why `auto` did without a GPU that the build is made for; else empty
};

// Error for names that do not exist, and for a GPU that does not answer.
OpenDevice open_device(const DeviceChoice& choice);

// What this build computes on, for people: "CPU with AVX3, bfloat16; CUDA".
std::string describe_backends();

}  // namespace osu
