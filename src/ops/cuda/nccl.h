// NCCL, NVIDIA's sums between GPUs, looked for when several processes train: of its interface, which is one
// and the same for all of NCCL 2 and comes with no toolkit, the part that is used, as nccl.h says it.
#pragma once

#include <cstddef>
#include <memory>

#include <cuda_runtime.h>

#include "ops/backend.h"

namespace osu::cuda {

class Device;

struct NcclCommunicatorState;  // NCCL's own
struct NcclId {
    char bytes[128];
};
using NcclCommunicator = NcclCommunicatorState*;
constexpr int nccl_float32 = 7, nccl_float64 = 8, nccl_sum = 0, nccl_success = 0, nccl_in_progress = 7;

struct Nccl {
    int (*get_id)(NcclId* id);
    int (*join)(NcclCommunicator* made, int ranks, NcclId id, int rank);
    int (*sum)(const void* from, void* to, size_t count, int type, int operation,
               NcclCommunicator communicator, cudaStream_t stream);
    int (*failure)(NcclCommunicator communicator, int* status);  // of what is under way
    int (*leave)(NcclCommunicator communicator);
    const char* (*describe)(int status);
};

// Null where it is not installed; with `required` an Error.
const Nccl* nccl(bool required);

DeviceSums::Key make_sums_key();
// Returns when all have called it. Error when they cannot reach each other.
std::unique_ptr<DeviceSums> make_sums(Device& device, const DeviceSums::Key& key, int rank, int size);

}  // namespace osu::cuda
