#include "ops/cuda/cublas.h"

#include <string>

#include <dlfcn.h>

#include "base/error.h"

namespace osu::cuda {

namespace {

void* open_library() {
    // The one of the headers first: its algorithms are those that were meant.
    const std::string name = "libcublasLt.so.", ours = std::to_string(CUBLAS_VER_MAJOR);
    const std::string other = ours == "12" ? "13" : "12";
    for (const std::string& version : {ours, other})
        for (const std::string folder : {"", "/usr/local/cuda/lib64/"})
            if (void* library = dlopen((folder + name + version).c_str(), RTLD_NOW | RTLD_LOCAL))
                return library;
    fail(Hint{"install the CUDA toolkit's libcublas, put the folder that has it into LD_LIBRARY_PATH, or use "
              "--device cpu"},
         "{}{} was not found: {}", name, ours, dlerror());
}

template <class Function>
void find(void* library, const char* name, Function& function) {
    function = reinterpret_cast<Function>(dlsym(library, name));
    if (!function) fail(Hint{"--device cpu does without it"}, "this libcublasLt has no {}", name);
}

CublasLt load() {
    void* library = open_library();
    CublasLt lt{};
    find(library, "cublasLtCreate", lt.create);
    find(library, "cublasLtDestroy", lt.destroy);
    find(library, "cublasLtMatmul", lt.matmul);
    find(library, "cublasLtMatmulDescCreate", lt.description_create);
    find(library, "cublasLtMatmulDescDestroy", lt.description_destroy);
    find(library, "cublasLtMatmulDescSetAttribute", lt.description_set);
    find(library, "cublasLtMatrixLayoutCreate", lt.layout_create);
    find(library, "cublasLtMatrixLayoutDestroy", lt.layout_destroy);
    find(library, "cublasLtMatmulPreferenceCreate", lt.preference_create);
    find(library, "cublasLtMatmulPreferenceDestroy", lt.preference_destroy);
    find(library, "cublasLtMatmulPreferenceSetAttribute", lt.preference_set);
    find(library, "cublasLtMatmulAlgoGetHeuristic", lt.find_algorithms);
    find(library, "cublasLtGetStatusString", lt.describe);
    return lt;
}

}  // namespace

const CublasLt& cublas_lt() {
    static const CublasLt lt = load();
    return lt;
}

}  // namespace osu::cuda
