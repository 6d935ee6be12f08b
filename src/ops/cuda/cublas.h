// cuBLASLt, looked for when the backend is made: a program that has it needs no CUDA library to start.
#pragma once

#include <cublasLt.h>

namespace osu::cuda {

struct CublasLt {
    decltype(&cublasLtCreate) create;
    decltype(&cublasLtDestroy) destroy;
    decltype(&cublasLtMatmul) matmul;
    decltype(&cublasLtMatmulDescCreate) description_create;
    decltype(&cublasLtMatmulDescDestroy) description_destroy;
    decltype(&cublasLtMatmulDescSetAttribute) description_set;
    decltype(&cublasLtMatrixLayoutCreate) layout_create;
    decltype(&cublasLtMatrixLayoutDestroy) layout_destroy;
    decltype(&cublasLtMatmulPreferenceCreate) preference_create;
    decltype(&cublasLtMatmulPreferenceDestroy) preference_destroy;
    decltype(&cublasLtMatmulPreferenceSetAttribute) preference_set;
    decltype(&cublasLtMatmulAlgoGetHeuristic) find_algorithms;
    decltype(&cublasLtGetStatusString) describe;
};

const CublasLt& cublas_lt();  // Error where it is not installed

}  // namespace osu::cuda
