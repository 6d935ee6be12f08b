// One update of a network's parameters, by hand.
#include "train/training_state.h"

#include <vector>

#include <gtest/gtest.h>

#include "model/config.h"

namespace osu {
namespace {

std::vector<float> parameters_after_one_step(const OptimizerOptions& options) {
    const DitConfig config = dit_config("DiT-XS", 3);
    const ParameterLayout layout(config);
    const auto backend = make_cpu_backend(DType::f32);
    TrainingState state(layout, *backend);
    state.initialize(1);
    std::vector<float> values(layout.size(), 0.5f);
    backend->upload(state.gradients(), values.data(), values.size() * sizeof(float));
    state.measure_gradients();
    state.update(options);
    backend->download(values.data(), state.parameters(), values.size() * sizeof(float));
    return values;
}

// The first step of Adam goes by the learning rate against the gradient's sign, whatever its size.
TEST(TrainingState, TheLabelTableHasItsOwnRate) {
    const ParameterLayout layout(dit_config("DiT-XS", 3));
    const auto start = parameters_after_one_step({.learning_rate = 0});
    const Parameter& labels = layout.find("y_embedder.embedding_table.weight");
    for (const bool alone : {false, true}) {
        const auto after = parameters_after_one_step(
            {.learning_rate = 1e-3, .label_rate_factor = 8, .label_table_only = alone});
        for (size_t i = 0; i < start.size(); ++i) {
            const bool is_label = i - labels.offset < labels.count;
            ASSERT_NEAR(start[i] - after[i], is_label ? 8e-3 : alone ? 0 : 1e-3, 1e-6) << i;
        }
    }
}

}  // namespace
}  // namespace osu
