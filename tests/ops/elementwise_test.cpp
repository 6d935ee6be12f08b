#include <algorithm>
#include <cstdint>
#include <limits>

#include "ops/compare.h"

namespace osu::test {
namespace {

using Elementwise = BothBackends;
INSTANTIATE_FOR_BACKENDS(Elementwise);

// Rows that can be read by 16 bytes, and others.
struct RowShape {
    int64_t columns, gap;
};
constexpr RowShape row_shapes[] = {{133, 2}, {136, 8}, {136, 1}};

TEST_P(Elementwise, Cast) {
    for (const auto& [columns, gap] : row_shapes)
        for (const DType to : {DType::f32, DType::bf16}) {
            Tensor x(7, columns, type, gap), y(7, columns, to, gap + 8, 2);
            own->cast(x.own(), y.own());
            reference->cast(x.reference(), y.reference());
            y.expect_equal(to == DType::f32 ? 0 : 1.0 / 256, "y");
        }
}

// Rounding is to nearest even, as to_bfloat16 does it, also at the edges.
TEST_P(Elementwise, CastRoundsLikeScalarCode) {
    std::vector<float> x = {0.0f,
                            -0.0f,
                            1.00390625f,
                            1.01171875f,
                            3.4e38f,
                            -3.4e38f,
                            1e-40f,
                            std::numeric_limits<float>::infinity(),
                            std::numeric_limits<float>::quiet_NaN(),
                            std::bit_cast<float>(0x7fffffffu),
                            std::bit_cast<float>(0xff800001u)};
    x.resize(50, 1.00390625f * 3);
    const auto count = static_cast<int64_t>(x.size());
    Tensor from(1, count), to(1, count, DType::bf16);
    for (size_t i = 0; i < x.size(); ++i) from.set(i, x[i]);
    own->cast(from.own(), to.own());
    const auto* y = reinterpret_cast<const BFloat16*>(to.bytes().data());
    for (size_t i = 0; i < x.size(); ++i) EXPECT_EQ(y[i].bits, to_bfloat16(x[i]).bits) << i << ": " << x[i];
}

TEST_P(Elementwise, Silu) {
    for (const auto& [columns, gap] : row_shapes) {
        Tensor x(5, columns, DType::f32, gap, 1, 4.0f), y(5, columns, type), dy(5, columns, type, 0, 2),
            dx(5, columns, type, 0, 3);
        own->silu(x.own(), y.own());
        reference->silu(x.reference(), y.reference());
        y.expect_equal(bound, "y");
        own->silu_backward(x.own(), dy.own(), dx.own());
        reference->silu_backward(x.reference(), dy.reference(), dx.reference());
        dx.expect_equal(bound, "dx");
    }
}

TEST_P(Elementwise, SinusoidalFeatures) {
    std::vector<float> values = {0,    1,         -1,        0.5f, 512,  384,  999,
                                 1e5f, 123456.7f, -98765.4f, 1e6f, 3e7f, 2e9f, 1e20f};
    for (int i = 0; i < 40; ++i) values.push_back(static_cast<float>(i * 7919.37));
    for (const int64_t size : {128, 256, 6}) {
        Tensor out(static_cast<int64_t>(values.size()), size, type, 3);
        own->sinusoidal_features(OnDevice(values).span(), 0.1f, out.own());
        reference->sinusoidal_features(values, 0.1f, out.reference());
        out.expect_equal(type == DType::f32 ? 2e-7 : 1.0 / 256, "features");
    }
}

TEST_P(Elementwise, OneHot) {
    const std::vector<uint8_t> index = {0, 15, 3, 3, 9};
    Tensor out(5, 16, type, 4);
    own->one_hot(OnDevice(index).span(), out.own());
    reference->one_hot(index, out.reference());
    out.expect_equal(0, "one_hot");
}

TEST_P(Elementwise, Lookup) {
    const std::vector<int32_t> index = {4, 0, 4, 2, 4};
    Tensor table(5, 100), out(5, 100, DType::f32, 3, 2), d_table(5, 100, DType::f32, 0, 3);
    own->lookup_add(table.floats(), OnDevice(index).span(), out.own());
    reference->lookup_add(table.reference_floats(), index, out.reference());
    out.expect_equal(1e-7, "out");
    own->lookup_backward(out.own(), OnDevice(index).span(), d_table.floats());
    reference->lookup_backward(out.reference(), index, d_table.reference_floats());
    d_table.expect_equal(1e-6, "d_table");
}

TEST_P(Elementwise, AdamW) {
    const int64_t n = 70001;
    Tensor parameter(1, n), gradient(1, n, DType::f32, 0, 2), average(1, n, DType::f32, 0, 3, 0);
    Tensor square = average, ema = parameter;
    for (int64_t step = 1; step <= 3; ++step) {
        AdamWStep s;
        s.step = step;
        s.weight_decay = 0.01f;
        s.gradient_scale = 0.5f;
        s.ema_decay = 0.99f;
        own->adamw(parameter.floats(), gradient.floats(), average.floats(), square.floats(), ema.floats(), n,
                   s);
        reference->adamw(parameter.reference_floats(), gradient.reference_floats(),
                         average.reference_floats(), square.reference_floats(), ema.reference_floats(), n, s);
    }
    parameter.expect_equal(1e-6, "parameter");
    average.expect_equal(1e-6, "exp_avg");
    square.expect_equal(1e-6, "exp_avg_sq");
    ema.expect_equal(1e-6, "ema");
    const double expected = reference->squared_norm(gradient.reference_floats(), n);
    EXPECT_NEAR(own->squared_norm(gradient.floats(), n), expected, 1e-12 * expected);
}

TEST_P(Elementwise, MemoryIsZeroedAndAligned) {
    for (const size_t bytes : {size_t{1}, size_t{1000}, size_t{5} << 20}) {
        const auto memory = own->allocate(bytes);
        EXPECT_EQ(reinterpret_cast<uintptr_t>(memory.get()) % 64, 0u);
        std::vector<unsigned char> copy(bytes, 1);
        own->download(copy.data(), memory.get(), bytes);
        EXPECT_EQ(std::count(copy.begin(), copy.end(), 0), static_cast<int64_t>(bytes));
        own->upload(memory.get(), std::vector<unsigned char>(bytes, 255).data(), bytes);
        own->zero(memory.get(), bytes);
        own->download(copy.data(), memory.get(), bytes);
        EXPECT_EQ(std::count(copy.begin(), copy.end(), 0), static_cast<int64_t>(bytes));
    }
}

}  // namespace
}  // namespace osu::test
