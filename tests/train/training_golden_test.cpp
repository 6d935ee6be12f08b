// Losses, every gradient, and three AdamW steps with EMA against the reference's numbers, on every backend.
#include <algorithm>
#include <tuple>

#include <gtest/gtest.h>

#include "diffusion/loss.h"
#include "model/dit.h"
#include "support/backends.h"
#include "support/goldens.h"
#include "support/host_loss.h"
#include "support/network_golden.h"
#include "train/training_state.h"

namespace osu {
namespace {

class TrainingGolden : public testing::TestWithParam<std::tuple<test::BackendCase, std::string>> {};

std::vector<int> whole_numbers(const std::vector<float>& values) {
    return {values.begin(), values.end()};
}

// The largest difference of the entries whose gradient is more than rounding. (A gradient of L1 can be a sum
// of signs that cancels; AdamW then moves the parameter by the learning rate in the direction of the
// rounding.)
double largest_difference(const TensorView& a, const TensorView& b, const TensorView& gradient) {
    const auto left = to_floats(a), right = to_floats(b), slope = to_floats(gradient);
    const float steepest = std::abs(*std::max_element(
        slope.begin(), slope.end(), [](float x, float y) { return std::abs(x) < std::abs(y); }));
    double largest = left.size() == right.size() ? 0 : INFINITY;
    for (size_t i = 0; i < left.size() && i < right.size(); ++i)
        if (slope[i] == 0 || std::abs(slope[i]) > 1e-5f * steepest)
            largest = std::max(largest, std::abs(double{left[i]} - right[i]));
    return largest;
}

TEST_P(TrainingGolden, LossesGradientsAndSteps) {
    const auto& [backend_case, objective] = GetParam();
    SHARED_OR_SKIP(path, "golden/train_" + objective + ".safetensors");
    const Safetensors golden = Safetensors::open(path);
    const Safetensors network = Safetensors::open(test::test_data("dit_forward.safetensors"));
    const bool exact = !backend_case.bfloat16;

    const auto backend = backend_case.make();
    const DitConfig config = infer_config(test::below(network, "param."), 2);
    Dit dit(config, *backend);
    TrainingState state(dit.layout(), *backend);
    Checkpoint start;
    start.model = test::below(network, "param.");
    state.restore(start, false);
    dit.load(state.parameters());

    const test::NetworkInput input(network);
    const auto x_t = test::floats_of(golden, "in.x_t"), noise = test::floats_of(golden, "in.noise");
    const auto timestep = whole_numbers(input.timestep);
    const Diffusion diffusion(NoiseSchedule::squaredcos_cap_v2, respace("1000"));
    std::vector<float> made_x_t(x_t.size());
    add_noise(diffusion, input.x, noise, timestep, made_x_t);
    EXPECT_LT(test::relative_error(made_x_t, x_t), 1e-6);

    DitInput noised = input.view();
    noised.x = x_t;
    std::vector<float> out(2 * x_t.size()), d_out(out.size()), error(input.batch), bound(input.batch);
    for (int step = 0; step < 3; ++step) {
        dit.forward(noised, out);
        const double loss = test::diffusion_loss(
            *backend, diffusion,
            {input.x, x_t, noise, out, timestep, {}, input.batch, input.tokens, objective == "l1"},
            {error, bound}, 1, d_out);
        dit.backward(d_out, {state.gradients(), true});
        const double expected = test::floats_of(golden, "step" + std::to_string(step) + ".loss")[0];
        EXPECT_NEAR(loss, expected, expected * (exact ? 1e-5 : 1e-2)) << "step " << step;
        if (step == 0) {
            EXPECT_LT(test::relative_error(error, test::floats_of(golden, "loss." + objective)),
                      exact ? 1e-5 : 1e-2);
            EXPECT_LT(test::relative_error(bound, test::floats_of(golden, "loss.vb")), exact ? 1e-5 : 2e-2);
            std::vector<float> gradients(dit.layout().size());
            backend->download(gradients.data(), state.gradients(), gradients.size() * sizeof(float));
            for (const Parameter& p : dit.layout().all()) {
                const std::vector<float> actual(gradients.begin() + p.offset,
                                                gradients.begin() + p.offset + p.count);
                EXPECT_LT(test::relative_error(actual, test::floats_of(golden, "grad." + p.name)),
                          exact ? 1e-3 : 6e-2)
                    << p.name;
            }
        }
        state.measure_gradients();
        state.update({});
        dit.load(state.parameters());
    }
    if (!exact) return;
    // Absolute: where a gradient is all rounding, AdamW still moves by the learning rate in the direction of
    // its sign.
    const Checkpoint end = state.checkpoint();
    for (const Parameter& p : dit.layout().all()) {
        EXPECT_LT(largest_difference(end.model.at(p.name), golden.tensor("after3." + p.name),
                                     golden.tensor("grad." + p.name)),
                  1e-5)
            << p.name;
        EXPECT_LT(largest_difference(end.ema.at(p.name), golden.tensor("ema3." + p.name),
                                     golden.tensor("grad." + p.name)),
                  1e-5)
            << p.name;
    }
}

INSTANTIATE_TEST_SUITE_P(Backends, TrainingGolden,
                         testing::Combine(testing::ValuesIn(test::all_backends()),
                                          testing::Values("l1", "mse")),
                         [](const auto& info) {
                             return std::get<0>(info.param).name + "_" + std::get<1>(info.param);
                         });

}  // namespace
}  // namespace osu
