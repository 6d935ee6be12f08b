#include "base/parallel.h"
#include "ops/compare.h"

namespace osu::test {
namespace {

struct Shape3 {
    int64_t rows, in, out;
};

constexpr Shape3 shapes[] = {{1, 64, 64},    {3, 256, 1536}, {37, 526, 64}, {130, 768, 4},
                             {21, 1152, 72}, {65, 64, 256},  {9, 63, 30}};

// Types and strides: all eight combinations for one shape, the extremes for the others.
std::vector<int> variants(const Shape3& s) {
    return s.rows == 65 ? std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7} : std::vector<int>{0, 7};
}

class Linear : public BothBackends {
  protected:
    // The `count` values of a tensor as float32.
    static Tensor in_float32(Tensor& tensor, int64_t count) {
        Tensor copy(1, count);
        for (int64_t i = 0; i < count; ++i) copy.set(i, tensor.reference_floats()[i]);
        return copy;
    }
    // The same random weight, packed by either backend; the reference's is rounded to the compute type.
    void make_weight(const Shape3& s) {
        Tensor master(s.out, s.in, type, 3, 5, 0.1f);
        weight = own->make_weight(s.out, s.in);
        reference_weight = reference->make_weight(s.out, s.in);
        own->pack(*weight, in_float32(master, s.out * (s.in + 3)).floats(), s.in + 3);
        reference->pack(*reference_weight, master.reference_floats(), s.in + 3);
    }
    std::unique_ptr<Weight> weight, reference_weight;
};
INSTANTIATE_FOR_BACKENDS(Linear);

TEST_P(Linear, Forward) {
    for (const auto& s : shapes)
        for (const int variant : variants(s)) {
            SCOPED_TRACE(testing::Message()
                         << s.rows << "x" << s.in << "->" << s.out << " variant " << variant);
            make_weight(s);
            Tensor x(s.rows, s.in, variant & 1 ? DType::f32 : type, variant & 4 ? 6 : 0), bias(1, s.out);
            Tensor y(s.rows, s.out, variant & 2 ? DType::f32 : type, variant & 4 ? 2 : 0, 3);
            own->linear(x.own(), *weight, variant & 1 ? nullptr : bias.floats(), y.own());
            reference->linear(x.reference(), *reference_weight,
                              variant & 1 ? nullptr : bias.reference_floats(), y.reference());
            y.expect_equal(bound, "y");
            Tensor sum(s.rows, s.out, DType::f32, 0, 4);
            own->linear_add(x.own(), *weight, sum.own());
            reference->linear_add(x.reference(), *reference_weight, sum.reference());
            sum.expect_equal(bound, "sum");
        }
}

TEST_P(Linear, Gelu) {
    for (const auto& s : shapes) {
        make_weight(s);
        Tensor x(s.rows, s.in, type), bias(1, s.out), y(s.rows, s.out, type), pre(s.rows, s.out, type), z = y;
        own->linear_gelu(x.own(), *weight, bias.floats(), pre.own(), y.own());
        own->linear_gelu(x.own(), *weight, bias.floats(), {}, z.own());
        reference->linear_gelu(x.reference(), *reference_weight, bias.reference_floats(), pre.reference(),
                               y.reference());
        reference->linear_gelu(x.reference(), *reference_weight, bias.reference_floats(), {}, z.reference());
        pre.expect_equal(bound, "pre");
        y.expect_equal(bound, "y");
        z.expect_equal(bound, "y without pre");
    }
}

TEST_P(Linear, Backward) {
    for (const auto& s : shapes)
        for (const int variant : variants(s)) {
            SCOPED_TRACE(testing::Message()
                         << s.rows << "x" << s.in << "->" << s.out << " variant " << variant);
            make_weight(s);
            Tensor x(s.rows, s.in, variant & 1 ? DType::f32 : type, variant & 4 ? 6 : 0);
            Tensor dy(s.rows, s.out, variant & 2 ? DType::f32 : type, variant & 4 ? 2 : 0, 3);
            Tensor dx(s.rows, s.in, variant & 1 ? DType::f32 : type, variant & 4 ? 4 : 0, 4);
            Tensor dw(s.out, s.in, DType::f32, variant & 1 ? 5 : 0, 5), dbias(1, s.out, DType::f32, 0, 6);
            const int64_t stride = s.in + (variant & 1 ? 5 : 0);
            own->linear_backward(dy.own(), x.own(), *weight, variant & 2 ? Matrix{} : dx.own(),
                                 {dw.floats(), stride, variant & 1 ? nullptr : dbias.floats()});
            reference->linear_backward(
                dy.reference(), x.reference(), *reference_weight, variant & 2 ? Matrix{} : dx.reference(),
                {dw.reference_floats(), stride, variant & 1 ? nullptr : dbias.reference_floats()});
            dx.expect_equal(bound, "dx");
            dw.expect_equal(bound, "dw");
            dbias.expect_equal(bound, "dbias");
        }
}

// What was there is not even read.
TEST_P(Linear, BackwardOverOtherGradients) {
    for (const auto& s : shapes) {
        make_weight(s);
        Tensor x(s.rows, s.in, type), dy(s.rows, s.out, type, 0, 2), dw(s.out, s.in, DType::f32, 5),
            dbias(1, s.out);
        for (int64_t i = 0; i < s.out; ++i) {
            dbias.set(static_cast<size_t>(i), NAN);
            for (int64_t j = 0; j < s.in; ++j) dw.set(static_cast<size_t>(i * (s.in + 5) + j), NAN);
        }
        own->linear_backward(dy.own(), x.own(), *weight, {}, {dw.floats(), s.in + 5, dbias.floats(), true});
        reference->linear_backward(dy.reference(), x.reference(), *reference_weight, {},
                                   {dw.reference_floats(), s.in + 5, dbias.reference_floats(), true});
        dw.expect_equal(bound, "dw");
        dbias.expect_equal(bound, "dbias");
    }
}

// Half of the gradients, and some of the columns.
TEST_P(Linear, BackwardInParts) {
    const Shape3 s{40, 96, 80};
    make_weight(s);
    Tensor x(s.rows, s.in, type), dy(s.rows, s.out, type, 0, 2), dx(s.rows, s.in, type, 0, 3);
    Tensor dw(s.out, s.in, DType::f32, 0, 4), dbias(1, s.out, DType::f32, 0, 5);
    const auto run = [&](Backend& backend, Weight& w, auto matrix, auto floats) {
        backend.linear_backward(matrix(dy), matrix(x), w, matrix(dx), {});
        for (const auto& [first, count] : {std::pair<int64_t, int64_t>{48, 32}, {0, 48}})
            backend.linear_backward(matrix(dy).columns(first, count), matrix(x), w, {},
                                    {floats(dw) + first * s.in, s.in, floats(dbias) + first});
    };
    run(
        *own, *weight, [](Tensor& t) { return t.own(); }, [](Tensor& t) { return t.floats(); });
    run(
        *reference, *reference_weight, [](Tensor& t) { return t.reference(); },
        [](Tensor& t) { return t.reference_floats(); });
    dx.expect_equal(bound, "dx");
    dw.expect_equal(bound, "dw");
    dbias.expect_equal(bound, "dbias");
}

// Packed again after the master changed, another number of rows, another number of threads: the same weight.
TEST_P(Linear, WeightIsReused) {
    const Shape3 s{50, 128, 160};
    make_weight(s);
    Tensor master(s.out, s.in, type, 0, 9);
    own->pack(*weight, in_float32(master, s.out * s.in).floats(), s.in);
    reference->pack(*reference_weight, master.reference_floats(), s.in);
    for (const int threads : {1, 2, 3}) {
        set_thread_count(threads);
        for (const int64_t rows : {1, 16, 133}) {
            Tensor x(rows, s.in, type), y(rows, s.out, type);
            own->linear(x.own(), *weight, nullptr, y.own());
            reference->linear(x.reference(), *reference_weight, nullptr, y.reference());
            y.expect_equal(bound, "y");
        }
    }
    set_thread_count(0);
}

// A weight that lies where it lies: what changes there changes the product.
TEST_P(Linear, WeightsAreViews) {
    if (!own->views_weights()) GTEST_SKIP() << "the backend packs its weights";
    for (const auto& s : shapes) {
        Tensor values(s.out, s.in, type, 0, 5, 0.1f), x(s.rows, s.in, type), y(s.rows, s.out, type),
            bias(1, s.out);
        Matrix viewed = values.own();
        weight = own->view_weight(viewed);
        EXPECT_EQ(weight->out, s.out);
        EXPECT_EQ(weight->in, s.in);
        reference_weight = reference->make_weight(s.out, s.in);
        for (const uint64_t seed : {5, 6}) {
            Tensor newer(s.out, s.in, type, 0, seed, 0.1f);
            own->cast(newer.own(), viewed);
            reference->pack(*reference_weight, newer.reference_floats(), s.in);
            own->linear(x.own(), *weight, bias.floats(), y.own());
            reference->linear(x.reference(), *reference_weight, bias.reference_floats(), y.reference());
            y.expect_equal(bound, "y");
            Tensor dy(s.rows, s.out, type, 0, 3), dx(s.rows, s.in, type);
            own->linear_backward(dy.own(), {}, *weight, dx.own(), {});
            reference->linear_backward(dy.reference(), {}, *reference_weight, dx.reference(), {});
            dx.expect_equal(bound, "dx");
        }
    }
}

// From float32 or bfloat16 rows of any stride, as files have them; wider than what is packed at once.
TEST_P(Linear, WeightsFromHostMemory) {
    for (const Shape3& s : {Shape3{9, 1152, 100}, {5, 63, 30}, {7, 2400, 65}})
        for (const DType master_type : {DType::f32, DType::bf16})
            for (const int64_t spare : {0, 1, 6}) {
                Tensor master(s.out, s.in, master_type, spare, 5, 0.1f), x(s.rows, s.in, type),
                    y(s.rows, s.out, type);
                weight = own->make_weight(s.out, s.in);
                reference_weight = reference->make_weight(s.out, s.in);
                own->pack_from_host(*weight, master.host());
                reference->pack_from_host(*reference_weight, master.reference());
                own->linear(x.own(), *weight, nullptr, y.own());
                reference->linear(x.reference(), *reference_weight, nullptr, y.reference());
                y.expect_equal(bound, "y");
            }
}

// Back through the GELU that made x of `pre`.
TEST_P(Linear, BackwardThroughGelu) {
    for (const auto& s : {Shape3{33, 1000, 24}, Shape3{65, 64, 256}, Shape3{9, 63, 30}})
        for (const int64_t gap : {0, 3}) {
            make_weight(s);
            Tensor dy(s.rows, s.out, type), pre(s.rows, s.in, type, gap, 2, 3.0f),
                dx(s.rows, s.in, type, gap, 3);
            own->linear_backward(dy.own(), {}, *weight, dx.own(), {}, pre.own());
            reference->linear_backward(dy.reference(), {}, *reference_weight, dx.reference(), {},
                                       pre.reference());
            dx.expect_equal(bound, "dx");
        }
}

}  // namespace
}  // namespace osu::test
