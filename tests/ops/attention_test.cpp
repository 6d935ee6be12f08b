#include "base/parallel.h"
#include "ops/compare.h"

namespace osu::test {
namespace {

struct Case {
    int64_t batch, tokens, heads, head_size, band;
    std::vector<int32_t> lengths = {};

    AttentionShape shape() const {
        return {batch, tokens, heads, head_size, band, lengths.empty() ? nullptr : lengths.data()};
    }
    // With the lengths where the backend under test looks for them.
    AttentionShape own_shape() const {
        AttentionShape own = shape();
        if (lengths.empty()) return own;
        if (!copied) copied = std::make_shared<OnDevice<int32_t>>(lengths);
        own.lengths = copied->data();
        return own;
    }
    mutable std::shared_ptr<OnDevice<int32_t>> copied = {};
};

const Case cases[] = {
    {1, 1, 1, 32, 0},
    {2, 37, 2, 64, 0},
    {1, 100, 3, 72, 16},
    {2, 65, 2, 32, 1},
    {1, 300, 2, 64, 128},
    {2, 128, 2, 64, 128, {128, 77}},
    {3, 50, 1, 32, 200, {50, 1, 0}},
    {1, 700, 1, 64, 0},
    {1, 1100, 1, 32, 300, {1061}},
    {2, 90, 2, 72, 7, {31, 90}},
    // What one block takes, and what is just too much for it.
    {1, 1, 2, 64, 0},
    {3, 17, 1, 72, 0, {17, 0, 5}},
    {2, 64, 2, 64, 3},
    {2, 100, 1, 64, 0, {0, 100}},
    {1, 127, 2, 72, 0},
    {1, 127, 1, 32, 31, {64}},
    {2, 128, 2, 64, 0},
    {4, 128, 1, 72, 0, {128, 127, 0, 33}},
    {1, 128, 2, 32, 0},
    {2, 129, 1, 64, 0, {129, 128}},
    {1, 129, 2, 72, 64},
    {2, 129, 1, 32, 0, {0, 97}},
};

class Attention : public BothBackends {
  protected:
    struct Run {
        Tensor qkv, out, log_sum, d_out, d_qkv;
        Run(const Case& c, DType type, float deviation)
            : qkv(c.batch * c.tokens, 3 * c.heads * c.head_size, type, 0, 1, deviation),
              out(c.batch * c.tokens, c.heads * c.head_size, type),
              log_sum(c.heads, c.batch * c.tokens),
              d_out(c.batch * c.tokens, c.heads * c.head_size, type, 0, 2),
              d_qkv(c.batch * c.tokens, 3 * c.heads * c.head_size, type, 0, 3) {}
        osu::Attention own(const Case& c) { return {qkv.own(), c.own_shape(), out.own(), log_sum.floats()}; }
        osu::Attention reference(const Case& c) {
            return {qkv.reference(), c.shape(), out.reference(), log_sum.reference_floats()};
        }
    };
};
INSTANTIATE_FOR_BACKENDS(Attention);

TEST_P(Attention, ForwardAndBackward) {
    for (Case c : cases)
        for (const float deviation : {1.0f, 4.0f}) {  // the larger one: weights near 0 and 1
            SCOPED_TRACE(testing::Message()
                         << c.batch << "x" << c.tokens << ", " << c.heads << " heads of " << c.head_size
                         << ", band " << c.band << ", deviation " << deviation);
            Run run(c, type, deviation);
            // Scores of hundreds: what they are rounded by is an error of the weights.
            const double bound = deviation > 1 ? 2 * this->bound : this->bound;
            own->attention(run.own(c));
            reference->attention(run.reference(c));
            run.out.expect_equal(bound, "out");
            run.log_sum.expect_equal(1e-5, "log_sum", 1);
            own->attention_backward(run.own(c), run.d_out.own(), run.d_qkv.own());
            reference->attention_backward(run.reference(c), run.d_out.reference(), run.d_qkv.reference());
            run.d_qkv.expect_equal(bound, "d_qkv");
        }
}

// A key outside the band has no influence at all.
TEST_P(Attention, MaskIsExact) {
    const Case c{1, 200, 1, 64, 16};
    Run run(c, type, 1), other(c, type, 1);
    for (int64_t k = 0; k < 2 * 64; ++k) other.qkv.set(100 * 192 + 64 + k, 30);
    own->attention({run.qkv.own(), c.own_shape(), run.out.own()});
    own->attention({other.qkv.own(), c.own_shape(), other.out.own()});
    for (int64_t q = 0; q < c.tokens; ++q) {
        const bool sees = q - c.band < 100 && 100 <= q + c.band;
        bool changed = false;
        for (int64_t i = 0; i < 64; ++i) changed |= run.out.get(q * 64 + i) != other.out.get(q * 64 + i);
        EXPECT_EQ(changed, sees) << q;
    }
}

// Behind the valid tokens everything is zero, whatever stands there.
TEST_P(Attention, BehindTheEndIsZero) {
    const Case c{2, 60, 2, 32, 0, {33, 0}};
    Run run(c, type, 1);
    own->attention(run.own(c));
    own->attention_backward(run.own(c), run.d_out.own(), run.d_qkv.own());
    for (int64_t n = 33; n < 120; ++n) {
        for (int64_t i = 0; i < 64; ++i) ASSERT_EQ(run.out.get(n * 64 + i), 0) << n;
        for (int64_t i = 0; i < 192; ++i) ASSERT_EQ(run.d_qkv.get(n * 192 + i), 0) << n;
    }
}

TEST_P(Attention, ThreadsChangeNothing) {
    for (const Case& c : {Case{2, 150, 3, 64, 40, {150, 99}}, Case{2, 128, 2, 64, 0}}) {
        std::vector<std::byte> first_out, first_gradient;
        for (const int threads : {1, 2, 3}) {
            set_thread_count(threads);
            Run run(c, type, 1);
            own->attention(run.own(c));
            own->attention_backward(run.own(c), run.d_out.own(), run.d_qkv.own());
            if (first_out.empty()) first_out = run.out.bytes(), first_gradient = run.d_qkv.bytes();
            EXPECT_TRUE(first_out == run.out.bytes()) << threads;
            EXPECT_TRUE(first_gradient == run.d_qkv.bytes()) << threads;
        }
    }
    set_thread_count(0);
}

}  // namespace
}  // namespace osu::test
