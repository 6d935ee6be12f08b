// The network as a whole against its floor, the linear products of its blocks alone:
//   bench_network [--size B,S,XS] [--type bf16,f32] [--only forward,train,rows] [--threads N] [--pairs N]
//                 [--quick] [--json FILE]
//   forward   one row of 256 to 8192 datapoints, band 128, as sampling runs it
//   train     a step on 16 windows of 128 datapoints: forward, backward, AdamW, EMA, packing; and its memory
//   rows      guidance and variants: several rows at once against one
#include <cstdio>
#include <set>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include "base/random.h"
#include "floor.h"
#include "measure.h"
#include "model/dit.h"
#include "sampling/guidance.h"
#include "train/objective.h"
#include "train/training_state.h"

namespace osu::bench {

namespace {

constexpr int64_t band = 128;

struct Flags : NetworkFlags {
    std::vector<std::string> only{"forward", "train", "rows"};
    int pairs = 25;
    // What has a target is measured in all pairs; the rest in as many as fit in some seconds.
    double budget(bool important) const { return quick ? 1 : important ? 1e9 : 12; }
};

struct Setting {
    std::string name;  // "B.bf16"
    DitConfig config;
    DType type;
    const Flags& flags;
    Report& report;

    void print(const std::string& what, const Turns& turns, const std::string& more = {}) const {
        fmt::print("  {:<34} {:6.3f}   {:9.2f} ms against {:9.2f} ms, {} pairs{}\n", what, turns.ratio,
                   turns.first * 1e3, turns.second * 1e3, turns.pairs, more);
        std::fflush(stdout);
    }
    void print_floor(const std::string& what, const Turns& turns, const Floor& floor) const {
        print(what + " / floor", turns,
              fmt::format(", floor {:.0f} GFLOP/s", floor.flops() / turns.second * 1e-9));
    }
};

// An arena of small random values: no gate is zero, as it is in a network that was just initialised.
struct InventedMap {
    std::vector<float> time, distance;
    std::vector<uint8_t> type;
};

InventedMap invented_map(int64_t tokens) {
    InventedMap map;
    for (int64_t t = 0; t < tokens; ++t) {
        map.time.push_back(150.0f * static_cast<float>(t));
        map.distance.push_back(static_cast<float>(t * 37 % 200));
        map.type.push_back(static_cast<uint8_t>(t % 3));
    }
    return map;
}

// A network that samples, for one map and a number of rows.
class Sampling {
  public:
    Sampling(const Setting& setting, Backend& backend, const TensorMap& weights)
        : hidden_(static_cast<size_t>(setting.config.hidden)), network_(setting.config, backend, weights) {}
    void prepare(int64_t tokens, float scale, int rows) {
        map_ = invented_map(tokens);
        const std::vector<float> style(hidden_, 0.1f);
        guided_.emplace(network_, Guidance{style, style, scale},
                        MapContext{map_.time, map_.distance, map_.type, band}, rows, timesteps_);
        denoiser_ = guided_->denoiser();
        x_.assign(static_cast<size_t>(rows * 2 * tokens), 0.5f);
        out_.assign(2 * x_.size(), 0);
    }
    void run() { denoiser_(x_, 0, out_); }

  private:
    const size_t hidden_;
    DitSampler network_;
    InventedMap map_;
    std::optional<GuidedNetwork> guided_;
    Denoiser denoiser_;
    const std::vector<int> timesteps_{500};
    std::vector<float> x_, out_;
};

void bench_forward(const Setting& setting, Sampling& sampling, Sampling& other) {
    for (const int64_t tokens : {256, 1024, 4096}) {
        Floor floor(setting.type, tokens, false);
        floor.add_blocks(setting.config.hidden, setting.config.depth);
        sampling.prepare(tokens, 1, 1);
        const Turns turns = in_turn(
            setting.flags.pairs, setting.flags.budget(tokens == 1024), [&] { sampling.run(); },
            [&] { floor.run(); });
        setting.print_floor(fmt::format("forward, T = {}", tokens), turns, floor);
        const std::string key = fmt::format("{}.T{}", setting.name, tokens);
        setting.report.set("forward_over_floor." + key, turns.ratio);
        setting.report.set("forward_ms." + key, turns.first * 1e3);
        setting.report.set("forward_floor_gflops." + key, floor.flops() / turns.second * 1e-9);
    }
    sampling.prepare(8192, 1, 1);
    other.prepare(1024, 1, 1);
    const Turns turns = in_turn(
        setting.flags.pairs, setting.flags.budget(false), [&] { sampling.run(); }, [&] { other.run(); });
    setting.print("forward, T = 8192 / T = 1024", turns);
    setting.report.set(fmt::format("forward_T8192_over_T1024.{}", setting.name), turns.ratio);
}

// Guidance against one row, and four variants in one call against one after the other.
void bench_rows(const Setting& setting, Sampling& sampling, Sampling& other) {
    sampling.prepare(1024, 2, 1);
    other.prepare(1024, 1, 1);
    const Turns guided = in_turn(
        setting.flags.pairs, setting.flags.budget(true), [&] { sampling.run(); }, [&] { other.run(); });
    setting.print("guided / plain, T = 1024", guided);
    setting.report.set("guided_over_plain." + setting.name, guided.ratio);
    for (const int64_t tokens : {128, 1024}) {
        sampling.prepare(tokens, 1, 4);
        other.prepare(tokens, 1, 1);
        const Turns turns = in_turn(
            setting.flags.pairs, setting.flags.budget(false), [&] { sampling.run(); },
            [&] {
                for (int i = 0; i < 4; ++i) other.run();
            });
        setting.print(fmt::format("4 rows / 4 times one, T = {}", tokens), turns);
        setting.report.set(fmt::format("rows4_over_4_times_one.{}.T{}", setting.name, tokens), turns.ratio);
    }
}

Batch invented_batch(int64_t size, int64_t tokens) {
    const InventedMap map = invented_map(tokens);
    Batch batch{size, tokens};
    for (int64_t b = 0; b < size; ++b) {
        batch.time.insert(batch.time.end(), map.time.begin(), map.time.end());
        batch.distance.insert(batch.distance.end(), map.distance.begin(), map.distance.end());
        batch.type.insert(batch.type.end(), map.type.begin(), map.type.end());
        batch.label.push_back(static_cast<int32_t>(b));
        batch.lengths.push_back(static_cast<int32_t>(tokens));
        batch.sample.push_back(static_cast<uint64_t>(b));
    }
    batch.x.assign(static_cast<size_t>(size * 2 * tokens), 0.5f);
    return batch;
}

// Memory of a training step, counted by hand. h: hidden size, c: bytes of the compute type, L: blocks.
//   a parameter: value, gradient, two moments and EMA, 5·4 bytes, and once more in c where a product reads it
//     (everything but biases and the label table)
//   a token, for each of 2L + 1 norms: the residual stream 4h, what the branch reads c·h, mean and deviation
//   8
//     attention: qkv 3c·h, attended c·h, what it adds c·h, log-sums 4·heads
//     MLP: before GELU and after 4c·h each, what it adds c·h
//     features 528c, output 16; its gradient 16 + 4c; gradients of one block at a time: 4h + 10c·h, and c·h
//     of the input; a window's 5 modulations and embeddings, spread over its tokens, are left out here
double counted_token_bytes(const DitConfig& config, DType type) {
    const double h = config.hidden, c = static_cast<double>(size_of(type));
    const double norm = 4 * h + c * h + 8, attention = 5 * c * h + 4.0 * config.heads, mlp = 9 * c * h;
    const double ends = 528 * c + 16 + 16 + 4 * c, gradients = 4 * h + 11 * c * h;
    return config.depth * (attention + mlp + 2 * norm) + norm + ends + gradients;
}

void bench_training(const Setting& setting) {
    constexpr int64_t windows = 16, tokens = 128;
    const std::unique_ptr<Backend> backend = make_cpu_backend(setting.type);
    Dit network(setting.config, *backend);
    TrainingState state(network.layout(), *backend);
    const std::vector<float> values = random_parameters(network.layout());
    Checkpoint checkpoint;
    checkpoint.model = parameter_views(network.layout(), values);
    state.restore(checkpoint, false);
    network.load(state.parameters());
    const Diffusion diffusion(NoiseSchedule::squaredcos_cap_v2, respace("1000"));
    Objective objective(diffusion, true, 0, network);
    const Batch batch = invented_batch(windows, tokens);
    const auto step = [&] {
        objective.run(batch, batch.size, state.gradients(), &state.totals()->loss);
        state.measure_gradients();
        state.update({});
        network.load(state.parameters());
    };
    Floor floor(setting.type, windows * tokens, true);
    floor.add_blocks(setting.config.hidden, setting.config.depth);
    const bool important = setting.type == DType::bf16 || setting.config.hidden < 768;
    const Turns turns = in_turn(setting.flags.pairs,
                                setting.flags.quick ? 1
                                : important         ? 1e9
                                                    : 80,
                                step, [&] { floor.run(); });
    setting.print_floor("training step, 16 x 128", turns, floor);
    setting.report.set("train_step_over_floor." + setting.name, turns.ratio);
    setting.report.set("train_step_ms." + setting.name, turns.first * 1e3);
    setting.report.set("train_floor_gflops." + setting.name, floor.flops() / turns.second * 1e-9);

    const double parameters = static_cast<double>(network.layout().size());
    const double per_parameter = 20 + static_cast<double>(network.weight_bytes()) / parameters;
    const double per_token = static_cast<double>(network.activation_bytes()) / (windows * tokens);
    fmt::print(
        "  {:.1f} bytes a parameter (20 and {} at most), {:.0f} a token of activations ({:.0f} counted)\n",
        per_parameter, size_of(setting.type), per_token, counted_token_bytes(setting.config, setting.type));
    setting.report.set("train_bytes_per_parameter." + setting.name, per_parameter);
    setting.report.set("train_bytes_per_token." + setting.name, per_token);
}

void run(const Flags& flags) {
    set_thread_count(flags.threads);
    Report report(flags.json);
    const auto wanted = [&](const char* part) {
        return std::find(flags.only.begin(), flags.only.end(), part) != flags.only.end();
    };
    for (const std::string& size : flags.sizes)
        for (const std::string& type_name : flags.types) {
            const DType type = type_name == "bf16" ? DType::bf16 : DType::f32;
            const Setting setting{size + "." + type_name, dit_config("DiT-" + size, 1000), type, flags,
                                  report};
            fmt::print("\nDiT-{} {}, {} threads\n", size, type_name, thread_count());
            if (wanted("train")) bench_training(setting);
            if (!wanted("forward") && !wanted("rows")) continue;
            const std::unique_ptr<Backend> backend = make_cpu_backend(type);
            const ParameterLayout layout(setting.config);
            const std::vector<float> values = random_parameters(layout);
            const TensorMap weights = parameter_views(layout, values);
            Sampling sampling(setting, *backend, weights), other(setting, *backend, weights);
            if (wanted("forward")) bench_forward(setting, sampling, other);
            if (wanted("rows")) bench_rows(setting, sampling, other);
        }
}

}  // namespace

}  // namespace osu::bench

int main(int argc, char** argv) {
    CLI::App app("Time of the network, forward and in training, against its products alone.");
    osu::bench::Flags flags;
    flags.declare(app);
    app.add_option("--only", flags.only, "forward, train, rows")->delimiter(',');
    app.add_option("--pairs", flags.pairs, "measurements of each; fewer where they would take long");
    CLI11_PARSE(app, argc, argv);
    osu::bench::run(flags);
}
