// The GPUs of this computer, by number, without CUDA's headers. What stands in this folder is compiled by
// CUDA's compiler where the build has it (OSU_CUDA), and, for the tests, as plain C++ over an emulation of
// CUDA (tests/support/cuda).
#pragma once

#include <memory>
#include <string>

#include "ops/backend.h"

namespace osu::cuda {

struct Devices {
    int count;
    std::string missing;  // why there are none, in the driver's words
};
Devices find_devices();
int device_count();                  // 0 without a driver
std::string device_name(int index);  // "NVIDIA H200, 139 GiB"
std::unique_ptr<Backend> make_backend(DType compute, int index);

}  // namespace osu::cuda
