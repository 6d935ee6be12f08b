#include "ops/cuda/products.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstdlib>
#include <vector>

#include "base/error.h"
#include "ops/cuda/backend.h"

namespace osu::cuda {

namespace {

constexpr size_t workspace_bytes = size_t{32} << 20;  // what cuBLAS itself takes on sm_90

cudaDataType_t data_type(DType type) {
    return type == DType::bf16 ? CUDA_R_16BF : CUDA_R_32F;
}

constexpr int most_candidates = 16;

// How many algorithms of the heuristic's list are timed for each shape; 1: its first is taken. More may be
// faster, but which of two nearly equal ones wins is chance, and with it the last bits of a run.
int candidates() {
    static const int count = [] {
        const char* text = std::getenv("OSU_CUDA_CANDIDATES");
        return std::clamp(text ? std::atoi(text) : 1, 1, most_candidates);
    }();
    return count;
}

// The product itself, not the library or the GPU, is what cannot be done.
bool means_unsupported(cublasStatus_t status) {
    return status == CUBLAS_STATUS_NOT_SUPPORTED || status == CUBLAS_STATUS_INVALID_VALUE;
}

// The largest power of two that divides the address, up to what any kernel asks for.
uint32_t alignment_of(const void* address) {
    const uintptr_t bits = reinterpret_cast<uintptr_t>(address) | 256;
    return static_cast<uint32_t>(bits & (~bits + 1));
}

}  // namespace

// The descriptions of one product; made for a call, kept by nobody.
class Products::Description {
  public:
    explicit Description(const CublasLt& lt) : lt_(lt) {}
    ~Description() {
        for (cublasLtMatrixLayout_t layout : layouts_) lt_.layout_destroy(layout);
        if (preference) lt_.preference_destroy(preference);
        if (operation) lt_.description_destroy(operation);
    }
    Description(const Description&) = delete;
    Description& operator=(const Description&) = delete;

    void check(cublasStatus_t status) const {
        if (status != CUBLAS_STATUS_SUCCESS) fail("cuBLASLt: {}", lt_.describe(status));
    }
    template <class T>
    void set(cublasLtMatmulDescAttributes_t attribute, const T& value) {
        check(lt_.description_set(operation, attribute, &value, sizeof(value)));
    }
    template <class T>
    void prefer(cublasLtMatmulPreferenceAttributes_t attribute, const T& value) {
        check(lt_.preference_set(preference, attribute, &value, sizeof(value)));
    }
    // A row-major matrix of `cols` columns, as the column-major one that it is.
    cublasLtMatrixLayout_t layout(const Matrix& matrix) {
        cublasLtMatrixLayout_t made = nullptr;
        check(lt_.layout_create(&made, data_type(matrix.type), static_cast<uint64_t>(matrix.cols),
                                static_cast<uint64_t>(matrix.rows), std::max(matrix.stride, matrix.cols)));
        layouts_.push_back(made);
        return made;
    }

    cublasLtMatmulDesc_t operation = nullptr;
    cublasLtMatmulPreference_t preference = nullptr;

  private:
    const CublasLt& lt_;
    std::vector<cublasLtMatrixLayout_t> layouts_;
};

Products::Products(Device& device)
    : device_(device), lt_(cublas_lt()), workspace_(device.allocate_raw(workspace_bytes)) {
    const cublasStatus_t status = lt_.create(&handle_);
    if (status != CUBLAS_STATUS_SUCCESS) fail("cuBLASLt does not start: {}", lt_.describe(status));
}

Products::~Products() {
    lt_.destroy(handle_);
}

Products::Key Products::key_of(const Product& p) {
    const auto types = int64_t{p.a.type == DType::bf16} + 2 * int64_t{p.d.type == DType::bf16};
    const auto flags = int64_t{p.transpose_a} + 2 * int64_t{p.transpose_b} + 4 * int64_t{p.add} + 8 * types;
    return {p.m,
            p.n,
            p.k,
            p.a.stride,
            p.b.stride,
            p.d.stride,
            p.aux.stride,
            flags,
            int64_t{p.epilogue},
            alignment_of(p.a.data),
            alignment_of(p.b.data),
            alignment_of(p.d.data),
            alignment_of(p.bias),
            alignment_of(p.aux.data)};
}

bool Products::run_fused(const Product& p) {
    Description d(lt_);
    d.check(lt_.description_create(&d.operation, CUBLAS_COMPUTE_32F, CUDA_R_32F));
    d.set(CUBLASLT_MATMUL_DESC_TRANSA, p.transpose_a ? CUBLAS_OP_T : CUBLAS_OP_N);
    d.set(CUBLASLT_MATMUL_DESC_TRANSB, p.transpose_b ? CUBLAS_OP_T : CUBLAS_OP_N);
    d.set(CUBLASLT_MATMUL_DESC_EPILOGUE, p.epilogue);
    if (p.bias) d.set(CUBLASLT_MATMUL_DESC_BIAS_POINTER, p.bias);
    if (p.aux) {
        if (p.aux.stride % 8 != 0 || alignment_of(p.aux.data) < 16) return false;
        d.set(CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_POINTER, p.aux.data);
        d.set(CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_LD, p.aux.stride);
    }
    const Layouts layouts{d.layout(p.a), d.layout(p.b), d.layout(p.d)};
    const auto [found, is_new] = algorithms_.try_emplace(key_of(p));
    if (is_new) {
        try {
            found->second = choose(p, d, layouts);
        } catch (...) {
            algorithms_.erase(found);  // that the library or the GPU has failed says nothing of the product
            throw;
        }
    }
    if (!found->second) return false;
    const cublasStatus_t status = multiply(p, d, layouts, *found->second, p.d.data);
    if (!means_unsupported(status)) {
        d.check(status);
        return true;
    }
    found->second.reset();  // offered, and then refused
    return false;
}

cublasStatus_t Products::multiply(const Product& p, const Description& d, const Layouts& layouts,
                                  const cublasLtMatmulAlgo_t& algorithm, void* to) {
    const float alpha = 1, beta = p.add ? 1 : 0;
    return lt_.matmul(handle_, d.operation, &alpha, p.a.data, layouts.a, p.b.data, layouts.b, &beta, to,
                      layouts.d, to, layouts.d, &algorithm, workspace_.get(), workspace_bytes,
                      device_.stream());
}

// The first of what the heuristic offers that the library then does, or the fastest of several.
std::optional<cublasLtMatmulAlgo_t> Products::choose(const Product& p, Description& d,
                                                     const Layouts& layouts) {
    d.check(lt_.preference_create(&d.preference));
    d.prefer(CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, workspace_bytes);
    d.prefer(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, alignment_of(p.a.data));
    d.prefer(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES, alignment_of(p.b.data));
    d.prefer(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, alignment_of(p.d.data));
    d.prefer(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES, alignment_of(p.d.data));
    std::array<cublasLtMatmulHeuristicResult_t, most_candidates> offers{};
    int count = 0;
    const cublasStatus_t status =
        lt_.find_algorithms(handle_, d.operation, layouts.a, layouts.b, layouts.d, layouts.d, d.preference,
                            candidates(), offers.data(), &count);
    if (means_unsupported(status) || count == 0) return std::nullopt;
    d.check(status);
    if (count == 1 || device_.is_capturing()) return offers[0].algo;
    // Products that add would change what they are tried on.
    const std::shared_ptr<void> copy =
        device_.allocate(static_cast<size_t>(p.d.rows * std::max(p.d.stride, p.d.cols)) * size_of(p.d.type));
    std::optional<cublasLtMatmulAlgo_t> best;
    float least = 0;
    for (int i = 0; i < count; ++i) {
        const auto run = [&] { return multiply(p, d, layouts, offers[i].algo, copy.get()); };
        const cublasStatus_t tried = run();
        if (means_unsupported(tried)) continue;
        d.check(tried);
        const float milliseconds = device_.milliseconds([&] { d.check(run()); });
        if (best && milliseconds >= least) continue;
        best = offers[i].algo;
        least = milliseconds;
    }
    return best;
}

void Products::run(Product p) {
    p.epilogue = CUBLASLT_EPILOGUE_DEFAULT;
    p.bias = nullptr;
    p.aux = {};
    if (run_fused(p)) return;
    const auto operand = [](const Matrix& matrix, bool transposed) {
        return transposed ? PlainOperand{matrix.data, matrix.type, matrix.stride, 1}
                          : PlainOperand{matrix.data, matrix.type, 1, matrix.stride};
    };
    plain_product(device_, operand(p.a, p.transpose_a), operand(p.b, p.transpose_b), p.m, p.n, p.k, p.d.data,
                  p.d.type, p.d.stride, p.add);
}

}  // namespace osu::cuda
