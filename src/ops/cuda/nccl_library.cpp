// Where NCCL is.
#include <cstdlib>
#include <string>

#include <dlfcn.h>

#include "base/error.h"
#include "ops/cuda/nccl.h"

namespace osu::cuda {

namespace {

struct Library {
    Nccl functions{};
    std::string missing;  // why there is none
};

Library load() {
    // A switch that adds (NVLink SHARP) adds in an order of its own; rings and trees have one that repeats.
    setenv("NCCL_NVLS_ENABLE", "0", 0);
    void* library = nullptr;
    for (const char* name : {"libnccl.so.2", "/usr/local/cuda/lib64/libnccl.so.2"})
        if (!library) library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    if (!library) return {{}, "libnccl.so.2 was not found: " + std::string(dlerror())};
    Library found;
    const auto find = [&](const char* name, auto& function) {
        function = reinterpret_cast<std::decay_t<decltype(function)>>(dlsym(library, name));
        if (!function) found.missing = std::string("this libnccl has no ") + name;
    };
    find("ncclGetUniqueId", found.functions.get_id);
    find("ncclCommInitRank", found.functions.join);
    find("ncclAllReduce", found.functions.sum);
    find("ncclCommGetAsyncError", found.functions.failure);
    find("ncclCommDestroy", found.functions.leave);
    find("ncclGetErrorString", found.functions.describe);
    return found;
}

}  // namespace

const Nccl* nccl(bool required) {
    static const Library library = load();
    if (library.missing.empty()) return &library.functions;
    if (required)
        fail(Hint{"install NVIDIA's libnccl2, or use --dist mpi, which sums in the memory of the hosts"},
             "{}", library.missing);
    return nullptr;
}

}  // namespace osu::cuda
