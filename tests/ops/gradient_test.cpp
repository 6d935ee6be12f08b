// The reference's backwards against central differences of its forwards: what the fast backends are compared
// with is right by itself.
#include <algorithm>
#include <functional>
#include <random>

#include "ops/compare.h"

namespace osu::test {
namespace {

// Σ weights·values
double dot(Tensor& weights, Tensor& values, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; ++i)
        sum += double{weights.reference_floats()[i]} * values.reference_floats()[i];
    return sum;
}

// The gradient that a backward gave for `input` against differences of `loss`, which reads `input`.
void expect_gradient(Tensor& input, const float* gradient, size_t n, const std::function<double()>& loss,
                     const char* what) {
    double largest = 1e-3;
    for (size_t i = 0; i < n; ++i) largest = std::max(largest, std::abs(double{gradient[i]}));
    for (size_t i = 0; i < n; i += n / 40 + 1) {
        float& value = input.reference_floats()[i];
        const float kept = value, step = 4e-3f;
        value = kept + step;
        const double above = loss(), high = value;
        value = kept - step;
        const double below = loss(), low = value;
        value = kept;
        EXPECT_NEAR((above - below) / (high - low), gradient[i], 2e-4 * largest) << what << " " << i;
    }
}

const auto backend = make_reference_backend();

TEST(ReferenceGradient, Linear) {
    Tensor x(5, 12), master(7, 12, DType::f32, 0, 2), bias(1, 7, DType::f32, 0, 3), y(5, 7),
        dy(5, 7, DType::f32, 0, 4);
    const auto weight = backend->make_weight(7, 12);
    const auto loss = [&] {
        backend->pack(*weight, master.reference_floats(), 12);
        backend->linear(x.reference(), *weight, bias.reference_floats(), y.reference());
        return dot(dy, y, 35);
    };
    loss();
    Tensor dx(5, 12), dw(7, 12, DType::f32, 0, 1, 0), dbias(1, 7, DType::f32, 0, 1, 0);
    backend->linear_backward(dy.reference(), x.reference(), *weight, dx.reference(),
                             {dw.reference_floats(), 12, dbias.reference_floats()});
    expect_gradient(x, dx.reference_floats(), 60, loss, "dx");
    expect_gradient(master, dw.reference_floats(), 84, loss, "dw");
    expect_gradient(bias, dbias.reference_floats(), 7, loss, "dbias");
}

TEST(ReferenceGradient, GeluAndSilu) {
    Tensor x(3, 20, DType::f32, 0, 1, 2), y(3, 20), dy(3, 20, DType::f32, 0, 2), dx(3, 20);
    const auto weight = backend->make_weight(20, 20);
    std::vector<float> identity(400);
    for (int i = 0; i < 20; ++i) identity[i * 21] = 1;
    backend->pack(*weight, identity.data(), 20);
    const auto gelu = [&] {
        backend->linear_gelu(x.reference(), *weight, nullptr, {}, y.reference());
        return dot(dy, y, 60);
    };
    backend->linear_backward(dy.reference(), {}, *weight, dx.reference(), {}, x.reference());
    expect_gradient(x, dx.reference_floats(), 60, gelu, "gelu");
    const auto silu = [&] {
        backend->silu(x.reference(), y.reference());
        return dot(dy, y, 60);
    };
    backend->silu_backward(x.reference(), dy.reference(), dx.reference());
    expect_gradient(x, dx.reference_floats(), 60, silu, "silu");
}

TEST(ReferenceGradient, ResidualNorm) {
    const int64_t batch = 2, tokens = 3, h = 8, rows = batch * tokens;
    Tensor x(rows, h), branch(rows, h, DType::f32, 0, 2), gate(batch, h, DType::f32, 0, 3);
    Tensor shift(batch, h, DType::f32, 0, 4), scale(batch, h, DType::f32, 0, 5), x_out(rows, h), y(rows, h);
    Tensor mean(1, rows), rstd(1, rows), dy(rows, h, DType::f32, 0, 6), above(rows, h, DType::f32, 0, 7);
    const ResidualNorm norm{{branch.reference(), gate.reference()},
                            {shift.reference(), scale.reference()},
                            x_out.reference(),
                            {mean.reference_floats(), rstd.reference_floats()}};
    const auto loss = [&] {
        backend->residual_norm(norm, x.reference(), y.reference());
        return dot(dy, y, rows * h) + dot(above, x_out, rows * h);
    };
    loss();
    Tensor dx = above, d_branch(rows, h), d_gate(batch, h), d_shift(batch, h), d_scale(batch, h);
    backend->residual_norm_backward(norm, dy.reference(), dx.reference(),
                                    {d_branch.reference(), d_gate.reference()},
                                    {d_shift.reference(), d_scale.reference()});
    expect_gradient(x, dx.reference_floats(), rows * h, loss, "dx");
    expect_gradient(branch, d_branch.reference_floats(), rows * h, loss, "d_branch");
    expect_gradient(gate, d_gate.reference_floats(), batch * h, loss, "d_gate");
    expect_gradient(shift, d_shift.reference_floats(), batch * h, loss, "d_shift");
    expect_gradient(scale, d_scale.reference_floats(), batch * h, loss, "d_scale");
}

TEST(ReferenceGradient, Attention) {
    for (const int64_t band : {0, 2}) {
        const int32_t lengths[] = {7, 4};
        const AttentionShape shape{2, 7, 2, 4, band, lengths};
        Tensor qkv(14, 24), out(14, 8), d_out(14, 8, DType::f32, 0, 2), d_qkv(14, 24), log_sum(2, 14);
        const osu::Attention attention{qkv.reference(), shape, out.reference(), log_sum.reference_floats()};
        const auto loss = [&] {
            backend->attention(attention);
            return dot(d_out, out, 14 * 8);
        };
        loss();
        backend->attention_backward(attention, d_out.reference(), d_qkv.reference());
        expect_gradient(qkv, d_qkv.reference_floats(), 14 * 24, loss, "d_qkv");
    }
}

}  // namespace
}  // namespace osu::test
