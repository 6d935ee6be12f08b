#include "ops/cuda/backend.h"

#include <algorithm>
#include <bit>
#include <cassert>

#include "base/error.h"
#include "base/profile.h"
#include "ops/cuda/device.h"
#include "ops/cuda/graph.h"
#include "ops/cuda/kernels.h"
#include "ops/cuda/nccl.h"
#include "ops/cuda/products.h"

namespace osu::cuda {

namespace {

class DeviceReadback final : public Readback {
  public:
    DeviceReadback(Device& device, size_t bytes)
        : device_(device), copy_(allocate_on_host(bytes)), bytes_(bytes) {}
    ~DeviceReadback() override {
        if (started_) static_cast<void>(cudaStreamSynchronize(device_.stream()));
    }
    void start(const void* from) override {
        started_ = true;
        check(cudaMemcpyAsync(copy_.get(), from, bytes_, cudaMemcpyDeviceToHost, device_.stream()),
              "copying from it");
        done_.record(device_.stream());
    }
    bool ready() override { return done_.passed(); }
    const void* wait() override {
        done_.wait();
        device_.timer().collect();
        return copy_.get();
    }

  private:
    Device& device_;
    const std::shared_ptr<void> copy_;
    const size_t bytes_;
    bool started_ = false;
    Event done_;
};

class CudaBackend final : public Backend {
  public:
    CudaBackend(DType compute, int index) : device_(index), compute_(compute), products_(device_, compute) {}

    DType compute_type() const override { return compute_; }
    bool rows_are_independent() const override { return false; }  // cuBLASLt chooses by the shape
    bool shares_host_memory() const override { return false; }
    size_t memory_in_use() const override { return device_.memory().in_use; }
    int64_t tokens_at_once(size_t bytes_per_token) const override {
        constexpr double share = 0.85;  // of what is free; scratch memory takes some of the rest
        const auto most = static_cast<uint64_t>(share * static_cast<double>(device_.memory().free) /
                                                static_cast<double>(bytes_per_token));
        // Micro-batches set the order of sums: a little more or less free memory must not change a run.
        return static_cast<int64_t>(std::bit_floor(std::max<uint64_t>(1, most)));
    }
    std::unique_ptr<Recording> make_recording() override { return std::make_unique<GraphRecording>(device_); }
    std::unique_ptr<Readback> make_readback(size_t bytes) override {
        return std::make_unique<DeviceReadback>(device_, bytes);
    }
    DeviceId device_id() const override { return device_.id(); }
    bool has_sums(bool required) const override { return nccl(required) != nullptr; }
    DeviceSums::Key make_sums_key() override { return cuda::make_sums_key(); }
    std::unique_ptr<DeviceSums> make_sums(const DeviceSums::Key& key, int rank, int size) override {
        return cuda::make_sums(device_, key, rank, size);
    }
    void wait() override { device_.wait(); }

    std::shared_ptr<void> allocate(size_t bytes) override { return device_.allocate(bytes); }
    void upload(void* device, const void* host, size_t bytes) override {
        device_.upload(device, host, bytes);
    }
    void download(void* host, const void* device, size_t bytes) override {
        device_.download(host, device, bytes);
    }
    void zero(void* device, size_t bytes) override {
        const OperationTimer::Scope scope(device_.timer(), "zeroing");
        device_.zero(device, bytes);
    }

    std::unique_ptr<Weight> make_weight(int64_t out, int64_t in, bool) override {
        return products_.make_weight(out, in);
    }
    void pack(Weight& weight, const float* master, int64_t stride) override {
        const OperationTimer::Scope scope(device_.timer(), "packing");
        products_.pack(weight, {const_cast<float*>(master), DType::f32, weight.out, weight.in, stride});
    }
    void pack_from_host(Weight& weight, Matrix master) override {
        const OperationTimer::Scope scope(device_.timer(), "packing");
        device_.begin_operation();
        products_.pack_from_host(weight, master);
    }

    void linear(Matrix x, const Weight& w, const float* bias, Matrix y) override {
        const OperationTimer::Scope scope(device_.timer(), "linear", flops(x, w));
        device_.begin_operation();
        products_.forward(x, w, bias, y, false);
    }
    void linear_add(Matrix x, const Weight& w, Matrix y) override {
        const OperationTimer::Scope scope(device_.timer(), "linear", flops(x, w));
        device_.begin_operation();
        products_.forward(x, w, nullptr, y, true);
    }
    void linear_gelu(Matrix x, const Weight& w, const float* bias, Matrix pre, Matrix y) override {
        const OperationTimer::Scope scope(device_.timer(), "linear", flops(x, w));
        device_.begin_operation();
        products_.forward_gelu(x, w, bias, pre, y);
    }
    void linear_backward(Matrix dy, Matrix x, const Weight& w, Matrix dx, float* dw, int64_t dw_stride,
                         float* dbias, Matrix pre) override {
        device_.begin_operation();
        if (dx) {
            const OperationTimer::Scope scope(device_.timer(), "linear, input gradient", flops(x, w));
            products_.input_gradient(dy, w, dx, pre);
        }
        if (dw) {
            const double work = 2.0 * static_cast<double>(x.rows) * static_cast<double>(dy.cols * x.cols);
            const OperationTimer::Scope scope(device_.timer(), "linear, weight gradient", work);
            products_.weight_gradient(dy, x, dw, dw_stride, dbias);
        }
    }
    void gelu_backward(Matrix dy, Matrix pre, Matrix d_pre) override {
        const OperationTimer::Scope scope(device_.timer(), "gelu backward");
        cuda::gelu_backward(device_, dy, pre, d_pre);
    }

    void residual_norm(Matrix x, Matrix branch, Matrix gate, Modulation modulation, Matrix x_out, Matrix y,
                       float* mean, float* rstd) override {
        const OperationTimer::Scope scope(device_.timer(), "residual + norm");
        cuda::residual_norm(device_, x, branch, gate, modulation, x_out, y, mean, rstd);
    }
    void residual_norm_backward(Matrix dy, Matrix x_out, const float* mean, const float* rstd, Matrix branch,
                                Matrix gate, Modulation modulation, Matrix dx, Matrix d_branch, Matrix d_gate,
                                Modulation d_modulation) override {
        const OperationTimer::Scope scope(device_.timer(), "residual + norm backward");
        device_.begin_operation();
        cuda::residual_norm_backward(device_, dy, x_out, mean, rstd, branch, gate, modulation, dx, d_branch,
                                     d_gate, d_modulation);
    }

    void attention(Matrix qkv, const AttentionShape& shape, Matrix out, float* log_sum) override {
        const OperationTimer::Scope scope(device_.timer(), "attention");
        cuda::attention(device_, qkv, shape, out, log_sum);
    }
    void attention_backward(Matrix qkv, const AttentionShape& shape, Matrix out, Matrix d_out,
                            const float* log_sum, Matrix d_qkv) override {
        const OperationTimer::Scope scope(device_.timer(), "attention backward");
        device_.begin_operation();
        cuda::attention_backward(device_, qkv, shape, out, d_out, log_sum, d_qkv);
    }

    void sinusoidal_features(std::span<const float> values, float scale, Matrix out) override {
        const OperationTimer::Scope scope(device_.timer(), "features");
        cuda::sinusoidal_features(device_, values, scale, out);
    }
    void one_hot(std::span<const uint8_t> index, Matrix out) override { cuda::one_hot(device_, index, out); }
    void cast(Matrix x, Matrix y) override {
        const OperationTimer::Scope scope(device_.timer(), "casts, silu");
        cuda::cast(device_, x, y);
    }
    void silu(Matrix x, Matrix y) override {
        const OperationTimer::Scope scope(device_.timer(), "casts, silu");
        cuda::silu(device_, x, y);
    }
    void silu_backward(Matrix x, Matrix dy, Matrix dx) override {
        const OperationTimer::Scope scope(device_.timer(), "casts, silu");
        cuda::silu_backward(device_, x, dy, dx);
    }
    void lookup_add(const float* table, std::span<const int32_t> index, Matrix out) override {
        const OperationTimer::Scope scope(device_.timer(), "label table");
        cuda::lookup_add(device_, table, index, out);
    }
    void lookup_backward(Matrix dy, std::span<const int32_t> index, float* d_table) override {
        const OperationTimer::Scope scope(device_.timer(), "label table");
        cuda::lookup_backward(device_, dy, index, d_table);
    }
    void gather_rows(const float* table, std::span<const int32_t> index, Matrix rows) override {
        const OperationTimer::Scope scope(device_.timer(), "label table");
        cuda::gather_rows(device_, table, index, rows);
    }
    void scatter_rows(Matrix rows, std::span<const int32_t> index, float* table) override {
        const OperationTimer::Scope scope(device_.timer(), "label table");
        cuda::scatter_rows(device_, rows, index, table);
    }

    void diffusion_loss(const LossBatch& batch, Matrix d_out, float* terms) override {
        const OperationTimer::Scope scope(device_.timer(), "loss");
        cuda::diffusion_loss(device_, batch, d_out, terms);
    }
    void adamw(float* parameter, const float* gradient, float* exp_avg, float* exp_avg_sq, float* ema,
               size_t n, const AdamWFactors* factors, const StepTotals* totals) override {
        const OperationTimer::Scope scope(device_.timer(), "adamw + ema");
        cuda::adamw(device_, parameter, gradient, exp_avg, exp_avg_sq, ema, n, factors, totals);
    }
    void sum(const float* values, size_t n, double* result) override {
        device_.begin_operation();
        cuda::sum(device_, values, n, result);
    }
    void squared_norm(const float* values, size_t n, double* result) override {
        const OperationTimer::Scope scope(device_.timer(), "gradient norm");
        device_.begin_operation();
        cuda::squared_norm(device_, values, n, result);
    }

  private:
    Device device_;
    const DType compute_;
    Products products_;

    static double flops(Matrix x, const Weight& w) {
        return 2.0 * static_cast<double>(x.rows) * static_cast<double>(w.in * w.out);
    }
};

}  // namespace

std::unique_ptr<Backend> make_backend(DType compute, int index) {
    assert(compute == DType::f32 || compute == DType::bf16);
    const auto [count, missing] = find_devices();
    if (count == 0)
        fail(Hint{"use --device cpu, or see what nvidia-smi says"},
             "no NVIDIA GPU or no driver for it was found ({})", missing);
    if (index < 0 || index >= count)
        fail(Hint{"the first is cuda:0"}, "there is no GPU {}: this computer has {}", index, count);
    return std::make_unique<CudaBackend>(compute, index);
}

}  // namespace osu::cuda
