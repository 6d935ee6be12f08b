#include "ops/cuda/products.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/error.h"
#include "ops/cuda/kernels.h"

namespace osu::cuda {

namespace {

constexpr size_t workspace_bytes = size_t{32} << 20;  // what cuBLAS itself takes on sm_90
constexpr int64_t weight_alignment = 8;               // elements: rows of packed weights begin at 16 bytes

struct PackedWeight final : Weight {
    Matrix values;  // (out, in)
    std::shared_ptr<void> memory;
};

Matrix values_of(const Weight& weight) {
    return static_cast<const PackedWeight&>(weight).values;
}

cudaDataType_t data_type(DType type) {
    return type == DType::bf16 ? CUDA_R_16BF : CUDA_R_32F;
}

// Whether a product does `what` on the way: gelu, gelu_gradient, bias_gradient. OSU_CUDA_UNFUSED in the
// environment lists those that a kernel of ours does behind it instead, to measure which is faster on a GPU.
// Where it is not set, gradients of biases are: on an H200 the two ways take the same time, and products
// without an epilogue gain more where their algorithms are timed (41.9 instead of 44.5 ms a step of DiT-B).
bool fuses(const char* what) {
    static const std::string unfused = [] {
        const char* list = std::getenv("OSU_CUDA_UNFUSED");
        return "," + std::string(list ? list : "bias_gradient") + ",";
    }();
    return unfused.find("," + std::string(what) + ",") == std::string::npos;
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

Products::Products(Device& device, DType compute)
    : device_(device), compute_(compute), lt_(cublas_lt()), workspace_(device.allocate_raw(workspace_bytes)) {
    const cublasStatus_t status = lt_.create(&handle_);
    if (status != CUBLAS_STATUS_SUCCESS) fail("cuBLASLt does not start: {}", lt_.describe(status));
}

Products::~Products() {
    lt_.destroy(handle_);
}

std::unique_ptr<Weight> Products::make_weight(int64_t out, int64_t in) {
    auto weight = std::make_unique<PackedWeight>();
    const int64_t stride = (in + weight_alignment - 1) / weight_alignment * weight_alignment;
    weight->out = out;
    weight->in = in;
    weight->bytes = static_cast<size_t>(out * stride) * size_of(compute_);
    weight->memory = device_.allocate(weight->bytes);
    weight->values = {weight->memory.get(), compute_, out, in, stride};
    return weight;
}

void Products::pack(Weight& weight, Matrix master) {
    cast(device_, master, values_of(weight));
}

void Products::pack_from_host(Weight& weight, Matrix master) {
    const size_t element = size_of(master.type), row = static_cast<size_t>(master.cols) * element;
    const auto* from = static_cast<const std::byte*>(master.data);
    std::vector<std::byte> dense;
    if (master.stride != master.cols) {
        dense.resize(static_cast<size_t>(master.rows) * row);
        for (int64_t i = 0; i < master.rows; ++i)
            std::copy_n(from + static_cast<size_t>(i * master.stride) * element, row,
                        dense.data() + static_cast<size_t>(i) * row);
        from = dense.data();
    }
    const size_t bytes = static_cast<size_t>(master.rows) * row;
    auto* copy = device_.scratch<std::byte>(static_cast<int64_t>(bytes));
    device_.upload(copy, from, bytes);
    pack(weight, {copy, master.type, master.rows, master.cols, master.cols});
}

Matrix Products::in_compute_type(Matrix x) {
    if (x.type == compute_) return x;
    const int64_t stride = (x.cols + weight_alignment - 1) / weight_alignment * weight_alignment;
    std::byte* memory = device_.scratch<std::byte>(x.rows * stride * static_cast<int64_t>(size_of(compute_)));
    const Matrix converted{memory, compute_, x.rows, x.cols, stride};
    cast(device_, x, converted);
    return converted;
}

const void* Products::bias_of_type(const float* bias, int64_t count, DType type) {
    if (type == DType::f32) return bias;
    const Matrix from{const_cast<float*>(bias), DType::f32, 1, count, count};
    const Matrix to{device_.scratch<BFloat16>(count), type, 1, count, count};
    cast(device_, from, to);
    return to.data;
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

void Products::forward(Matrix x, const Weight& w, const float* bias, Matrix y, bool add) {
    Product p{values_of(w), in_compute_type(x), y, true, false, add, w.out, x.rows, w.in};
    if (!bias) return run(p);
    p.epilogue = CUBLASLT_EPILOGUE_BIAS;
    p.bias = bias_of_type(bias, w.out, y.type);
    if (run_fused(p)) return;
    run(p);
    add_bias(device_, y, bias);
}

void Products::forward_gelu(Matrix x, const Weight& w, const float* bias, Matrix pre, Matrix y) {
    // In float32 cuBLAS's own tanh is not exact enough.
    if (compute_ == DType::bf16 && bias && fuses("gelu")) {
        Product p{values_of(w), in_compute_type(x), y, true, false, false, w.out, x.rows, w.in};
        p.epilogue = pre ? CUBLASLT_EPILOGUE_GELU_AUX_BIAS : CUBLASLT_EPILOGUE_GELU_BIAS;
        p.bias = bias_of_type(bias, w.out, y.type);
        p.aux = pre;
        if (run_fused(p)) return;
    }
    const Matrix& linear = pre ? pre : y;
    forward(x, w, bias, linear, false);
    gelu(device_, linear, y);
}

void Products::input_gradient(Matrix dy, const Weight& w, Matrix dx, Matrix pre) {
    Product p{values_of(w), in_compute_type(dy), dx, false, false, false, w.in, dy.rows, w.out};
    if (!pre) return run(p);
    if (compute_ == DType::bf16 && fuses("gelu_gradient")) {
        p.epilogue = CUBLASLT_EPILOGUE_DGELU;
        p.aux = pre;
        if (run_fused(p)) return;
    }
    run(p);
    gelu_backward(device_, dx, pre, dx);
}

void Products::weight_gradient(Matrix dy, Matrix x, float* dw, int64_t dw_stride, float* dbias) {
    const Matrix slopes = in_compute_type(dy);
    Product p{in_compute_type(x),
              slopes,
              {dw, DType::f32, dy.cols, x.cols, dw_stride},
              false,
              true,
              true,
              x.cols,
              dy.cols,
              dy.rows};
    if (!dbias) return run(p);
    float* sums = device_.scratch<float>(dy.cols);
    p.epilogue = CUBLASLT_EPILOGUE_BGRADB;
    p.bias = sums;
    if (fuses("bias_gradient") && run_fused(p)) {
        add_column_sums(device_, {sums, DType::f32, 1, dy.cols, dy.cols}, dbias);
        return;
    }
    run(p);
    add_column_sums(device_, dy, dbias);
}

}  // namespace osu::cuda
