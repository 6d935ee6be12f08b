// The backend of NVIDIA GPUs: products by cuBLASLt, everything else by own kernels. An operation
// is defined in the file of its kernels; all its pointers are to device memory. Below the class stands what
// these files have in common.
#pragma once

#include "ops/backend.h"
#include "ops/cuda/device.h"
#include "ops/cuda/products.h"

namespace osu::cuda {

class CudaBackend final : public Backend {
  public:
    CudaBackend(DType compute, int index) : device_(index), compute_(compute), products_(device_) {}

    DType compute_type() const override { return compute_; }
    bool rows_are_independent() const override { return false; }  // cuBLASLt chooses by the shape
    bool shares_host_memory() const override { return false; }
    size_t memory_in_use() const override { return device_.memory().in_use; }
    int64_t tokens_at_once(size_t bytes_per_token) const override;
    std::unique_ptr<Recording> make_recording() override;
    std::unique_ptr<Readback> make_readback(size_t bytes) override;
    DeviceId device_id() const override { return device_.id(); }
    bool has_sums(bool required) const override;
    DeviceSums::Key make_sums_key() override;
    std::unique_ptr<DeviceSums> make_sums(const DeviceSums::Key& key, int rank, int size) override;
    void wait() override { device_.wait(); }

    std::shared_ptr<void> allocate(size_t bytes) override { return device_.allocate(bytes); }
    void upload(void* device, const void* host, size_t bytes) override;
    void download(void* host, const void* device, size_t bytes) override;
    void zero(void* device, size_t bytes) override;

    std::unique_ptr<Weight> make_weight(int64_t out, int64_t in) override;
    void pack(Weight& weight, const float* master, int64_t stride) override;
    void pack_from_host(Weight& weight, Matrix master) override;
    bool views_weights() const override { return true; }
    std::unique_ptr<Weight> view_weight(Matrix values) override;

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

  private:
    Device device_;
    const DType compute_;
    Products products_;

    Matrix in_compute_type(Matrix x);
    // y = (or, `add`, +=) x·Wᵀ + bias
    void product(Matrix x, const Weight& w, Bias bias, Matrix y, bool add);
    void input_gradient(Matrix dy, const Weight& w, Matrix dx, Matrix pre);
    void weight_gradient(Matrix dy, Matrix x, const LinearGradients& gradients);
};

// What products are completed with. Scratch memory is that of the operation they are part of.
void convert(Device& device, Matrix x, Matrix y);  // y = x, from and to either type
void gelu(Device& device, Matrix pre, Matrix y);
void gelu_backward(Device& device, Matrix dy, Matrix pre, Matrix d_pre);  // d_pre = dy·gelu'(pre)
void add_bias(Device& device, Matrix y, const float* bias);               // y += bias in every row
// sums += (or, not `add`, =) Σ rows of dy, in a fixed order.
void column_sums(Device& device, Matrix dy, float* sums, bool add);

// D (m, n) += or = op(A)·op(B), column-major: for shapes that cuBLASLt has nothing for.
struct PlainOperand {
    const void* data;
    DType type;
    int64_t row_step, column_step;  // elements from one row, and one column, of op(·) to the next
};
void plain_product(Device& device, PlainOperand a, PlainOperand b, int64_t m, int64_t n, int64_t k, void* d,
                   DType d_type, int64_t d_stride, bool add);

}  // namespace osu::cuda
