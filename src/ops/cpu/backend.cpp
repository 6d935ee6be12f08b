// The backend of the CPU: products by oneDNN, everything else by own loops.
#include "ops/backend.h"

#include <cassert>
#include <cstring>

#include "base/profile.h"
#include "ops/cpu/kernels.h"
#include "ops/cpu/memory.h"
#include "ops/cpu/products.h"

namespace osu {

namespace {

class CpuBackend final : public Backend {
  public:
    explicit CpuBackend(DType compute) : compute_(compute), products_(compute) {}

    DType compute_type() const override { return compute_; }
    // oneDNN's products for packed weights run over the inputs in one order; its general one does not.
    bool rows_are_independent() const override { return cpu::has_wide_products(); }

    std::shared_ptr<void> allocate(size_t bytes) override { return cpu::allocate_zeroed(bytes); }
    void upload(void* device, const void* host, size_t bytes) override { std::memcpy(device, host, bytes); }
    void download(void* host, const void* device, size_t bytes) override { std::memcpy(host, device, bytes); }
    void zero(void* device, size_t bytes) override {
        const ProfileScope scope("zeroing");
        cpu::zero(device, bytes);
    }

    std::unique_ptr<Weight> make_weight(int64_t out, int64_t in, bool trains) override {
        return products_.make_weight(out, in, trains);
    }
    void pack(Weight& weight, const float* master, int64_t stride) override {
        const ProfileScope scope("packing");
        products_.pack(weight, {const_cast<float*>(master), DType::f32, weight.out, weight.in, stride});
    }
    void pack_from_host(Weight& weight, Matrix master) override {
        const ProfileScope scope("packing");
        products_.pack(weight, master);
    }

    void linear(Matrix x, const Weight& w, const float* bias, Matrix y) override {
        const ProfileScope scope("linear", flops(x, w));
        products_.forward(x, w, bias, y, false);
    }
    void linear_add(Matrix x, const Weight& w, Matrix y) override {
        const ProfileScope scope("linear", flops(x, w));
        products_.forward(x, w, nullptr, y, true);
    }
    void linear_gelu(Matrix x, const Weight& w, const float* bias, Matrix pre, Matrix y) override {
        linear(x, w, bias, pre ? pre : y);
        const ProfileScope scope("gelu");
        cpu::gelu(pre ? pre : y, y);
    }
    void linear_backward(Matrix dy, Matrix x, const Weight& w, Matrix dx, float* dw, int64_t dw_stride,
                         float* dbias, Matrix pre) override {
        if (dx) {
            const ProfileScope scope("linear, input gradient", flops(x, w));
            products_.input_gradient(dy, w, dx);
        }
        if (dx && pre) gelu_backward(dx, pre, dx);
        if (dw) {
            const double work = 2.0 * static_cast<double>(x.rows) * static_cast<double>(dy.cols * x.cols);
            const ProfileScope scope("linear, weight gradient", work);
            products_.weight_gradient(dy, x, dw, dw_stride);
        }
        const ProfileScope scope("linear, bias gradient");
        if (dbias) cpu::add_column_sums(dy, dbias);
    }
    void gelu_backward(Matrix dy, Matrix pre, Matrix d_pre) override {
        const ProfileScope scope("gelu backward");
        cpu::gelu_backward(dy, pre, d_pre);
    }

    void residual_norm(Matrix x, Matrix branch, Matrix gate, Modulation modulation, Matrix x_out, Matrix y,
                       float* mean, float* rstd) override {
        const ProfileScope scope("residual + norm");
        cpu::residual_norm(x, branch, gate, modulation, x_out, y, mean, rstd);
    }
    void residual_norm_backward(Matrix dy, Matrix x_out, const float* mean, const float* rstd, Matrix branch,
                                Matrix gate, Modulation modulation, Matrix dx, Matrix d_branch, Matrix d_gate,
                                Modulation d_modulation) override {
        const ProfileScope scope("residual + norm backward");
        cpu::residual_norm_backward(dy, x_out, mean, rstd, branch, gate, modulation, dx, d_branch, d_gate,
                                    d_modulation);
    }

    void attention(Matrix qkv, const AttentionShape& shape, Matrix out, float* log_sum) override {
        const ProfileScope scope("attention");
        cpu::attention(qkv, shape, out, log_sum);
    }
    void attention_backward(Matrix qkv, const AttentionShape& shape, Matrix out, Matrix d_out,
                            const float* log_sum, Matrix d_qkv) override {
        const ProfileScope scope("attention backward");
        cpu::attention_backward(qkv, shape, out, d_out, log_sum, d_qkv);
    }

    void sinusoidal_features(std::span<const float> values, float scale, Matrix out) override {
        const ProfileScope scope("features");
        cpu::sinusoidal_features(values, scale, out);
    }
    void one_hot(std::span<const uint8_t> index, Matrix out) override { cpu::one_hot(index, out); }
    void cast(Matrix x, Matrix y) override {
        const ProfileScope scope("casts, silu");
        cpu::cast(x, y);
    }
    void silu(Matrix x, Matrix y) override {
        const ProfileScope scope("casts, silu");
        cpu::silu(x, y);
    }
    void silu_backward(Matrix x, Matrix dy, Matrix dx) override {
        const ProfileScope scope("casts, silu");
        cpu::silu_backward(x, dy, dx);
    }
    void lookup_add(const float* table, std::span<const int32_t> index, Matrix out) override {
        cpu::lookup_add(table, index, out);
    }
    void lookup_backward(Matrix dy, std::span<const int32_t> index, float* d_table) override {
        cpu::lookup_backward(dy, index, d_table);
    }
    void gather_rows(const float* table, std::span<const int32_t> index, Matrix rows) override {
        cpu::gather_rows(table, index, rows);
    }
    void scatter_rows(Matrix rows, std::span<const int32_t> index, float* table) override {
        cpu::scatter_rows(rows, index, table);
    }

    void diffusion_loss(const LossBatch& batch, Matrix d_out, float* terms) override {
        const ProfileScope scope("loss");
        cpu::diffusion_loss(batch, d_out, terms);
    }
    void adamw(float* parameter, const float* gradient, float* exp_avg, float* exp_avg_sq, float* ema,
               size_t n, const AdamWFactors* factors, const StepTotals* totals) override {
        const ProfileScope scope("adamw + ema");
        cpu::adamw(parameter, gradient, exp_avg, exp_avg_sq, ema, n, *factors, *totals);
    }
    void sum(const float* values, size_t n, double* result) override { *result = cpu::sum(values, n); }
    void squared_norm(const float* values, size_t n, double* result) override {
        const ProfileScope scope("gradient norm");
        *result = cpu::squared_norm(values, n);
    }

  private:
    DType compute_;
    cpu::Products products_;

    static double flops(const Matrix& x, const Weight& w) {
        return 2.0 * static_cast<double>(x.rows) * static_cast<double>(w.in * w.out);
    }
};

}  // namespace

std::unique_ptr<Backend> make_cpu_backend(DType compute) {
    cpu::limit_instructions();
    assert(compute == DType::f32 || compute == DType::bf16);
    return std::make_unique<CpuBackend>(compute);
}

}  // namespace osu
