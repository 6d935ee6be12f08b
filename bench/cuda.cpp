// The CUDA backend, in one run: bench_cuda [--size B] [--batch 256] [--tokens 128] [--json FILE]
//   products   the rate of one large bfloat16 product, which the rest is compared with
//   step       the training step: time, share of that rate, memory in use, for growing batches
//   profile    where the time of a step goes
//   operations each operation of the step at its shape, with its rate of arithmetic or of memory
//   sample     25 denoising steps of a map of 1,000 objects, 1,900 datapoints
// Says so and ends where there is no GPU; also runs on `--device cpu`, to see that it runs.
#include <cstdio>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include "base/error.h"
#include "base/profile.h"
#include "base/random.h"
#include "measure.h"
#include "model/network.h"
#include "ops/devices.h"
#include "sampling/sampling.h"
#include "train/objective.h"
#include "train/training_state.h"

namespace osu::bench {

namespace {

constexpr int reference_classes = 52670;  // its default: the optimiser goes over the whole label table

struct Flags {
    std::string device = "cuda", size = "B", precision = "bf16", json;
    int64_t batch = 256, tokens = 128, product = 8192, datapoints = 1900;
    std::vector<int64_t> batches{32, 64, 128, 256, 512};
    bool step_only = false;
};

double wall() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// Seconds of one run: the median of groups that take some 50 ms each.
template <class Work>
double seconds(Backend& backend, Work&& work) {
    const auto group = [&](int runs) {
        const double start = wall();
        for (int i = 0; i < runs; ++i) work();
        backend.wait();
        return (wall() - start) / runs;
    };
    for (int i = 0; i < 3; ++i) group(1);  // plans, recordings, clocks
    const int runs = std::clamp(static_cast<int>(0.05 / group(1)), 1, 1000);
    std::vector<double> times;
    for (int i = 0; i < 7; ++i) times.push_back(group(runs));
    return median(times);
}

// Device memory of small random values.
class Values {
  public:
    Values(Backend& backend, int64_t rows, int64_t cols, DType type) : rows_(rows), cols_(cols), type_(type) {
        constexpr size_t drawn = 1 << 20;
        std::vector<float> values(static_cast<size_t>(rows * cols));
        const std::span all(values);
        Philox(1).fill_normal(all.first(std::min(drawn, all.size())));
        for (size_t i = drawn; i < all.size(); ++i) values[i] = values[i - drawn];
        const auto staged = backend.allocate(values.size() * sizeof(float));
        backend.upload(staged.get(), values.data(), values.size() * sizeof(float));
        memory_ = backend.allocate(values.size() * size_of(type));
        backend.cast({staged.get(), DType::f32, rows, cols, cols}, matrix());
        backend.wait();
    }
    Matrix matrix() const { return {memory_.get(), type_, rows_, cols_, cols_}; }
    float* floats() const { return static_cast<float*>(memory_.get()); }

  private:
    int64_t rows_, cols_;
    DType type_;
    std::shared_ptr<void> memory_;
};

double product_flops(int64_t rows, int64_t in, int64_t out) {
    return 2.0 * static_cast<double>(rows) * static_cast<double>(in) * static_cast<double>(out);
}

double large_product_rate(Backend& backend, int64_t size) {
    const DType type = backend.compute_type();
    const Values x(backend, size, size, type), y(backend, size, size, type),
        master(backend, size, size, DType::f32);
    const auto weight = backend.make_weight(size, size);
    backend.pack(*weight, master.floats(), size);
    const double time = seconds(backend, [&] { backend.linear(x.matrix(), *weight, nullptr, y.matrix()); });
    return product_flops(size, size, size) / time;
}

// Of the products of a training step: forward, and twice as much backward; attention too, as if nothing was
// masked.
double step_flops(const DitConfig& config, int64_t batch, int64_t tokens) {
    const int64_t rows = batch * tokens, h = config.hidden;
    const double block = product_flops(rows, h, 12 * h) + 2 * product_flops(rows, h, tokens);
    const double ends = product_flops(rows, input_features + output_channels, h) +
                        product_flops(batch, h, config.modulation_size() + h + timestep_features);
    return 3 * (config.depth * block + ends);
}

Batch invented_batch(int64_t size, int64_t tokens) {
    Batch batch{size, tokens};
    Philox random(3);
    for (int64_t b = 0; b < size; ++b) {
        for (int64_t t = 0; t < tokens; ++t) {
            batch.time.push_back(150.0f * static_cast<float>(t));
            batch.distance.push_back(static_cast<float>(t * 37 % 200));
            batch.type.push_back(static_cast<uint8_t>(t % 3));
        }
        batch.label.push_back(static_cast<int32_t>(b % 1000));
        batch.lengths.push_back(static_cast<int32_t>(tokens));
        batch.sample.push_back(static_cast<uint64_t>(b));
    }
    batch.x.resize(static_cast<size_t>(size * 2 * tokens));
    for (float& x : batch.x) x = random.uniform();
    return batch;
}

// Everything that a step of `train` does but reading the windows.
class Training {
  public:
    Training(const DitConfig& config, Backend& backend, int64_t tokens)
        : network_(config, backend),
          state_(network_.layout(), backend, network_.rounded()),
          objective_(diffusion_, true, 0, network_,
                     backend.tokens_at_once(training_token_bytes(config, backend.compute_type()))),
          tokens_(tokens) {
        // The layers that begin at zero are not: products of zeros run faster than others.
        const std::vector<float> values = random_parameters(network_.layout());
        Checkpoint checkpoint;
        checkpoint.model = parameter_views(network_.layout(), values);
        state_.restore(checkpoint, false);
        network_.load(state_.parameters());
    }
    double step_seconds(Backend& backend, int64_t size) {
        const Batch batch = invented_batch(size, tokens_);
        return seconds(backend, [&] { step(batch); });
    }
    void step(const Batch& batch) {
        const ProfileScope scope(first_step_scope);
        objective_.run(batch, batch.size, state_.gradients(), &state_.totals()->loss);
        state_.measure_gradients();
        state_.update({});
        if (!network_.rounded()) network_.load(state_.parameters());
    }
    size_t bytes() const {
        return network_.activation_bytes() + network_.weight_bytes() +
               5 * network_.layout().size() * sizeof(float);
    }

  private:
    const Diffusion diffusion_{NoiseSchedule::squaredcos_cap_v2, respace("1000")};
    Dit network_;
    TrainingState state_;
    Objective objective_;
    const int64_t tokens_;
};

double gib(size_t bytes) {
    return static_cast<double>(bytes) / (1 << 30);
}

void bench_steps(const Flags& flags, Backend& backend, const DitConfig& config, double rate, Report& report) {
    fmt::print("\ntraining step of DiT-{}, {} datapoints a window\n{:>8}{:>12}{:>12}{:>16}{:>14}{:>12}\n",
               flags.size, flags.tokens, "batch", "ms", "steps/s", "of the product", "GiB counted", "in use");
    std::vector<int64_t> batches = flags.batches;
    if (std::find(batches.begin(), batches.end(), flags.batch) == batches.end())
        batches.push_back(flags.batch);
    Training training(config, backend, flags.tokens);  // that of a large network takes its time
    for (const int64_t batch : batches) {
        const double time = training.step_seconds(backend, batch);
        const double share = step_flops(config, batch, flags.tokens) / time / rate;
        fmt::print("{:>8}{:>12.2f}{:>12.2f}{:>15.1f}%{:>14.2f}{:>12.2f}\n", batch, 1e3 * time, 1 / time,
                   100 * share, gib(training.bytes()), gib(backend.memory_in_use()));
        std::fflush(stdout);
        const std::string key = fmt::format("{}.batch{}", flags.size, batch);
        report.set("cuda_train_step_ms." + key, 1e3 * time);
        report.set("cuda_train_share_of_product." + key, share);
        report.set("cuda_train_gib_in_use." + key, gib(backend.memory_in_use()));
    }
}

// Where the time of a step goes: its operations in their order, each between two events, without a recording.
void profile_steps(const Flags& flags, Backend& backend, const DitConfig& config) {
    constexpr int steps = 10;
    Training training(config, backend, flags.tokens);
    const Batch batch = invented_batch(flags.batch, flags.tokens);
    training.step(batch);  // plans and memory
    backend.wait();
    const Profile profile(true);
    for (int i = 0; i < steps; ++i) training.step(batch);
    backend.wait();
    fmt::print("\n{} steps at {} × {}, operation by operation{}", steps, flags.batch, flags.tokens,
               profile.table());
}

void bench_operations(const Flags& flags, Backend& backend, const DitConfig& config, double rate) {
    const int64_t rows = flags.batch * flags.tokens, h = config.hidden;
    const DType type = backend.compute_type();
    const double e = static_cast<double>(size_of(type)), n = static_cast<double>(rows * h);
    fmt::print("\noperations at {} × {}\n{:<36}{:>10}{:>16}{:>12}\n", flags.batch, flags.tokens, "", "ms",
               "of the product", "GB/s");
    const auto show = [&](const char* what, double flops, double bytes, auto&& work) {
        const double time = seconds(backend, work);
        fmt::print("{:<36}{:>10.3f}", what, 1e3 * time);
        if (flops > 0) fmt::print("{:>15.1f}%", 100 * flops / time / rate);
        if (bytes > 0) fmt::print("{:>{}.0f}", 1e-9 * bytes / time, flops > 0 ? 12 : 28);
        fmt::print("\n");
        std::fflush(stdout);
    };
    const Values x(backend, rows, h, type), y(backend, rows, h, type), wide(backend, rows, 4 * h, type),
        pre(backend, rows, 4 * h, type), qkv(backend, rows, 3 * h, type),
        residual(backend, rows, h, DType::f32), master(backend, 4 * h, h, DType::f32),
        gradient(backend, 4 * h, h, DType::f32), ada(backend, flags.batch, 6 * h, DType::f32),
        d_ada(backend, flags.batch, 6 * h, DType::f32),
        vectors(backend, 4, 4 * h + rows * config.heads, DType::f32);
    const auto up = backend.make_weight(4 * h, h), down = backend.make_weight(h, 4 * h);
    backend.pack(*up, master.floats(), h);
    backend.pack(*down, master.floats(), 4 * h);
    float* bias = vectors.floats();
    float* const statistics = vectors.floats() + 4 * h;
    const auto part = [&](const Values& all, int64_t i) { return all.matrix().columns(i * h, h); };
    const ResidualNorm norm{{x.matrix(), part(ada, 2)},
                            {part(ada, 0), part(ada, 1)},
                            residual.matrix(),
                            {statistics, statistics + rows}};
    const double flops = product_flops(rows, h, 4 * h);
    const Attention attention{qkv.matrix(),
                              {flags.batch, flags.tokens, config.heads, config.head_size(), 0, nullptr},
                              x.matrix(),
                              statistics};

    show("linear h to 4h, bias", flops, 0, [&] { backend.linear(x.matrix(), *up, bias, wide.matrix()); });
    show("linear h to 4h, bias, GELU", flops, 0,
         [&] { backend.linear_gelu(x.matrix(), *up, bias, pre.matrix(), wide.matrix()); });
    show("linear 4h to h, bias", flops, 0, [&] { backend.linear(wide.matrix(), *down, bias, x.matrix()); });
    show("its backward, with GELU's", 2 * flops, 0, [&] {
        backend.linear_backward(y.matrix(), pre.matrix(), *down, wide.matrix(),
                                {gradient.floats(), 4 * h, bias}, pre.matrix());
    });
    show("backward of linear h to 4h", 2 * flops, 0, [&] {
        backend.linear_backward(wide.matrix(), y.matrix(), *up, x.matrix(), {gradient.floats(), h, bias});
    });
    const auto weight_gradient = [&](const char* what, const Values& dy, const Values& input) {
        const Matrix slopes = dy.matrix(), from = input.matrix();
        const auto weight = backend.make_weight(slopes.cols, from.cols);
        show(what, product_flops(rows, from.cols, slopes.cols), 0, [&] {
            backend.linear_backward(slopes, from, *weight, {}, {gradient.floats(), from.cols, bias});
        });
    };
    weight_gradient("weight gradient, h to 3h", qkv, x);
    weight_gradient("weight gradient, h to h", y, x);
    weight_gradient("weight gradient, h to 4h", wide, x);
    weight_gradient("weight gradient, 4h to h", x, wide);
    show("residual + norm", 0, n * (8 + 2 * e),
         [&] { backend.residual_norm(norm, residual.matrix(), y.matrix()); });
    show("residual + norm backward", 0, n * (12 + 3 * e), [&] {
        backend.residual_norm_backward(norm, y.matrix(), residual.matrix(), {y.matrix(), part(d_ada, 2)},
                                       {part(d_ada, 0), part(d_ada, 1)});
    });
    const double attention_flops = 2 * product_flops(rows, h, flags.tokens);
    show("attention", attention_flops, n * 4 * e, [&] { backend.attention(attention); });
    show("attention backward", 2.5 * attention_flops, n * 8 * e,
         [&] { backend.attention_backward(attention, y.matrix(), pre.matrix().columns(0, 3 * h)); });
    const size_t parameters = ParameterLayout(config).size();
    const auto memory = backend.allocate(5 * parameters * sizeof(float));
    const auto rounded = backend.allocate(parameters * sizeof(BFloat16));
    auto arenas = AdamWArenas::in(static_cast<float*>(memory.get()), parameters);
    if (backend.views_weights()) arenas.rounded = static_cast<BFloat16*>(rounded.get());
    Staging staging(backend);
    const auto factors = staging.add<AdamWFactors>(1);
    staging.host(factors)[0] = adamw_factors({});
    staging.send();
    const auto totals_memory = backend.allocate(sizeof(StepTotals));
    auto* const totals = static_cast<StepTotals*>(totals_memory.get());
    show("AdamW + EMA", 0, (arenas.rounded ? 38.0 : 36.0) * static_cast<double>(parameters),
         [&] { backend.adamw(arenas, staging.device(factors).data(), totals); });
    show("norm of the gradients", 0, 4.0 * static_cast<double>(parameters),
         [&] { backend.squared_norm(arenas.parameter, parameters, &totals->squared_norm); });
}

void bench_sample(const Flags& flags, Backend& backend, const DitConfig& config, Report& report) {
    constexpr int steps = 25;
    const ParameterLayout layout(config);
    const std::vector<float> values = random_parameters(layout);
    DitSampler network(config, backend, parameter_views(layout, values));
    const Batch map = invented_batch(1, flags.datapoints);
    const std::vector<float> style(static_cast<size_t>(config.hidden), 0.1f);
    std::vector<int> timesteps(steps);
    for (int i = 0; i < steps; ++i) timesteps[static_cast<size_t>(i)] = 40 * i;
    std::vector<float> x = map.x, out(2 * x.size());
    std::vector<double> times;
    for (int i = 0; i < 6; ++i) {
        const double start = wall();
        network.prepare({map.time, map.distance, map.type, 128}, style, timesteps);
        for (size_t step = steps; step-- > 0;) network.denoise(x, step, out);
        times.push_back(wall() - start);
    }
    const double time = median(times);
    fmt::print("\n{} denoising steps of {} datapoints, DiT-{}: {:.1f} ms, with the map made ready\n", steps,
               flags.datapoints, flags.size, 1e3 * time);
    report.set(fmt::format("cuda_sample_ms.{}.steps{}", flags.size, steps), 1e3 * time);
}

void run(const Flags& flags) {
    const OpenDevice device = open_device({flags.device, flags.precision});
    Backend& backend = *device.backend;
    Report report(flags.json);
    const DitConfig config = dit_config("DiT-" + flags.size, reference_classes);
    const double rate = large_product_rate(backend, flags.product);
    fmt::print("{}, {}: a product of {}³ runs at {:.0f} TFLOP/s\n", device.name,
               name_of(backend.compute_type()), flags.product, 1e-12 * rate);
    report.set("cuda_product_tflops", 1e-12 * rate);
    bench_steps(flags, backend, config, rate, report);
    if (flags.step_only) return;
    profile_steps(flags, backend, config);
    bench_operations(flags, backend, config, rate);
    bench_sample(flags, backend, config, report);
}

}  // namespace

}  // namespace osu::bench

int main(int argc, char** argv) {
    CLI::App app("The CUDA backend: large products, the training step, its operations, a sample.");
    osu::bench::Flags flags;
    app.add_option("--device", flags.device, "cuda, cuda:N, cpu");
    app.add_option("--size", flags.size, "XS, S, B, L, XL");
    app.add_option("--precision", flags.precision, "bf16, f32");
    app.add_option("--batch", flags.batch, "windows of the operations' table");
    app.add_option("--batches", flags.batches, "windows of the steps")->delimiter(',');
    app.add_option("--tokens", flags.tokens, "datapoints of a window");
    app.add_option("--product", flags.product, "rows and columns of the large product");
    app.add_option("--datapoints", flags.datapoints, "of the map that is sampled");
    app.add_flag("--step-only", flags.step_only, "neither profile, operations nor a sample");
    app.add_option("--json", flags.json, "add the figures to this file");
    CLI11_PARSE(app, argc, argv);
    try {
        osu::bench::run(flags);
    } catch (const osu::Error& error) {
        fmt::print(stderr, "error: {}\nhint: {}\n", error.what(), error.hint());
        return 1;
    }
}
