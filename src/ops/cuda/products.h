// Matrix products by cuBLASLt, with bias, GELU and their gradients done on the way where it can.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <optional>

#include "ops/backend.h"
#include "ops/cuda/cublas.h"
#include "ops/cuda/device.h"

namespace osu::cuda {

// D (m, n) = op(A)·op(B), or += it; column-major, as cuBLAS has it: a row-major Matrix is its transpose.
struct Product {
    Matrix a, b, d;
    bool transpose_a = false, transpose_b = false, add = false;
    int64_t m = 0, n = 0, k = 0;
    cublasLtEpilogue_t epilogue = CUBLASLT_EPILOGUE_DEFAULT;
    const void* bias = nullptr;  // or where its gradient goes; of d's type
    Matrix aux;                  // what GELU was given
};

class Products {
  public:
    explicit Products(Device& device);
    ~Products();
    Products(const Products&) = delete;
    Products& operator=(const Products&) = delete;

    bool run_fused(const Product& p);  // false: cuBLASLt cannot do it
    void run(Product p);               // without epilogue; what cuBLASLt cannot do a kernel of ours does

  private:
    using Key = std::array<int64_t, 16>;
    class Description;
    struct Layouts {
        cublasLtMatrixLayout_t a, b, d;
    };

    Device& device_;
    const CublasLt& lt_;
    cublasLtHandle_t handle_ = nullptr;
    std::shared_ptr<void> workspace_;
    std::map<Key, std::optional<cublasLtMatmulAlgo_t>> algorithms_;

    static Key key_of(const Product& p);
    std::optional<cublasLtMatmulAlgo_t> choose(const Product& p, Description& d, const Layouts& layouts);
    cublasStatus_t multiply(const Product& p, const Description& d, const Layouts& layouts,
                            const cublasLtMatmulAlgo_t& algorithm, void* to);
};

}  // namespace osu::cuda
