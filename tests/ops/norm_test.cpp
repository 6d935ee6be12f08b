#include "ops/compare.h"

namespace osu::test {
namespace {

using Norm = BothBackends;
INSTANTIATE_FOR_BACKENDS(Norm);

struct NormShape {
    int64_t batch, tokens, hidden;
};

constexpr NormShape shapes[] = {{1, 1, 64},   {3, 37, 256}, {2, 100, 384},
                                {1, 33, 768}, {2, 5, 1152}, {2, 70, 90}};

// The columns of an adaLN output of `parts` vectors a row.
Matrix part(Matrix all, int64_t index, int64_t hidden) {
    return all.columns(index * hidden, hidden);
}

TEST_P(Norm, Forward) {
    for (const auto& [batch, tokens, h] : shapes)
        for (int variant = 0; variant < 6; ++variant) {
            SCOPED_TRACE(testing::Message() << batch << "x" << tokens << "x" << h << " variant " << variant);
            const int64_t rows = batch * tokens;
            const bool with_branch = variant % 3 != 1, with_y = variant % 3 != 2, in_place = variant >= 3;
            Tensor x(rows, h), branch(rows, h, type, 0, 2), ada(batch, 6 * h, DType::f32, 0, 3);
            Tensor x_out(rows, h, DType::f32, 0, 4), y(rows, h, type, 0, 5), mean(1, rows), rstd(1, rows);
            const auto run = [&](Backend& backend, auto matrix, auto floats) {
                const Matrix all = matrix(ada);
                const auto added = with_branch ? GatedBranch{matrix(branch), part(all, 2, h)} : GatedBranch{};
                backend.residual_norm({added,
                                       {part(all, 0, h), part(all, 1, h)},
                                       in_place ? matrix(x) : matrix(x_out),
                                       {floats(mean), floats(rstd)}},
                                      matrix(x), with_y ? matrix(y) : Matrix{});
            };
            run(
                *own, [](Tensor& t) { return t.own(); }, [](Tensor& t) { return t.floats(); });
            run(
                *reference, [](Tensor& t) { return t.reference(); },
                [](Tensor& t) { return t.reference_floats(); });
            (in_place ? x : x_out).expect_equal(1e-5, "x_out");
            y.expect_equal(bound, "y");
            mean.expect_equal(1e-5, "mean", 1);
            rstd.expect_equal(1e-5, "rstd");
        }
}

// One row of shift, scale and gate for every batch row.
TEST_P(Norm, SharedModulation) {
    const int64_t batch = 3, tokens = 20, h = 128;
    Tensor x(batch * tokens, h), branch(batch * tokens, h, type), ada(1, 3 * h), y(batch * tokens, h, type);
    const auto shared = [&](Matrix all, int64_t index) {
        Matrix m = part(all, index, h);
        m.rows = batch;
        m.stride = 0;
        return m;
    };
    const auto run = [&](Backend& backend, auto matrix) {
        const Matrix all = matrix(ada);
        backend.residual_norm(
            {{matrix(branch), shared(all, 2)}, {shared(all, 0), shared(all, 1)}, matrix(x), {}}, matrix(x),
            matrix(y));
    };
    run(*own, [](Tensor& t) { return t.own(); });
    run(*reference, [](Tensor& t) { return t.reference(); });
    x.expect_equal(1e-5, "x");
    y.expect_equal(bound, "y");
}

TEST_P(Norm, Backward) {
    for (const auto& [batch, tokens, h] : shapes)
        for (const bool with_branch : {true, false}) {
            SCOPED_TRACE(testing::Message()
                         << batch << "x" << tokens << "x" << h << " branch " << with_branch);
            const int64_t rows = batch * tokens;
            Tensor dy(rows, h, type), x_out(rows, h, DType::f32, 0, 2), branch(rows, h, type, 0, 3);
            Tensor ada(batch, 6 * h, DType::f32, 0, 4), dx(rows, h, DType::f32, 0, 5),
                d_branch(rows, h, type, 0, 6);
            Tensor d_ada(batch, 6 * h, DType::f32, 0, 7), mean(1, rows), rstd(1, rows);
            reference->residual_norm({{},
                                      {part(ada.reference(), 0, h), part(ada.reference(), 1, h)},
                                      x_out.reference(),
                                      {mean.reference_floats(), rstd.reference_floats()}},
                                     x_out.reference(), dy.reference());
            for (int64_t i = 0; i < rows; ++i)
                mean.set(i, mean.reference_floats()[i]), rstd.set(i, rstd.reference_floats()[i]);
            dy = Tensor(rows, h, type);
            const auto run = [&](Backend& backend, auto matrix, auto floats) {
                const Matrix all = matrix(ada), d_all = matrix(d_ada);
                const auto added = [&](Tensor& of, const Matrix& gates) {
                    return with_branch ? GatedBranch{matrix(of), part(gates, 2, h)} : GatedBranch{};
                };
                backend.residual_norm_backward({added(branch, all),
                                                {part(all, 0, h), part(all, 1, h)},
                                                matrix(x_out),
                                                {floats(mean), floats(rstd)}},
                                               matrix(dy), matrix(dx), added(d_branch, d_all),
                                               {part(d_all, 0, h), part(d_all, 1, h)});
            };
            run(
                *own, [](Tensor& t) { return t.own(); }, [](Tensor& t) { return t.floats(); });
            run(
                *reference, [](Tensor& t) { return t.reference(); },
                [](Tensor& t) { return t.reference_floats(); });
            dx.expect_equal(1e-5, "dx");
            d_branch.expect_equal(bound, "d_branch");
            d_ada.expect_equal(1e-5, "d_ada");
        }
}

}  // namespace
}  // namespace osu::test
