// The network against the reference's numbers, on every backend.
#include "model/dit.h"

#include <algorithm>
#include <cmath>
#include <set>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/parallel.h"
#include "base/random.h"
#include "model/dit_sampler.h"
#include "support/backends.h"
#include "support/dispatch.h"
#include "support/goldens.h"
#include "support/network_golden.h"

namespace osu {
namespace {

class DitGolden : public testing::TestWithParam<test::BackendCase> {
  protected:
    const double tolerance = GetParam().bfloat16 ? 2e-2 : 1e-4;  // relative to the largest entry
    const Safetensors golden = Safetensors::open(test::test_data("dit_forward.safetensors"));
    const DitConfig config = infer_config(test::below(golden, "param."), 2);
    const std::unique_ptr<Backend> backend = GetParam().make();
    const ParameterLayout layout{config};
    const std::shared_ptr<void> memory = backend->allocate(layout.size() * sizeof(float));

    void load(Dit& dit) {
        std::vector<float> values(layout.size());
        load_parameters(layout, test::below(golden, "param."), values);
        backend->upload(memory.get(), values.data(), values.size() * sizeof(float));
        dit.load(static_cast<const float*>(memory.get()));
    }
};

TEST_P(DitGolden, SizesAreReadFromTheShapes) {
    EXPECT_EQ(config.depth, 2);
    EXPECT_EQ(config.hidden, 64);
    EXPECT_EQ(config.num_classes, 10);
    try {
        infer_config(test::below(golden, "param."));
        ADD_FAILURE() << "64/2 is no known size";
    } catch (const Error& error) {
        EXPECT_TRUE(error.hint().starts_with("sample takes it from --num-heads")) << error.hint();
    }
    EXPECT_THROW(infer_config(test::below(golden, "in.")), std::runtime_error);
}

TEST_P(DitGolden, ForwardAndIntermediates) {
    Dit dit(config, *backend);
    load(dit);
    const test::NetworkInput input(golden);
    std::vector<float> out(static_cast<size_t>(input.batch * 4 * input.tokens));
    dit.forward(input.view(), out);
    EXPECT_LT(test::relative_error(dit.embedded_input(), test::floats_of(golden, "mid.xoc_embedder")),
              tolerance);
    EXPECT_LT(test::relative_error(out, test::floats_of(golden, "out")), tolerance);
    dit.forward(input.view(8), out);
    EXPECT_LT(test::relative_error(out, test::floats_of(golden, "out_banded")), tolerance);
}

TEST_P(DitGolden, SamplerGivesTheSameAndGuides) {
    const TensorMap weights = test::below(golden, "param.");
    const test::NetworkInput input(golden);
    const size_t tokens = static_cast<size_t>(input.tokens);
    DitSampler sampler(config, *backend, weights);
    // Rows 0 and 1 of out_cfg: the first input with label 3 and the null label, guided with scale 1.5.
    std::vector<float> styles = label_vector(weights, 3), null_style = label_vector(weights, 10);
    styles.insert(styles.end(), null_style.begin(), null_style.end());
    const std::span<const float> time(input.time), distance(input.distance);
    const int timestep = static_cast<int>(input.timestep[1]);  // the golden was made with it
    const std::vector<int> timesteps{0, timestep};
    sampler.prepare({time.first(tokens), distance.first(tokens), std::span(input.type).first(tokens), 0},
                    styles, timesteps);
    std::vector<float> x(input.x.begin(), input.x.begin() + static_cast<int64_t>(2 * tokens));
    x.insert(x.end(), input.x.begin(), input.x.begin() + static_cast<int64_t>(2 * tokens));
    std::vector<float> out(2 * 4 * tokens);
    sampler.denoise(x, 0, out);  // another step first: nothing of it may remain
    sampler.denoise(x, 1, out);
    for (size_t i = 0; i < 2 * tokens; ++i)
        out[i] = out[4 * tokens + i] = out[4 * tokens + i] + 1.5f * (out[i] - out[4 * tokens + i]);
    EXPECT_LT(test::relative_error(out, test::floats_of(golden, "out_cfg")), tolerance);
}

// Sums may be split otherwise, so not the same bits.
TEST_P(DitGolden, ThreadsChangeNothingBeyondRounding) {
    const int threads = thread_count();
    const test::NetworkInput input(golden);
    std::vector<float> out(static_cast<size_t>(input.batch * 4 * input.tokens)), first_out, first_gradients;
    for (const int count : {1, 2, 3}) {
        set_thread_count(count);
        Dit dit(config, *backend);
        load(dit);
        dit.forward(input.view(8), out);
        const std::shared_ptr<void> gradients = backend->allocate(layout.size() * sizeof(float));
        dit.backward(out, {static_cast<float*>(gradients.get())});
        std::vector<float> values(layout.size());
        backend->download(values.data(), gradients.get(), values.size() * sizeof(float));
        if (count == 1) {
            first_out = out;
            first_gradients = values;
        }
        EXPECT_LT(test::relative_error(out, first_out), tolerance / 100) << count << " threads";
        EXPECT_LT(test::relative_error(values, first_gradients), tolerance / 100) << count << " threads";
    }
    set_thread_count(threads);
}

// Reads what it is told of, at once.
class ReadingListener final : public GradientListener {
  public:
    ReadingListener(Backend& backend, const float* gradients, size_t size)
        : told(size, NAN), backend_(backend), gradients_(gradients) {}
    void complete(size_t first, size_t count) override {
        ++parts;
        ASSERT_FALSE(ended);
        ASSERT_LE(first + count, told.size());
        const auto part = std::span(told).subspan(first, count);
        ASSERT_TRUE(std::all_of(part.begin(), part.end(), [](float value) { return std::isnan(value); }))
            << "a part of " << first << " to " << first + count << " comes twice";
        backend_.download(part.data(), gradients_ + first, count * sizeof(float));
    }
    void all_complete() override { ended = true; }
    bool is_recordable() const override { return false; }

    std::vector<float> told;
    size_t parts = 0;
    bool ended = false;

  private:
    Backend& backend_;
    const float* const gradients_;
};

// What the backward calls complete is all there is, each part once, and it does not change any more.
TEST_P(DitGolden, GradientsAreCompleteWhenTheyAreToldToBe) {
    const test::NetworkInput input(golden);
    std::vector<float> out(static_cast<size_t>(input.batch * 4 * input.tokens));
    Dit dit(config, *backend);
    load(dit);
    dit.forward(input.view(8), out);
    const std::shared_ptr<void> gradients = backend->allocate(layout.size() * sizeof(float));
    float* const to = static_cast<float*>(gradients.get());
    std::vector<float> end(layout.size());
    ReadingListener listener(*backend, to, layout.size());
    dit.backward(out, {to}, &listener);
    backend->download(end.data(), to, end.size() * sizeof(float));
    EXPECT_EQ(listener.told, end) << "NaN: never told";
    EXPECT_EQ(listener.parts, static_cast<size_t>(2 * config.depth) + 3);
    EXPECT_TRUE(listener.ended);
}

// The same whether the weights are read where they lie, copied, or of another alignment.
TEST_P(DitGolden, SamplerReadsItsWeightsThroughTheReader) {
    const TensorMap weights = test::below(golden, "param.");
    const test::NetworkInput input(golden);
    const size_t tokens = static_cast<size_t>(input.tokens);
    const std::vector<int> timesteps{0};
    const auto output = [&](DitSampler& sampler) {
        sampler.prepare({std::span(input.time).first(tokens), std::span(input.distance).first(tokens),
                         std::span(input.type).first(tokens), 0},
                        label_vector(weights, 3), timesteps);
        std::vector<float> out(4 * tokens);
        sampler.denoise(std::span(input.x).first(2 * tokens), 0, out);
        return out;
    };
    DitSampler direct(config, *backend, weights);
    const std::vector<float> expected = output(direct);
    for (const size_t offset : {0u, 2u, 3u}) {
        std::set<const std::byte*> asked;
        std::vector<std::byte> buffer;
        DitSampler copied(config, *backend, weights, [&](const TensorView& tensor) {
            asked.insert(tensor.bytes.data());
            buffer.assign(offset, std::byte{0xff});
            buffer.insert(buffer.end(), tensor.bytes.begin(), tensor.bytes.end());
            return buffer.data() + offset;
        });
        EXPECT_EQ(output(copied), expected) << offset;
        for (const auto& [name, tensor] : weights) {
            const bool is_read = tensor.shape.size() == 2 && !name.starts_with("y_embedder");
            EXPECT_TRUE(!is_read || asked.contains(tensor.bytes.data())) << name;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Backends, DitGolden, testing::ValuesIn(test::all_backends()),
                         [](const auto& info) { return info.param.name; });

TEST(Dispatch, GoldensHoldWithOlderInstructions) {
    if (!test::passes_with_older_instructions("*")) GTEST_SKIP() << "held down already";
}

struct RandomNetwork {
    const ParameterLayout layout;
    std::vector<float> values;

    RandomNetwork(const DitConfig& config, float deviation) : layout(config), values(layout.size()) {
        Philox(1).fill_normal(values);
        for (float& value : values) value *= deviation;
    }
    TensorMap weights() const { return parameter_views(layout, values); }
};

// Circles, and noise for so many rows of them.
struct MapRows {
    std::vector<float> x, time, distance;
    std::vector<uint8_t> type;

    MapRows(size_t rows, size_t tokens)
        : x(rows * 2 * tokens), time(tokens), distance(tokens, 100.0f), type(tokens) {
        Philox(2).fill_normal(x);
        for (size_t i = 0; i < tokens; ++i) time[i] = 150.0f * static_cast<float>(i);
    }
    MapContext context(int64_t window) const { return {time, distance, type, window}; }
};

TEST(DitSampler, ARowHasTheSameBitsWhateverItsNeighboursAre) {
    constexpr size_t tokens = 130, rows = 3;
    const DitConfig config = dit_config("DiT-XS", 10);
    const RandomNetwork random(config, 0.04f);
    const MapRows map(rows, tokens);
    const size_t hidden = static_cast<size_t>(config.hidden);
    const std::vector<float> styles(rows * hidden, 0.1f);
    const std::vector<int> timesteps{500};
    for (const DType compute : {DType::f32, DType::bf16}) {
        const std::unique_ptr<Backend> backend = make_cpu_backend(compute);
        DitSampler network(config, *backend, random.weights());
        std::vector<float> together(rows * 4 * tokens), alone(4 * tokens);
        if (!network.rows_are_independent()) GTEST_SKIP() << "not with these instructions";
        network.prepare(map.context(128), styles, timesteps);
        network.denoise(map.x, 0, together);
        network.prepare(map.context(128), std::span(styles).first(hidden), timesteps);
        for (size_t row = 0; row < rows; ++row) {
            network.denoise(std::span(map.x).subspan(row * 2 * tokens, 2 * tokens), 0, alone);
            EXPECT_TRUE(std::equal(alone.begin(), alone.end(), together.begin() + row * alone.size()))
                << name_of(compute) << ", row " << row;
        }
    }
}

// A network of its own, which does what it is asked; but for steps that it says it cannot do.
class OtherBlocks final : public RemoteBlocks {
  public:
    OtherBlocks(const DitConfig& config, const ParameterLayout& layout, std::span<const float> values,
                int& done)
        : done_(done), config_(config), network_(config, layout, *backend_) {
        for (Linear* layer : network_.linears()) {
            const LinearParameters& parameters = layer->parameters;
            backend_->pack(*layer->weight, values.data() + parameters.weight->offset,
                           parameters.weight->shape[1]);
            layer->bias = const_cast<float*>(values.data() + parameters.bias->offset);
        }
    }
    bool forward(const AttentionShape& shape, const float* input, const float* modulation,
                 float* out) override {
        if (done_ >= 2) return false;
        ++done_;
        Buffers buffers(*backend_);
        const int64_t rows = shape.batch * shape.tokens;
        const Activations activations = make_activations(buffers, config_, rows, false);
        std::copy_n(input, rows * config_.hidden, activations.input().f32());
        const int64_t width = config_.modulation_size();
        network_.forward(shape, {const_cast<float*>(modulation), DType::f32, shape.batch, width, width},
                         activations);
        std::copy_n(activations.out.f32(), rows * output_channels, out);
        return true;
    }

  private:
    int& done_;
    const DitConfig config_;
    const std::unique_ptr<Backend> backend_ = make_cpu_backend(DType::f32);
    Network network_;
};

TEST(DitSampler, BlocksCanBeDoneElsewhereAndHereWhereTheyCannot) {
    constexpr size_t tokens = 37, rows = 2, steps = 4;
    const DitConfig config{2, 64, 2, 10};
    const RandomNetwork random(config, 0.1f);
    const MapRows map(rows, tokens);
    std::vector<float> styles(rows * static_cast<size_t>(config.hidden));
    Philox(3).fill_normal(styles);
    const std::unique_ptr<Backend> backend = make_cpu_backend(DType::f32);
    DitSampler here(config, *backend, random.weights()), elsewhere(config, *backend, random.weights());
    int done = 0;
    elsewhere.use(std::make_unique<OtherBlocks>(config, random.layout, random.values, done));
    const std::vector<int> timesteps{10, 200, 500, 900};
    for (DitSampler* network : {&here, &elsewhere}) network->prepare(map.context(8), styles, timesteps);
    for (size_t step = 0; step < steps; ++step) {
        std::vector<float> expected(rows * 4 * tokens), out(expected.size());
        here.denoise(map.x, step, expected);
        elsewhere.denoise(map.x, step, out);
        EXPECT_EQ(out, expected) << step;
        EXPECT_EQ(done, std::min<int>(static_cast<int>(step) + 1, 2));
    }
}

TEST(ParameterLayout, PlacesEveryParameterOnce) {
    const ParameterLayout layout(dit_config("DiT-XS", 100));
    std::vector<bool> used(layout.size());
    for (const Parameter& parameter : layout.all()) {
        EXPECT_EQ(parameter.offset % 16, 0u);
        for (size_t i = parameter.offset; i < parameter.offset + parameter.count; ++i) {
            ASSERT_LT(i, used.size());
            ASSERT_FALSE(used[i]);
            used[i] = true;
        }
    }
    EXPECT_EQ(layout.find("blocks.0.adaLN_modulation.1.weight").offset, layout.modulation_weight());
    EXPECT_EQ(layout.find("final_layer.adaLN_modulation.1.weight").offset,
              layout.modulation_weight() + 6u * 6 * 256 * 256);
}

TEST(Config, NamesAndErrors) {
    EXPECT_EQ(dit_config("DiT-B", 5).name(), "DiT-B");
    EXPECT_EQ((DitConfig{2, 64, 2, 10}).name(), "DiT(2, 64, 2)");
    EXPECT_THROW(dit_config("DiT-M", 5), std::runtime_error);
}

}  // namespace
}  // namespace osu
