// cuBLASLt's products, one entry after the other, in the column-major layout of its documentation.
#include <algorithm>
#include <vector>

#include "base/tensor.h"
#include "ops/cuda/cublas.h"
#include "support/cuda/cublasLt.h"
#include "support/cuda/streams.h"

struct EmulatedHandle {};
struct EmulatedDescription {
    cublasOperation_t a = CUBLAS_OP_N, b = CUBLAS_OP_N;
    cublasLtEpilogue_t epilogue = CUBLASLT_EPILOGUE_DEFAULT;
    void *bias = nullptr, *aux = nullptr;
    int64_t aux_stride = 0;
};
struct EmulatedLayout {
    cudaDataType_t type;
    int64_t rows, columns, stride;
};
struct EmulatedPreference {
    uint32_t alignments[4] = {256, 256, 256, 256};
};

namespace {

int forgotten = 0;  // as forget_products() says

// A column-major matrix in device memory.
struct Entries {
    void* data;
    cudaDataType_t type;
    int64_t stride;

    float get(int64_t row, int64_t column) const {
        const int64_t at = row + column * stride;
        return type == CUDA_R_32F ? static_cast<const float*>(data)[at]
                                  : osu::to_float(static_cast<const osu::BFloat16*>(data)[at]);
    }
    void set(int64_t row, int64_t column, float value) const {
        const int64_t at = row + column * stride;
        if (type == CUDA_R_32F)
            static_cast<float*>(data)[at] = value;
        else
            static_cast<osu::BFloat16*>(data)[at] = osu::to_bfloat16(value);
    }
};

float gelu_argument(float x) {
    return 0.7978845608f * (x + 0.044715f * x * x * x);
}
float gelu(float x) {
    return 0.5f * x * (1 + std::tanh(gelu_argument(x)));
}
float gelu_slope(float x) {
    const float t = std::tanh(gelu_argument(x));
    return 0.5f * (1 + t) + 0.5f * x * (1 - t * t) * 0.7978845608f * (1 + 3 * 0.044715f * x * x);
}

// op(matrix) as rows of `terms` entries each.
std::vector<float> rows_of(const Entries& matrix, bool transposed, int64_t rows, int64_t terms) {
    std::vector<float> all(static_cast<size_t>(rows * terms));
    for (int64_t i = 0; i < rows; ++i)
        for (int64_t l = 0; l < terms; ++l)
            all[static_cast<size_t>(i * terms + l)] = transposed ? matrix.get(l, i) : matrix.get(i, l);
    return all;
}

float dot(const float* a, const float* b, int64_t count) {
    float sums[8] = {};
    int64_t l = 0;
    for (; l + 8 <= count; l += 8)
        for (int i = 0; i < 8; ++i) sums[i] += a[l + i] * b[l + i];
    for (; l < count; ++l) sums[0] += a[l] * b[l];
    return ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
}

void multiply(const EmulatedDescription& how, Entries a, Entries b, Entries d, int64_t m, int64_t n,
              int64_t k, float beta) {
    const auto left = rows_of(a, how.a == CUBLAS_OP_T, m, k);
    const auto right = rows_of(b, how.b == CUBLAS_OP_N, n, k);  // op(B)'s columns
    const Entries bias{how.bias, d.type, 0}, aux{how.aux, d.type, how.aux_stride};
    for (int64_t j = 0; j < n; ++j)
        for (int64_t i = 0; i < m; ++i) {
            float value = dot(left.data() + i * k, right.data() + j * k, k);
            if (beta != 0) value += beta * d.get(i, j);
            switch (how.epilogue) {
                case CUBLASLT_EPILOGUE_BIAS: value += bias.get(i, 0); break;
                case CUBLASLT_EPILOGUE_GELU_BIAS: value = gelu(value + bias.get(i, 0)); break;
                case CUBLASLT_EPILOGUE_GELU_AUX_BIAS:
                    value += bias.get(i, 0);
                    aux.set(i, j, value);
                    value = gelu(value);
                    break;
                case CUBLASLT_EPILOGUE_DGELU: value *= gelu_slope(aux.get(i, j)); break;
                default: break;
            }
            d.set(i, j, value);
        }
    if (how.epilogue != CUBLASLT_EPILOGUE_BGRADB) return;
    for (int64_t j = 0; j < n; ++j) {
        float sum = 0;
        for (int64_t l = 0; l < k; ++l) sum += right[static_cast<size_t>(j * k + l)];
        bias.set(j, 0, sum);
    }
}

bool aligned(const void* address, uint32_t bytes) {
    return reinterpret_cast<uintptr_t>(address) % bytes == 0;
}

}  // namespace

namespace osu::emulation {

void forget_products(int which) {
    forgotten = which;
}

}  // namespace osu::emulation

cublasStatus_t cublasLtCreate(cublasLtHandle_t* handle) {
    *handle = new EmulatedHandle;
    return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtDestroy(cublasLtHandle_t handle) {
    delete handle;
    return CUBLAS_STATUS_SUCCESS;
}
const char* cublasLtGetStatusString(cublasStatus_t status) {
    return status == CUBLAS_STATUS_INVALID_VALUE ? "invalid value" : "not supported";
}
cublasStatus_t cublasLtMatmulDescCreate(cublasLtMatmulDesc_t* description, cublasComputeType_t,
                                        cudaDataType_t) {
    *description = new EmulatedDescription;
    return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulDescDestroy(cublasLtMatmulDesc_t description) {
    delete description;
    return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulDescSetAttribute(cublasLtMatmulDesc_t description,
                                              cublasLtMatmulDescAttributes_t attribute, const void* value,
                                              size_t bytes) {
    const auto take = [&](auto& to) {
        if (bytes != sizeof(to)) return CUBLAS_STATUS_INVALID_VALUE;
        std::memcpy(&to, value, bytes);
        return CUBLAS_STATUS_SUCCESS;
    };
    switch (attribute) {
        case CUBLASLT_MATMUL_DESC_TRANSA: return take(description->a);
        case CUBLASLT_MATMUL_DESC_TRANSB: return take(description->b);
        case CUBLASLT_MATMUL_DESC_EPILOGUE: return take(description->epilogue);
        case CUBLASLT_MATMUL_DESC_BIAS_POINTER: return take(description->bias);
        case CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_POINTER: return take(description->aux);
        case CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_LD: return take(description->aux_stride);
    }
    return CUBLAS_STATUS_INVALID_VALUE;
}
cublasStatus_t cublasLtMatrixLayoutCreate(cublasLtMatrixLayout_t* layout, cudaDataType_t type, uint64_t rows,
                                          uint64_t columns, int64_t stride) {
    *layout = new EmulatedLayout{type, static_cast<int64_t>(rows), static_cast<int64_t>(columns), stride};
    return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatrixLayoutDestroy(cublasLtMatrixLayout_t layout) {
    delete layout;
    return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulPreferenceCreate(cublasLtMatmulPreference_t* preference) {
    *preference = new EmulatedPreference;
    return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulPreferenceDestroy(cublasLtMatmulPreference_t preference) {
    delete preference;
    return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulPreferenceSetAttribute(cublasLtMatmulPreference_t preference,
                                                    cublasLtMatmulPreferenceAttributes_t attribute,
                                                    const void* value, size_t bytes) {
    if (attribute == CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES)
        return bytes == sizeof(size_t) ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_INVALID_VALUE;
    if (bytes != sizeof(uint32_t)) return CUBLAS_STATUS_INVALID_VALUE;
    std::memcpy(&preference->alignments[attribute - CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES], value,
                bytes);
    return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmulAlgoGetHeuristic(cublasLtHandle_t, cublasLtMatmulDesc_t description,
                                              cublasLtMatrixLayout_t a, cublasLtMatrixLayout_t b,
                                              cublasLtMatrixLayout_t, cublasLtMatrixLayout_t d,
                                              cublasLtMatmulPreference_t preference, int most,
                                              cublasLtMatmulHeuristicResult_t* results, int* count) {
    *count = 0;
    const bool a_transposed = description->a == CUBLAS_OP_T, b_transposed = description->b == CUBLAS_OP_T;
    const int64_t k = a_transposed ? a->rows : a->columns;
    if ((a_transposed ? a->columns : a->rows) != d->rows || (b_transposed ? b->columns : b->rows) != k ||
        (b_transposed ? b->rows : b->columns) != d->columns || a->type != b->type)
        return CUBLAS_STATUS_INVALID_VALUE;
    for (const EmulatedLayout* layout : {a, b, d})
        if (layout->stride < layout->rows) return CUBLAS_STATUS_INVALID_VALUE;
    if (description->aux && (description->aux_stride % 8 != 0 || description->aux_stride < d->rows))
        return CUBLAS_STATUS_INVALID_VALUE;
    if (forgotten == 2 || (forgotten == 1 && description->epilogue != CUBLASLT_EPILOGUE_DEFAULT))
        return CUBLAS_STATUS_NOT_SUPPORTED;
    for (; *count < std::min(most, 2); ++*count)
        std::memcpy(results[*count].algo.alignments, preference->alignments, sizeof(preference->alignments));
    return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmul(cublasLtHandle_t, cublasLtMatmulDesc_t description, const void* alpha,
                              const void* a, cublasLtMatrixLayout_t a_layout, const void* b,
                              cublasLtMatrixLayout_t b_layout, const void* beta, const void* c,
                              cublasLtMatrixLayout_t, void* d, cublasLtMatrixLayout_t d_layout,
                              const cublasLtMatmulAlgo_t* algorithm, void* workspace, size_t,
                              cudaStream_t stream) {
    if (osu::emulation::has_error())
        return CUBLAS_STATUS_EXECUTION_FAILED;  // as if its own launch had failed
    if (forgotten == 4 || (forgotten == 3 && description->epilogue != CUBLASLT_EPILOGUE_DEFAULT))
        return CUBLAS_STATUS_NOT_SUPPORTED;
    if (*static_cast<const float*>(alpha) != 1 || c != d || !workspace ||
        !aligned(a, algorithm->alignments[0]) || !aligned(b, algorithm->alignments[1]) ||
        !aligned(d, algorithm->alignments[3]))
        return CUBLAS_STATUS_INVALID_VALUE;
    const void* const addresses[] = {a, b, d, description->bias, description->aux};
    osu::emulation::check_argument(addresses, sizeof(addresses));
    const int64_t k = description->a == CUBLAS_OP_T ? a_layout->rows : a_layout->columns;
    const Entries left{const_cast<void*>(a), a_layout->type, a_layout->stride};
    const Entries right{const_cast<void*>(b), b_layout->type, b_layout->stride};
    const Entries result{d, d_layout->type, d_layout->stride};
    osu::emulation::submit(stream, [=, how = *description, m = d_layout->rows, n = d_layout->columns,
                                    factor = *static_cast<const float*>(beta)] {
        multiply(how, left, right, result, m, n, k, factor);
    });
    return CUBLAS_STATUS_SUCCESS;
}

namespace osu::cuda {

const CublasLt& cublas_lt() {
    static const CublasLt lt{cublasLtCreate,
                             cublasLtDestroy,
                             cublasLtMatmul,
                             cublasLtMatmulDescCreate,
                             cublasLtMatmulDescDestroy,
                             cublasLtMatmulDescSetAttribute,
                             cublasLtMatrixLayoutCreate,
                             cublasLtMatrixLayoutDestroy,
                             cublasLtMatmulPreferenceCreate,
                             cublasLtMatmulPreferenceDestroy,
                             cublasLtMatmulPreferenceSetAttribute,
                             cublasLtMatmulAlgoGetHeuristic,
                             cublasLtGetStatusString};
    return lt;
}

}  // namespace osu::cuda
