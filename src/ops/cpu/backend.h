// The backend of the CPU: products by oneDNN or by Highway (products.h), everything else by own loops. Each
// loop picks its instructions at run time (Highway) and shares its rows among the threads. An operation is
// defined in the file of its loops; below the class stands what these files have in common.
#pragma once

#include <string>

#include "ops/backend.h"

namespace osu::cpu {

class Products;

class CpuBackend final : public Backend {
  public:
    explicit CpuBackend(DType compute);
    ~CpuBackend() override;

    DType compute_type() const override { return compute_; }
    bool rows_are_independent() const override;

    std::shared_ptr<void> allocate(size_t bytes) override;
    void upload(void* device, const void* host, size_t bytes) override;
    void download(void* host, const void* device, size_t bytes) override;
    void zero(void* device, size_t bytes) override;

    std::unique_ptr<Weight> make_weight(int64_t out, int64_t in) override;
    void pack(Weight& weight, const float* master, int64_t stride) override;
    void pack_from_host(Weight& weight, Matrix master) override;

    void linear(Matrix x, const Weight& w, Bias bias, Matrix y) override;
    void linear_add(Matrix x, const Weight& w, Matrix y) override;
    void linear_gelu(Matrix x, const Weight& w, Bias bias, Matrix pre, Matrix y) override;
    void linear_backward(Matrix dy, Matrix x, const Weight& w, Matrix dx, const LinearGradients& gradients,
                         Matrix pre) override;

    void residual_norm(const ResidualNorm& norm, Matrix x, Matrix y) override;
    void residual_norm_backward(const ResidualNorm& norm, Matrix dy, Matrix dx, GatedBranch d_added,
                                Modulation d_modulation) override;

    void attention(const Attention& a) override;
    void attention_backward(const Attention& a, Matrix d_out, Matrix d_qkv) override;

    void sinusoidal_features(std::span<const float> values, float scale, Matrix out) override;
    void one_hot(std::span<const uint8_t> index, Matrix out) override;
    void cast(Matrix x, Matrix y) override;
    void silu(Matrix x, Matrix y) override;
    void silu_backward(Matrix x, Matrix dy, Matrix dx) override;
    void lookup_add(const float* table, std::span<const int32_t> index, Matrix out) override;
    void lookup_backward(Matrix dy, std::span<const int32_t> index, float* d_table) override;
    void gather_rows(const float* table, std::span<const int32_t> index, Matrix rows) override;
    void scatter_rows(Matrix rows, std::span<const int32_t> index, float* table) override;

    void diffusion_loss(const LossBatch& batch, Matrix d_out, float* terms) override;
    void adamw(const AdamWArenas& arenas, const AdamWFactors* factors, const StepTotals* totals) override;
    void sum(const float* values, size_t n, double* result) override;
    void squared_norm(const float* values, size_t n, double* result) override;

    // Products::implementations()
    std::vector<std::string> product_implementations() const;

  private:
    const DType compute_;
    const std::unique_ptr<Products> products_;

    // y = x·Wᵀ + bias, or y += x·Wᵀ + bias.
    void product(Matrix x, const Weight& w, Bias bias, Matrix y, bool add);
    void input_gradient(Matrix dy, const Weight& w, Matrix dx);
    void weight_gradient(Matrix dy, Matrix x, const LinearGradients& gradients);
};

// Weights in blocks of `rows` outputs × `columns` inputs: row of blocks by row of blocks, inside a block the
// transposed words of 32 bits (a float32, or a pair of bfloat16 inputs), zero beyond the matrix.
struct WeightLayout {
    DType type;
    int64_t rows, columns;
};
// master (out, in), float32 or bfloat16.
void pack_weight(const Matrix& master, const WeightLayout& layout, void* to);

// What products are completed with.
void convert(Matrix x, Matrix y);  // y = x, from and to either type
void gelu(Matrix pre, Matrix y);
void gelu_backward(Matrix dy, Matrix pre, Matrix d_pre);  // d_pre = dy·gelu'(pre); may be in place
// sums += (or, not `add`, =) Σ rows of dy, each column in the order of the rows.
void column_sums(Matrix dy, float* sums, bool add);

}  // namespace osu::cpu
