#include <algorithm>
#include <bit>
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

// Bits that PyTorch 1.13 gives for exp(−ln 10000 · k / 128), exact or not.
TEST(Frequencies, ArePyTorchsOwn) {
    const std::pair<size_t, uint32_t> expected[] = {
        {0, 0x3f800000},   {1, 0x3f6e39f8},   {2, 0x3f5dafd6},   {13, 0x3ec8eb24}, {14, 0x3ebaf81a},
        {26, 0x3e1db040},  {33, 0x3dbe94c8},  {44, 0x3d2cba16},  {53, 0x3cb4c692}, {56, 0x3c91ad3a},
        {70, 0x3bd4ca16},  {84, 0x3b1b690e},  {89, 0x3ad8e674},  {91, 0x3abbd3ea}, {101, 0x3a36ee9e},
        {108, 0x39dd1722}, {112, 0x39a5cb60}, {119, 0x394860c0}, {127, 0x38e15c8e}};
    const std::vector<float> all = sinusoid_frequencies(128), half = sinusoid_frequencies(64);
    for (const auto& [k, bits] : expected) {
        EXPECT_EQ(std::bit_cast<uint32_t>(all[k]), bits) << k;
        if (k % 2 == 0) {
            EXPECT_EQ(half[k / 2], all[k]) << k;
        }
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

TEST_P(Elementwise, RowsAreGatheredAndScattered) {
    const std::vector<int32_t> index = {2, -1, 0, 4, -1};
    Tensor table(6, 37, DType::f32, 0, 1), rows(5, 37, DType::f32, 3, 2), other(5, 37, DType::f32, 3, 3);
    own->gather_rows(table.floats(), OnDevice(index).span(), rows.own());
    reference->gather_rows(table.reference_floats(), index, rows.reference());
    rows.expect_equal(0, "rows");
    own->scatter_rows(other.own(), OnDevice(index).span(), table.floats());
    reference->scatter_rows(other.reference(), index, table.reference_floats());
    table.expect_equal(0, "table");
}

TEST_P(Elementwise, AdamW) {
    const int64_t n = 70001;
    for (const int64_t first : {0, 3}) {  // where vectors begin, and where they do not
        Tensor parameter(1, n), gradient(1, n, DType::f32, 0, 2), average(1, n, DType::f32, 0, 3, 0);
        Tensor square = average, ema = parameter;
        OnDevice<BFloat16> rounded(std::vector(static_cast<size_t>(n), to_bfloat16(7)));
        const auto step_with = [&](const AdamWStep& step, const StepTotals& totals) {
            const AdamWFactors factors = adamw_factors(step);
            const auto arenas = [&](auto floats) {
                return AdamWArenas{floats(parameter), floats(gradient), floats(average),
                                   floats(square),    floats(ema),      static_cast<size_t>(n)};
            };
            const auto range = [&](const AdamWArenas& all) {
                return all.range(static_cast<size_t>(first), static_cast<size_t>(n));
            };
            AdamWArenas all = arenas([](Tensor& t) { return t.floats(); });
            all.rounded = step.step % 2 == 1 ? rounded.changeable() : nullptr;
            own->adamw(range(all), OnDevice(std::vector{factors}).data(),
                       OnDevice(std::vector{totals}).data());
            reference->adamw(range(arenas([](Tensor& t) { return t.reference_floats(); })), &factors,
                             &totals);
        };
        const double norm = 264.5;
        AdamWStep s;
        for (const float clip : {0.0f, 100.0f, 1000.0f}) {
            s.weight_decay = 0.01f;
            s.gradient_clip = clip;
            s.ema_decay = 0.99f;
            step_with(s, {1.5, norm * norm});
            ++s.step;
        }
        for (const StepTotals& broken :
             {StepTotals{NAN, 1}, StepTotals{1, INFINITY}, StepTotals{-INFINITY, 1}})
            step_with({}, broken);
        const std::vector<BFloat16> in_bfloat16 = rounded.host();
        for (int64_t i = 0; i < n; ++i) {
            const auto at = static_cast<size_t>(i);
            ASSERT_EQ(in_bfloat16[at].bits, to_bfloat16(i < first ? 7 : parameter.get(at)).bits) << i;
        }
        parameter.expect_equal(1e-6, "parameter");
        average.expect_equal(1e-6, "exp_avg");
        square.expect_equal(1e-6, "exp_avg_sq");
        ema.expect_equal(1e-6, "ema");
    }
}

// More than the threads of a GPU take at a time.
TEST_P(Elementwise, AdamWAndSumsOfMillions) {
    const int64_t n = (int64_t{1} << 22) + 1029;
    Tensor values(5, n);  // parameter, gradient, exp_avg, exp_avg_sq, ema
    const std::vector factors{adamw_factors({})};
    const auto adamw = [&](Backend& backend, float* all, const AdamWFactors* how, const StepTotals* totals) {
        const auto arenas = AdamWArenas::in(all, static_cast<size_t>(n));
        backend.zero(arenas.exp_avg, 2 * arenas.count * sizeof(float));  // and exp_avg_sq behind it
        backend.adamw(arenas, how, totals);
    };
    const std::vector totals{StepTotals{0, 1}};
    adamw(*own, values.floats(), OnDevice(factors).data(), OnDevice(totals).data());
    adamw(*reference, values.reference_floats(), factors.data(), totals.data());
    values.expect_equal(1e-6, "arenas");
    double expected = 0;
    OnDevice<double> result({0});
    reference->squared_norm(values.reference_floats(), n, &expected);
    own->squared_norm(values.floats(), n, result.changeable());
    EXPECT_NEAR(result.host()[0], expected, 1e-5 * expected);
}

TEST_P(Elementwise, AdamWFollowsItsFormula) {
    AdamWStep s;
    s.step = 3;
    s.learning_rate = 0.01f;
    s.weight_decay = 0.1f;
    s.gradient_clip = 2;
    const double g = 4 * 2.0 / 5, m = 0.9 * 0.3 + 0.1 * g, v = 0.999 * 0.2 + 0.001 * g * g;
    const double p = 1.5 * (1 - 0.01 * 0.1) -
                     0.01 * (m / (1 - std::pow(0.9, 3))) / (std::sqrt(v / (1 - std::pow(0.999, 3))) + 1e-8);
    const auto values = own->allocate(5 * sizeof(float));
    auto* const at = static_cast<float*>(values.get());
    std::vector<float> all{1.5f, 4, 0.3f, 0.2f, 1};  // parameter, gradient, exp_avg, exp_avg_sq, ema
    own->upload(at, all.data(), 5 * sizeof(float));
    own->adamw(AdamWArenas::in(at, 1), OnDevice(std::vector{adamw_factors(s)}).data(),
               OnDevice(std::vector{StepTotals{0, 25}}).data());
    own->download(all.data(), at, 5 * sizeof(float));
    EXPECT_NEAR(all[0], p, 1e-6);
    EXPECT_NEAR(all[2], m, 1e-6);
    EXPECT_NEAR(all[3], v, 1e-6);
    EXPECT_NEAR(all[4], 0.9999 + 0.0001 * p, 1e-6);
}

TEST_P(Elementwise, SumsAreOfFloat64AndRepeat) {
    for (const int64_t n : {1, 5, 1000, 400003}) {
        Tensor values(1, n + 1);
        for (const int64_t first : {0, 1}) {
            double expected[2];
            reference->sum(values.reference_floats() + first, n, &expected[0]);
            reference->squared_norm(values.reference_floats() + first, n, &expected[1]);
            OnDevice<double> results({0, 0}), again({0, 0});
            for (OnDevice<double>* to : {&results, &again}) {
                own->sum(values.floats() + first, n, to->changeable());
                own->squared_norm(values.floats() + first, n, to->changeable() + 1);
            }
            const auto got = results.host();
            EXPECT_NEAR(got[0], expected[0], 1e-12 * expected[1]);
            EXPECT_NEAR(got[1], expected[1], 1e-12 * expected[1]);
            EXPECT_EQ(got, again.host());
        }
    }
}

TEST_P(Elementwise, ReadbacksHaveWhatWasThere) {
    const size_t count = 1000, bytes = count * sizeof(float);
    const auto memory = own->allocate(bytes);
    const auto first = own->make_readback(bytes), second = own->make_readback(bytes);
    for (float round = 1; round < 4; ++round) {
        own->upload(memory.get(), std::vector(count, round).data(), bytes);
        first->start(memory.get());
        own->upload(memory.get(), std::vector(count, -round).data(), bytes);
        second->start(memory.get());
        own->zero(memory.get(), bytes);
        while (!second->ready()) {
        }
        EXPECT_EQ(static_cast<const float*>(second->wait())[count - 1], -round);
        EXPECT_EQ(static_cast<const float*>(first->wait())[count - 1], round);
    }
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
