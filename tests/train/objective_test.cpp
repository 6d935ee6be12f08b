// A batch in micro-batches, on every backend: whatever fits at once, the same losses and gradients, and one
// shape for the network.
#include "train/objective.h"

#include <cmath>

#include <gtest/gtest.h>

#include "base/random.h"
#include "support/backends.h"
#include "train/training_state.h"

namespace osu {
namespace {

constexpr int64_t windows = 7, tokens = 12;
const DitConfig config{2, 32, 2, 5};

Batch invented_batch() {
    Batch batch{windows, tokens};
    Philox random(5);
    for (int64_t b = 0; b < windows; ++b) {
        for (int64_t t = 0; t < tokens; ++t) {
            batch.time.push_back(200.0f * static_cast<float>(t));
            batch.distance.push_back(100 * random.uniform());
            batch.type.push_back(static_cast<uint8_t>(random.below(type_features)));
        }
        batch.label.push_back(static_cast<int32_t>(b % config.num_classes));
        batch.lengths.push_back(b == 2 ? 5 : tokens);
        batch.sample.push_back(static_cast<uint64_t>(b));
    }
    batch.x.resize(2 * batch.time.size());
    for (float& x : batch.x) x = random.uniform();
    return batch;
}

struct Result {
    std::vector<float> gradients, losses;
    double loss = 0;
    int micro_batches = 0;
};

class ObjectiveTest : public testing::TestWithParam<test::BackendCase> {
  protected:
    const std::unique_ptr<Backend> backend = GetParam().make();
    const Diffusion diffusion{NoiseSchedule::squaredcos_cap_v2, respace("1000")};

    Result run(int64_t windows_at_once) {
        Dit network(config, *backend);
        std::vector<float> values(network.layout().size());
        Philox(3).fill_normal(values);
        for (float& value : values) value *= 0.1f;
        const auto bytes = values.size() * sizeof(float);
        const auto parameters = backend->allocate(bytes), gradients = backend->allocate(bytes),
                   loss = backend->allocate(sizeof(double));
        backend->upload(parameters.get(), values.data(), bytes);
        network.load(static_cast<const float*>(parameters.get()));
        Objective objective(diffusion, true, 11, network, windows_at_once * tokens);
        const Batch batch = invented_batch();
        Result result;
        for (int i = 0; i < 3; ++i) {  // as it comes, recorded, and from the recording
            for (const Parameter& p : network.layout().all()) {  // those of another step
                const std::vector<float> others(p.count, static_cast<float>(1 + windows_at_once));
                backend->upload(static_cast<float*>(gradients.get()) + p.offset, others.data(),
                                others.size() * sizeof(float));
            }
            result.micro_batches = 0;
            objective.run(batch, windows, static_cast<float*>(gradients.get()),
                          static_cast<double*>(loss.get()), nullptr, [&] { ++result.micro_batches; });
        }
        result.gradients.resize(values.size());
        backend->download(result.gradients.data(), gradients.get(), bytes);
        backend->download(&result.loss, loss.get(), sizeof(double));
        result.losses = objective.losses(batch);
        return result;
    }
};

TEST_P(ObjectiveTest, MicroBatchesAddUp) {
    const double bound = GetParam().bfloat16 ? 2e-2 : 1e-5;
    const Result whole = run(windows);
    EXPECT_EQ(whole.micro_batches, 1);
    ASSERT_EQ(whole.losses.size(), static_cast<size_t>(windows));
    double squares = 0;
    for (float gradient : whole.gradients) squares += std::pow(double{gradient}, 2);
    ASSERT_GT(squares, 0);
    for (const auto& [at_once, micro_batches] : {std::pair{4, 2}, {3, 3}, {2, 4}, {1, 7}, {0, 7}}) {
        const Result parts = run(at_once);
        EXPECT_EQ(parts.micro_batches, micro_batches) << at_once;
        EXPECT_NEAR(parts.loss, whole.loss, bound * whole.loss);
        ASSERT_EQ(parts.losses.size(), whole.losses.size());
        for (size_t i = 0; i < parts.losses.size(); ++i)
            EXPECT_NEAR(parts.losses[i], whole.losses[i], bound * whole.losses[i]);
        double difference = 0;
        for (size_t i = 0; i < whole.gradients.size(); ++i)
            difference += std::pow(double{parts.gradients[i]} - whole.gradients[i], 2);
        EXPECT_LT(std::sqrt(difference / squares), bound) << at_once;
    }
}

// Where the network multiplies with what an update leaves in bfloat16, that is what loading would make of it.
TEST_P(ObjectiveTest, UpdatesLeaveTheWeightsThatAreMultipliedWith) {
    Dit network(config, *backend);
    TrainingState state(network.layout(), *backend, network.rounded());
    state.initialize(5);
    network.load(state.parameters());
    Objective objective(diffusion, true, 11, network, windows * tokens);
    const Batch batch = invented_batch();
    std::vector<float> before = objective.losses(batch);
    for (int i = 0; i < 4; ++i) {
        objective.run(batch, windows, state.gradients(), &state.totals()->loss);
        state.measure_gradients();
        state.update({.learning_rate = 1e-2, .label_table_only = i == 2});
        if (!network.rounded()) network.load(state.parameters());
        const std::vector<float> updated = objective.losses(batch);
        EXPECT_NE(updated, before) << i;
        network.load(state.ema());  // as for a validation, and back
        EXPECT_NE(objective.losses(batch), updated) << i;
        network.load(state.parameters());
        EXPECT_EQ(objective.losses(batch), updated) << i;
        before = updated;
    }
}

INSTANTIATE_TEST_SUITE_P(Backends, ObjectiveTest, testing::ValuesIn(test::all_backends()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace osu
