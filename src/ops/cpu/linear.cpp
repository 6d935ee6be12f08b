// The linear layers: their products (products.h), and what completes these.
#include <cassert>

#include "base/profile.h"
#include "ops/cpu/backend.h"
#include "ops/cpu/products.h"

namespace osu::cpu {

namespace {

double flops(const Matrix& x, int64_t out) {
    return 2.0 * static_cast<double>(x.rows) * static_cast<double>(x.cols * out);
}

}  // namespace

CpuBackend::CpuBackend(DType compute) : compute_(compute), products_(std::make_unique<Products>(compute)) {}

CpuBackend::~CpuBackend() = default;

bool CpuBackend::rows_are_independent() const {
    return products_->rows_are_independent();
}

std::vector<std::string> CpuBackend::product_implementations() const {
    return products_->implementations();
}

std::unique_ptr<Weight> CpuBackend::make_weight(int64_t out, int64_t in) {
    return products_->make_weight(out, in);
}

void CpuBackend::pack(Weight& weight, const float* master, int64_t stride) {
    pack_from_host(weight, {const_cast<float*>(master), DType::f32, weight.out, weight.in, stride});
}

void CpuBackend::pack_from_host(Weight& weight, Matrix master) {
    const ProfileScope scope("packing");
    assert(master.rows == weight.out && master.cols == weight.in);
    products_->pack(weight, master);
}

void CpuBackend::product(Matrix x, const Weight& w, Bias bias, Matrix y, bool add_to_y) {
    const ProfileScope scope("linear", flops(x, w.out));
    assert(x.cols == w.in && y.cols == w.out && x.rows == y.rows);
    products_->forward(x, w, bias.values, y, add_to_y);
}

void CpuBackend::linear(Matrix x, const Weight& w, Bias bias, Matrix y) {
    product(x, w, bias, y, false);
}

void CpuBackend::linear_add(Matrix x, const Weight& w, Matrix y) {
    product(x, w, nullptr, y, true);
}

void CpuBackend::linear_gelu(Matrix x, const Weight& w, Bias bias, Matrix pre, Matrix y) {
    product(x, w, bias, pre ? pre : y, false);
    const ProfileScope scope("gelu");
    gelu(pre ? pre : y, y);
}

void CpuBackend::input_gradient(Matrix dy, const Weight& w, Matrix dx) {
    const ProfileScope scope("linear, input gradient", flops(dy, w.in));
    assert(dy.cols == w.out && dx.cols == w.in && dx.rows == dy.rows);
    products_->input_gradient(dy, w, dx);
}

void CpuBackend::weight_gradient(Matrix dy, Matrix x, const LinearGradients& gradients) {
    const ProfileScope scope("linear, weight gradient", flops(x, dy.cols));
    assert(dy.rows == x.rows);
    products_->weight_gradient(dy, x, gradients);
}

void CpuBackend::linear_backward(Matrix dy, Matrix x, const Weight& w, Matrix dx,
                                 const LinearGradients& gradients, Matrix pre) {
    if (dx) input_gradient(dy, w, dx);
    if (dx && pre) {
        const ProfileScope scope("gelu backward");
        gelu_backward(dx, pre, dx);
    }
    if (gradients.weight) weight_gradient(dy, x, gradients);
    const ProfileScope scope("linear, bias gradient");
    if (gradients.bias) column_sums(dy, gradients.bias, !gradients.overwrite);
}

}  // namespace osu::cpu
