// The operations at the sizes that training has, 32,768 rows of DiT-B, where a GPU's library and our kernels
// choose other ways than for the small shapes of the other tests. What is compared with are sampled elements,
// each computed from the very inputs in float64. On a GPU alone: the emulation would take hours.
#if defined(OSU_CUDA)

#include <cstring>

#include "ops/compare.h"

namespace osu::test {
namespace {

constexpr int64_t batch = 256, tokens = 128, rows = batch * tokens, heads = 12, head_size = 64, h = 768;
constexpr int64_t sampled = 500;

// A matrix without gaps that is drawn quickly: from a stock of values whose number no row's length divides.
class Large {
  public:
    Large(int64_t rows, int64_t cols, DType type, uint64_t seed = 1, float deviation = 1)
        : cols_(cols), type_(type), host_(static_cast<size_t>(rows * cols)), rows_(rows) {
        constexpr size_t stock = 1'000'003;
        std::vector<float> drawn(std::min(stock, host_.size()));
        Philox(seed + drawn_anew(), 99).fill_normal(drawn);
        for (float& value : drawn) value = to_float(to_bfloat16(value * deviation));
        for (size_t i = 0; i < host_.size(); ++i) host_[i] = drawn[i % drawn.size()];
        const std::vector<std::byte> bytes = packed();
        memory_ = tensor_backend()->allocate(bytes.size());
        tensor_backend()->upload(memory_.get(), bytes.data(), bytes.size());
    }
    Matrix matrix() const { return {memory_.get(), type_, rows_, cols_, cols_}; }
    float* floats() const { return static_cast<float*>(memory_.get()); }
    // As they were drawn, or last fetched.
    double at(int64_t row, int64_t column) const { return host_[static_cast<size_t>(row * cols_ + column)]; }
    void fetch() {
        std::vector<std::byte> bytes(host_.size() * size_of(type_));
        tensor_backend()->download(bytes.data(), memory_.get(), bytes.size());
        for (size_t i = 0; i < host_.size(); ++i)
            host_[i] = type_ == DType::bf16 ? to_float(reinterpret_cast<const BFloat16*>(bytes.data())[i])
                                            : reinterpret_cast<const float*>(bytes.data())[i];
    }
    int64_t cols() const { return cols_; }
    int64_t row_count() const { return rows_; }
    // Rows as a tensor, whose reference they are.
    Tensor some(int64_t first, int64_t count) const {
        Tensor tensor(count, cols_);
        std::copy_n(host_.begin() + first * cols_, count * cols_, tensor.reference_floats());
        for (int64_t i = 0; i < count * cols_; ++i)
            tensor.set(static_cast<size_t>(i), host_[static_cast<size_t>(first * cols_ + i)]);
        return tensor;
    }

  private:
    int64_t cols_;
    DType type_;
    std::vector<float> host_;
    int64_t rows_;
    std::shared_ptr<void> memory_;

    std::vector<std::byte> packed() const {
        std::vector<std::byte> bytes(host_.size() * size_of(type_));
        if (type_ == DType::f32)
            std::memcpy(bytes.data(), host_.data(), bytes.size());
        else
            for (size_t i = 0; i < host_.size(); ++i)
                reinterpret_cast<BFloat16*>(bytes.data())[i] = to_bfloat16(host_[i]);
        return bytes;
    }
};

double gelu_argument(double x) {
    return 0.7978845608028654 * (x + 0.044715 * x * x * x);
}
double gelu_of(double x) {
    return 0.5 * x * (1 + std::tanh(gelu_argument(x)));
}
double gelu_slope(double x) {
    const double t = std::tanh(gelu_argument(x));
    return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * 0.7978845608028654 * (1 + 3 * 0.044715 * x * x);
}

class ProductionShapes : public testing::TestWithParam<DType> {
  protected:
    void SetUp() override {
        if (cuda::device_count() == 0) GTEST_SKIP() << "no GPU";
        own = cuda::make_backend(type, 0);
        tensor_backend() = own.get();
    }
    void TearDown() override { tensor_backend() = nullptr; }

    // Sampled elements of `result` against expected(row, column).
    template <class Expected>
    void expect_sampled(const char* what, Large& result, Expected expected) {
        result.fetch();
        Philox random(17 + drawn_anew());
        double worst = 0, largest = 0;
        for (int64_t i = 0; i < sampled; ++i) {
            const auto row = static_cast<int64_t>(random.below(static_cast<uint64_t>(result.row_count()))),
                       column = static_cast<int64_t>(random.below(static_cast<uint64_t>(result.cols())));
            const double right = expected(row, column), got = result.at(row, column);
            ASSERT_FALSE(std::isnan(got)) << what << " at " << row << ", " << column;
            worst = std::max(worst, std::abs(got - right));
            largest = std::max(largest, std::abs(right));
        }
        EXPECT_LE(worst / largest, bound) << what;
    }
    void expect_linear_layer(int64_t in, int64_t out);

    DType type = GetParam();
    double bound = tolerance(type);
    std::unique_ptr<Backend> own;
};

void ProductionShapes::expect_linear_layer(int64_t in, int64_t out) {
    const Large master(out, in, DType::f32, 5, 0.03f), x(rows, in, type, 1), bias(1, out, DType::f32, 2);
    Large y(rows, out, type), pre(rows, out, type);
    const auto weight = own->make_weight(out, in);
    own->pack(*weight, master.floats(), in);
    const auto product = [&](int64_t row, int64_t column) {
        double sum = bias.at(0, column);
        for (int64_t k = 0; k < in; ++k) sum += x.at(row, k) * master.at(column, k);
        return sum;
    };
    own->linear(x.matrix(), *weight, bias.floats(), y.matrix());
    expect_sampled("linear, bias", y, product);
    own->linear_gelu(x.matrix(), *weight, bias.floats(), pre.matrix(), y.matrix());
    expect_sampled("linear, bias, GELU: before it", pre, product);
    expect_sampled("linear, bias, GELU", y,
                   [&](int64_t row, int64_t column) { return gelu_of(product(row, column)); });

    const Large dy(rows, out, type, 3), before(rows, in, type, 4), dw_before(out, in, DType::f32, 6),
        dbias_before(1, out, DType::f32, 7);
    Large dx(rows, in, type), dw(out, in, DType::f32, 6), dbias(1, out, DType::f32, 7);
    own->linear_backward(dy.matrix(), x.matrix(), *weight, dx.matrix(), {dw.floats(), in, dbias.floats()},
                         before.matrix());
    expect_sampled("input gradient with GELU's", dx, [&](int64_t row, int64_t column) {
        double sum = 0;
        for (int64_t k = 0; k < out; ++k) sum += dy.at(row, k) * master.at(k, column);
        return sum * gelu_slope(before.at(row, column));
    });
    expect_sampled("weight gradient", dw, [&](int64_t row, int64_t column) {
        double sum = dw_before.at(row, column);
        for (int64_t k = 0; k < rows; ++k) sum += dy.at(k, row) * x.at(k, column);
        return sum;
    });
    expect_sampled("bias gradient", dbias, [&](int64_t, int64_t column) {
        double sum = dbias_before.at(0, column);
        for (int64_t k = 0; k < rows; ++k) sum += dy.at(k, column);
        return sum;
    });
}

TEST_P(ProductionShapes, LinearLayers) {
    for (const auto& [in, out] : {std::pair<int64_t, int64_t>{h, 3 * h}, {h, h}, {h, 4 * h}, {4 * h, h}}) {
        SCOPED_TRACE(testing::Message() << in << " to " << out);
        expect_linear_layer(in, out);
    }
}

// A window attends to itself alone, so some windows are compared with the reference.
TEST_P(ProductionShapes, Attention) {
    const Large qkv(rows, 3 * h, type, 1), d_out(rows, h, type, 2);
    Large out(rows, h, type), d_qkv(rows, 3 * h, type), log_sum(heads, rows, DType::f32);
    const AttentionShape shape{batch, tokens, heads, head_size, 0, nullptr},
        one{1, tokens, heads, head_size, 0, nullptr};
    const Attention all{qkv.matrix(), shape, out.matrix(), log_sum.floats()};
    own->attention(all);
    own->attention_backward(all, d_out.matrix(), d_qkv.matrix());
    out.fetch();
    d_qkv.fetch();
    const auto reference = make_reference_backend();
    for (const int64_t window : {int64_t{0}, int64_t{101}, batch - 1}) {
        Tensor in = qkv.some(window * tokens, tokens), slopes = d_out.some(window * tokens, tokens),
               result = out.some(window * tokens, tokens), d_in = d_qkv.some(window * tokens, tokens),
               sums(heads, tokens);
        const Attention attention{in.reference(), one, result.reference(), sums.reference_floats()};
        reference->attention(attention);
        reference->attention_backward(attention, slopes.reference(), d_in.reference());
        result.expect_equal(bound, "attention");
        d_in.expect_equal(bound, "attention backward");
    }
}

// Norms of whole rows, sampled as batch rows; a batch row's gradients of its modulation are sums of its
// tokens.
TEST_P(ProductionShapes, ResidualNorm) {
    const Large x(rows, h, DType::f32, 1), branch(rows, h, type, 2), ada(batch, 6 * h, DType::f32, 3, 0.5f),
        dy(rows, h, type, 4);
    Large x_out(rows, h, DType::f32), y(rows, h, type), mean(1, rows, DType::f32), rstd(1, rows, DType::f32),
        dx(rows, h, DType::f32, 5), d_branch(rows, h, type), d_ada(batch, 6 * h, DType::f32);
    const Large dx_before(rows, h, DType::f32, 5);
    const auto modulation = [](Matrix all) { return Modulation{all.columns(0, h), all.columns(h, h)}; };
    const auto gate = [](Matrix all) { return all.columns(2 * h, h); };
    const osu::ResidualNorm all{{branch.matrix(), gate(ada.matrix())},
                                modulation(ada.matrix()),
                                x_out.matrix(),
                                {mean.floats(), rstd.floats()}};
    own->residual_norm(all, x.matrix(), y.matrix());
    own->residual_norm_backward(all, dy.matrix(), dx.matrix(), {d_branch.matrix(), gate(d_ada.matrix())},
                                modulation(d_ada.matrix()));
    for (Large* result : {&x_out, &y, &dx, &d_branch, &d_ada}) result->fetch();
    const auto reference = make_reference_backend();
    for (const int64_t b : {int64_t{0}, int64_t{77}, batch - 1}) {
        const auto of = [&](const Large& all) { return all.some(b * tokens, tokens); };
        Tensor in = of(x), side = of(branch), scales = ada.some(b, 1), slopes = of(dy), sum = of(x_out),
               normed = of(y), means(1, tokens), rstds(1, tokens), d_in = of(dx), d_side = of(d_branch),
               d_scales = d_ada.some(b, 1);
        const osu::ResidualNorm norm{{side.reference(), gate(scales.reference())},
                                     modulation(scales.reference()),
                                     sum.reference(),
                                     {means.reference_floats(), rstds.reference_floats()}};
        reference->residual_norm(norm, in.reference(), normed.reference());
        const Tensor above = of(dx_before);
        for (int64_t i = 0; i < tokens * h; ++i)
            d_in.reference_floats()[i] = above.get(static_cast<size_t>(i));
        reference->residual_norm_backward(norm, slopes.reference(), d_in.reference(),
                                          {d_side.reference(), gate(d_scales.reference())},
                                          modulation(d_scales.reference()));
        sum.expect_equal(bound, "x_out");
        normed.expect_equal(bound, "y");
        d_in.expect_equal(bound, "dx");
        d_side.expect_equal(bound, "d_branch");
        d_scales.expect_equal(bound, "d_modulation and d_gate");
    }
}

INSTANTIATE_TEST_SUITE_P(Types, ProductionShapes, testing::Values(DType::f32, DType::bf16),
                         [](const auto& info) { return "cuda_" + std::string(name_of(info.param)); });

}  // namespace
}  // namespace osu::test

#endif
