// The linear layers: products (products.h) with packed weights, and what belongs to them (bias, GELU and
// their gradients) in the product where it can be, else by kernels behind it.
#include <algorithm>
#include <cassert>
#include <cstdlib>
#include <string>
#include <vector>

#include "ops/cuda/backend.h"

namespace osu::cuda {

namespace {

constexpr int64_t weight_alignment = 8;  // elements: rows of packed weights begin at 16 bytes

struct PackedWeight final : Weight {
    Matrix values;                 // (out, in)
    std::shared_ptr<void> memory;  // where it is the weight's own
};

Matrix values_of(const Weight& weight) {
    return static_cast<const PackedWeight&>(weight).values;
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

double flops(const Matrix& x, const Weight& w) {
    return 2.0 * static_cast<double>(x.rows) * static_cast<double>(w.in * w.out);
}

const void* bias_of_type(Device& device, const Bias& bias, int64_t count, DType type) {
    if (type == DType::f32) return bias.values;
    if (bias.rounded) return bias.rounded;
    const Matrix from{const_cast<float*>(bias.values), DType::f32, 1, count, count};
    const Matrix to{device.scratch<BFloat16>(count), type, 1, count, count};
    convert(device, from, to);
    return to.data;
}

}  // namespace

std::unique_ptr<Weight> CudaBackend::make_weight(int64_t out, int64_t in) {
    auto weight = std::make_unique<PackedWeight>();
    const int64_t stride = (in + weight_alignment - 1) / weight_alignment * weight_alignment;
    weight->out = out;
    weight->in = in;
    weight->bytes = static_cast<size_t>(out * stride) * size_of(compute_);
    weight->memory = device_.allocate(weight->bytes);
    weight->values = {weight->memory.get(), compute_, out, in, stride};
    return weight;
}

std::unique_ptr<Weight> CudaBackend::view_weight(Matrix values) {
    assert(values.type == compute_);
    auto weight = std::make_unique<PackedWeight>();
    weight->out = values.rows;
    weight->in = values.cols;
    weight->bytes = static_cast<size_t>(values.rows * values.stride) * size_of(compute_);
    weight->values = values;
    return weight;
}

void CudaBackend::pack(Weight& weight, const float* master, int64_t stride) {
    const auto scope = device_.begin_operation("packing");
    convert(device_, {const_cast<float*>(master), DType::f32, weight.out, weight.in, stride},
            values_of(weight));
}

void CudaBackend::pack_from_host(Weight& weight, Matrix master) {
    const auto scope = device_.begin_operation("packing");
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
    convert(device_, {copy, master.type, master.rows, master.cols, master.cols}, values_of(weight));
}

Matrix CudaBackend::in_compute_type(Matrix x) {
    if (x.type == compute_) return x;
    const int64_t stride = (x.cols + weight_alignment - 1) / weight_alignment * weight_alignment;
    std::byte* memory = device_.scratch<std::byte>(x.rows * stride * static_cast<int64_t>(size_of(compute_)));
    const Matrix converted{memory, compute_, x.rows, x.cols, stride};
    convert(device_, x, converted);
    return converted;
}

void CudaBackend::product(Matrix x, const Weight& w, Bias bias, Matrix y, bool add) {
    Product p{values_of(w), in_compute_type(x), y, true, false, add, w.out, x.rows, w.in};
    if (!bias) return products_.run(p);
    p.epilogue = CUBLASLT_EPILOGUE_BIAS;
    p.bias = bias_of_type(device_, bias, w.out, y.type);
    if (products_.run_fused(p)) return;
    products_.run(p);
    add_bias(device_, y, bias.values);
}

void CudaBackend::linear(Matrix x, const Weight& w, Bias bias, Matrix y) {
    const auto scope = device_.begin_operation("linear", flops(x, w));
    product(x, w, bias, y, false);
}

void CudaBackend::linear_add(Matrix x, const Weight& w, Matrix y) {
    const auto scope = device_.begin_operation("linear", flops(x, w));
    product(x, w, nullptr, y, true);
}

void CudaBackend::linear_gelu(Matrix x, const Weight& w, Bias bias, Matrix pre, Matrix y) {
    const auto scope = device_.begin_operation("linear", flops(x, w));
    // In float32 cuBLAS's own tanh is not exact enough.
    if (compute_ == DType::bf16 && bias && fuses("gelu")) {
        Product p{values_of(w), in_compute_type(x), y, true, false, false, w.out, x.rows, w.in};
        p.epilogue = pre ? CUBLASLT_EPILOGUE_GELU_AUX_BIAS : CUBLASLT_EPILOGUE_GELU_BIAS;
        p.bias = bias_of_type(device_, bias, w.out, y.type);
        p.aux = pre;
        if (products_.run_fused(p)) return;
    }
    const Matrix& linear = pre ? pre : y;
    product(x, w, bias, linear, false);
    gelu(device_, linear, y);
}

void CudaBackend::input_gradient(Matrix dy, const Weight& w, Matrix dx, Matrix pre) {
    const auto scope = device_.begin_operation("linear, input gradient", flops(dy, w));
    Product p{values_of(w), in_compute_type(dy), dx, false, false, false, w.in, dy.rows, w.out};
    if (!pre) return products_.run(p);
    if (compute_ == DType::bf16 && fuses("gelu_gradient")) {
        p.epilogue = CUBLASLT_EPILOGUE_DGELU;
        p.aux = pre;
        if (products_.run_fused(p)) return;
    }
    products_.run(p);
    gelu_backward(device_, dx, pre, dx);
}

void CudaBackend::weight_gradient(Matrix dy, Matrix x, const LinearGradients& gradients) {
    const double work = 2.0 * static_cast<double>(x.rows) * static_cast<double>(dy.cols * x.cols);
    const auto scope = device_.begin_operation("linear, weight gradient", work);
    const Matrix slopes = in_compute_type(dy);
    Product p{in_compute_type(x),
              slopes,
              {gradients.weight, DType::f32, dy.cols, x.cols, gradients.stride},
              false,
              true,
              !gradients.overwrite,
              x.cols,
              dy.cols,
              dy.rows};
    if (!gradients.bias) return products_.run(p);
    float* sums = device_.scratch<float>(dy.cols);
    p.epilogue = CUBLASLT_EPILOGUE_BGRADB;
    p.bias = sums;
    if (fuses("bias_gradient") && products_.run_fused(p)) {
        column_sums(device_, {sums, DType::f32, 1, dy.cols, dy.cols}, gradients.bias, !gradients.overwrite);
        return;
    }
    products_.run(p);
    column_sums(device_, dy, gradients.bias, !gradients.overwrite);
}

void CudaBackend::linear_backward(Matrix dy, Matrix x, const Weight& w, Matrix dx,
                                  const LinearGradients& gradients, Matrix pre) {
    if (dx) input_gradient(dy, w, dx, pre);
    if (gradients.weight) weight_gradient(dy, x, gradients);
}

}  // namespace osu::cuda
