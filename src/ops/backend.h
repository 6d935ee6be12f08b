// The operations of the network, forward and backward, behind one interface for every device.
//
// Conventions. A matrix is a 2-D view in the backend's memory; N = B·T token rows, batch-major. Activations
// that feed products have the compute type (float32 or bfloat16); the residual stream, everything of shape
// (B, ·), statistics, parameters, gradients of parameters and optimiser state are float32. A backward writes
// the gradients of its inputs and adds to the gradients of parameters, but for those of linear layers where
// it is told to overwrite them. All memory is the backend's, spans and lengths too, unless it is called the
// host's.
//
// Each operation is declared here, and defined where its kernels are: CpuBackend::residual_norm in
// cpu/norm.cpp, CudaBackend::residual_norm in cuda/norm.cu. A slow and obvious reference of all of them is
// tests/support/reference_backend.cpp.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "base/tensor.h"
#include "ops/optimizer_terms.h"

namespace osu {

// Rows of `cols` elements, `stride` elements apart (0: one row for all); f32 or bf16.
struct Matrix {
    void* data = nullptr;
    DType type = DType::f32;
    int64_t rows = 0, cols = 0, stride = 0;

    explicit operator bool() const { return data != nullptr; }
    Matrix columns(int64_t first, int64_t count) const {
        return {static_cast<std::byte*>(data) + first * static_cast<int64_t>(size_of(type)), type, rows,
                count, stride};
    }
    Matrix row_range(int64_t first, int64_t count) const {
        return {static_cast<std::byte*>(data) + first * stride * static_cast<int64_t>(size_of(type)), type,
                count, cols, stride};
    }
    float* f32() const { return static_cast<float*>(data); }
    BFloat16* bf16() const { return static_cast<BFloat16*>(data); }
};

// A linear layer's weight in the layout and type that the backend multiplies fastest with.
class Weight {
  public:
    virtual ~Weight() = default;
    int64_t out = 0, in = 0;
    size_t bytes = 0;  // of its packed copy
};

// A linear layer's bias (out). Who has it in bfloat16, too, spares a backend that wants it so the rounding.
struct Bias {
    const float* values = nullptr;
    const BFloat16* rounded = nullptr;

    Bias(const float* values = nullptr, const BFloat16* rounded = nullptr)
        : values(values), rounded(rounded) {}
    explicit operator bool() const { return values != nullptr; }
};

// Where a backward adds a linear layer's gradients, or puts them; what is null is left out.
struct LinearGradients {
    float* weight = nullptr;  // (out, in), rows `stride` elements apart
    int64_t stride = 0;
    float* bias = nullptr;   // (out)
    bool overwrite = false;  // what was there counts for nothing; else they are added to it
};

// What a norm is followed by: y = LN(x)·(1 + scale) + shift. (B, h) float32, columns of the adaLN output; row
// b serves the tokens of batch row b.
struct Modulation {
    Matrix shift, scale;
};

// What a branch of the network adds to the residual stream: gate·branch.
struct GatedBranch {
    Matrix branch;  // (N, h) compute type
    Matrix gate;    // (B, h) float32, as those of Modulation

    explicit operator bool() const { return static_cast<bool>(branch); }
};

struct NormStatistics {
    float *mean = nullptr, *rstd = nullptr;  // (N) each: the mean, and 1/√(variance + 1e-6)
};

// A step of the residual stream, x_out = x + gate·branch, and the norm that reads it: what forward and
// backward have in common.
struct ResidualNorm {
    GatedBranch added;  // absent: x_out = x
    Modulation modulation;
    Matrix x_out;               // (N, h) float32
    NormStatistics statistics;  // the forward stores them when they are given
};

struct AttentionShape {
    int64_t batch = 0, tokens = 0, heads = 0, head_size = 0;
    int64_t band = 0;                  // query q sees key k iff q − band < k ≤ q + band; 0: all keys
    const int32_t* lengths = nullptr;  // (batch) valid tokens of each row; null: all. Keys behind are masked;
                                       // outputs and gradients of rows behind are zero.
};

// What the attention's forward and backward have in common.
struct Attention {
    Matrix qkv;  // (N, 3h): queries, keys, values, each heads × head_size; scale 1/√head_size
    AttentionShape shape;
    Matrix out;                // (N, h)
    float* log_sum = nullptr;  // (heads, N): log Σ exp of the scaled scores of each query, stored when given
};

// What the loss of one row needs of its timestep, and how the row counts. In float64, for logarithms of small
// variances.
struct LossRow {
    double coef1 = 0, coef2 = 0;            // of the posterior's mean
    double recip = 0, recip_minus_one = 0;  // √(1/ᾱ), √(1/ᾱ − 1)
    double log_least = 0, log_most = 0;     // variances
    double mean_weight = 0;                 // of an element in the row's means
    double gradient_weight = 0;             // of an element's gradient
    int64_t valid = 0;                      // tokens that count
    int64_t first = 0;                      // 1: the timestep whose bound is a likelihood
};

struct LossBatch {
    const LossRow* rows = nullptr;  // (B)
    int64_t batch = 0, tokens = 0;
    bool l1 = true;
    const float *x0 = nullptr, *x_t = nullptr, *noise = nullptr;  // (B, 2, T)
    Matrix out;                                                   // (N, 4) float32: ε̂, v
};

// Bytes of the device that come to the host while the device goes on.
class Readback {
  public:
    virtual ~Readback() = default;
    // As the operations called so far leave them; no matter what those called later do.
    virtual void start(const void* device) = 0;
    virtual bool ready() = 0;
    virtual const void* wait() = 0;  // the bytes, until the next start()
};

// A sequence of operations that is done again and again with the same arguments. A backend may do it from a
// recording that it made of an earlier time; so there is no allocate(), upload() or download() in it.
class Recording {
  public:
    virtual ~Recording() = default;
    virtual void run(const std::function<void()>& operations) { operations(); }
};

// Sums over the devices of several processes, which the devices make by themselves, beside the operations.
// Every process makes the same calls in the same order. All of them may stand in a Recording.
class DeviceSums {
  public:
    // What the first process makes and tells to the others, so that their devices find each other.
    using Key = std::array<double, 16>;  // 128 bytes that mean nothing to us

    virtual ~DeviceSums() = default;
    // Begins to replace `values` by their sum over all, when the operations called so far are done. Nobody
    // else touches them until finish(). The same bits in every process, and whenever a run is repeated.
    virtual void start(float* values, size_t count) = 0;
    virtual void start(double* values, size_t count) = 0;
    virtual void finish() = 0;  // operations called from now on see the sums
    virtual void check() = 0;   // Error when a sum cannot come to its end
};

class Backend {
  public:
    virtual ~Backend() = default;
    virtual DType compute_type() const = 0;
    // A row of a product has the same bits whatever rows are beside it, and however many.
    virtual bool rows_are_independent() const = 0;

    // Its memory is the host's: pointers to it can be read by anybody.
    virtual bool shares_host_memory() const { return true; }
    // Bytes of the device's memory that are taken, by whomever; 0 where the memory is the host's.
    virtual size_t memory_in_use() const { return 0; }
    // How many tokens to train on at once, when each takes so many bytes of memory.
    virtual int64_t tokens_at_once(size_t) const { return 4096; }  // what the caches of a CPU like
    virtual std::unique_ptr<Recording> make_recording() { return std::make_unique<Recording>(); }
    virtual std::unique_ptr<Readback> make_readback(size_t bytes);
    // 16 bytes that no other device in the world has; equal for all that are the host itself.
    using DeviceId = std::array<double, 2>;
    virtual DeviceId device_id() const { return {}; }
    // Whether it can sum over devices; with `required` an Error says why not.
    virtual bool has_sums(bool required = false) const;
    virtual DeviceSums::Key make_sums_key();
    virtual std::unique_ptr<DeviceSums> make_sums(const DeviceSums::Key& key, int rank, int size);
    // Operations may go on when their call has returned; they come in the order of the calls. This waits for
    // all.
    virtual void wait() {}

    // Memory of the device, 64-byte aligned, zeroed. What is uploaded may change when the call has returned;
    // what is downloaded is there then.
    virtual std::shared_ptr<void> allocate(size_t bytes) = 0;
    virtual void upload(void* device, const void* host, size_t bytes) = 0;
    virtual void download(void* host, const void* device, size_t bytes) = 0;
    virtual void zero(void* device, size_t bytes) = 0;

    // A weight from its float32 master, (out, in) with `stride` elements between rows. pack() again after the
    // optimiser changed the master.
    virtual std::unique_ptr<Weight> make_weight(int64_t out, int64_t in) = 0;
    virtual void pack(Weight& weight, const float* master, int64_t stride) = 0;
    // The same from host memory, such as a mapped file: master (out, in), float32 or bfloat16.
    virtual void pack_from_host(Weight& weight, Matrix master) = 0;
    // Whether weights can be matrices (out, in) of the compute type as they lie there: what is written to
    // `values` is what is multiplied with, and nothing is packed.
    virtual bool views_weights() const { return false; }
    virtual std::unique_ptr<Weight> view_weight(Matrix) { return nullptr; }

    // y = x·Wᵀ + bias.  x (N, in) compute type, y (N, out) compute type or float32; bias (out) or null.
    virtual void linear(Matrix x, const Weight& w, Bias bias, Matrix y) = 0;
    // y += x·Wᵀ, float32 y without gaps.
    virtual void linear_add(Matrix x, const Weight& w, Matrix y) = 0;
    // y = gelu_tanh(pre), pre = x·Wᵀ + bias; pre is stored when it is given (training).
    virtual void linear_gelu(Matrix x, const Weight& w, Bias bias, Matrix pre, Matrix y) = 0;
    // dx = dy·W, times gelu_tanh'(pre) when that is given (when dx is given); gradients += (or =) dyᵀ·x, and
    // Σ rows of dy. Without dx, dy may be some of the columns, and the gradients what belongs to them.
    virtual void linear_backward(Matrix dy, Matrix x, const Weight& w, Matrix dx,
                                 const LinearGradients& gradients, Matrix pre = {}) = 0;

    // x_out = x + gate·branch (the two may be the same memory), then y = LN(x_out)·(1 + scale) + shift; LN
    // without affine, eps 1e-6. x (N, h) float32, y (N, h) compute type. y absent: the residual alone.
    virtual void residual_norm(const ResidualNorm& norm, Matrix x, Matrix y) = 0;
    // From dy, the gradient of y, with what the forward left. dx (N, h) float32 holds d(x_out) from above and
    // becomes the gradient of x; d_added (its branch gate·dx, compute type; absent when there was none) and
    // d_modulation are overwritten.
    virtual void residual_norm_backward(const ResidualNorm& norm, Matrix dy, Matrix dx, GatedBranch d_added,
                                        Modulation d_modulation) = 0;

    virtual void attention(const Attention& a) = 0;
    // d_qkv (N, 3h) from d_out (N, h), with what the forward left: log_sum too.
    virtual void attention_backward(const Attention& a, Matrix d_out, Matrix d_qkv) = 0;

    // out[n] = cos(v_n·s·f_k) for k < d/2, then sin(v_n·s·f_k); f_k = exp(−ln(10000)·k/(d/2)), d = out.cols,
    // s = scale. Both products and the exponent of f_k are rounded to float32, as in the reference:
    // sinusoid_frequencies().
    virtual void sinusoidal_features(std::span<const float> values, float scale, Matrix out) = 0;
    // out[n][k] = 1 where k = index[n], else 0.
    virtual void one_hot(std::span<const uint8_t> index, Matrix out) = 0;
    // y = x, from and to either type (a copy when they are the same).
    virtual void cast(Matrix x, Matrix y) = 0;
    // y = x·sigmoid(x), and dx = dy·silu'(x). x float32; y, dy, dx of either type. Few rows.
    virtual void silu(Matrix x, Matrix y) = 0;
    virtual void silu_backward(Matrix x, Matrix dy, Matrix dx) = 0;
    // out[n] (+)= table[index[n]]; d_table[index[n]] += dy[n], in the order of n. float32.
    virtual void lookup_add(const float* table, std::span<const int32_t> index, Matrix out) = 0;
    virtual void lookup_backward(Matrix dy, std::span<const int32_t> index, float* d_table) = 0;
    // rows[n] = table[index[n]], and back, for indices that occur once each. Below 0: rows[n] = 0, and no row
    // of the table. float32.
    virtual void gather_rows(const float* table, std::span<const int32_t> index, Matrix rows) = 0;
    virtual void scatter_rows(Matrix rows, std::span<const int32_t> index, float* table) = 0;

    // The training loss of each row (loss_terms.h): terms (B, 2) are its mean error and bound over the valid
    // tokens, d_out (N, 4), when given, their gradients by `out` times gradient_weight; zero behind the valid
    // tokens.
    virtual void diffusion_loss(const LossBatch& batch, Matrix d_out, float* terms) = 0;

    // One pass over parameters: AdamW (decoupled weight decay), moments, EMA; the gradients are clipped by
    // the norm in `totals` first. Nothing changes when a total is not a finite number.
    virtual void adamw(const AdamWArenas& arenas, const AdamWFactors* factors, const StepTotals* totals) = 0;
    // *result = Σ v, and Σ v²: in float64, in a fixed order.
    virtual void sum(const float* values, size_t n, double* result) = 0;
    virtual void squared_norm(const float* values, size_t n, double* result) = 0;
};

// f_k for k < count, as the reference has them.
std::vector<float> sinusoid_frequencies(int64_t count);

// compute: f32 or bf16. bf16 runs on every CPU; without bfloat16 products it keeps activations in bfloat16
// and multiplies in float32.
std::unique_ptr<Backend> make_cpu_backend(DType compute);
bool cpu_has_bfloat16();  // products in bfloat16 are faster here than in float32

}  // namespace osu
