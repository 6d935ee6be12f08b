// The linear layers: matrix products by cuBLASLt, with bias, GELU and their gradients done on the way where
// it can.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <optional>

#include "ops/backend.h"
#include "ops/cuda/cublas.h"
#include "ops/cuda/device.h"

namespace osu::cuda {

class Products {
  public:
    Products(Device& device, DType compute);
    ~Products();
    Products(const Products&) = delete;
    Products& operator=(const Products&) = delete;

    std::unique_ptr<Weight> make_weight(int64_t out, int64_t in);
    void pack(Weight& weight, Matrix master);  // device memory
    void pack_from_host(Weight& weight, Matrix master);

    // y = (or, `add`, +=) x·Wᵀ + bias
    void forward(Matrix x, const Weight& w, const float* bias, Matrix y, bool add);
    // pre (when given) = x·Wᵀ + bias, y = gelu(pre)
    void forward_gelu(Matrix x, const Weight& w, const float* bias, Matrix pre, Matrix y);
    // dx = dy·W, times gelu'(pre) when that is given
    void input_gradient(Matrix dy, const Weight& w, Matrix dx, Matrix pre);
    // dw += dyᵀ·x, dbias (when given) += Σ rows of dy
    void weight_gradient(Matrix dy, Matrix x, float* dw, int64_t dw_stride, float* dbias);

  private:
    // D (m, n) = op(A)·op(B), or += it; column-major, as cuBLAS has it: a row-major Matrix is its transpose.
    struct Product {
        Matrix a, b, d;
        bool transpose_a = false, transpose_b = false, add = false;
        int64_t m = 0, n = 0, k = 0;
        cublasLtEpilogue_t epilogue = CUBLASLT_EPILOGUE_DEFAULT;
        const void* bias = nullptr;  // or where its gradient goes; of d's type
        Matrix aux;                  // what GELU was given
    };
    using Key = std::array<int64_t, 16>;
    class Description;
    struct Layouts {
        cublasLtMatrixLayout_t a, b, d;
    };

    Device& device_;
    const DType compute_;
    const CublasLt& lt_;
    cublasLtHandle_t handle_ = nullptr;
    std::shared_ptr<void> workspace_;
    std::map<Key, std::optional<cublasLtMatmulAlgo_t>> algorithms_;

    Matrix in_compute_type(Matrix x);
    const void* bias_of_type(const float* bias, int64_t count, DType type);
    static Key key_of(const Product& p);
    bool run_fused(const Product& p);  // false: cuBLASLt cannot do it
    std::optional<cublasLtMatmulAlgo_t> choose(const Product& p, Description& d, const Layouts& layouts);
    cublasStatus_t multiply(const Product& p, const Description& d, const Layouts& layouts,
                            const cublasLtMatmulAlgo_t& algorithm, void* to);
    void run(Product p);  // without epilogue
};

}  // namespace osu::cuda
