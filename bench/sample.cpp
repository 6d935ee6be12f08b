// A whole `sample` of a map of 1,000 objects, as a process of its own, against the floor of its steps:
//   bench_sample [--size B,S,XS] [--type bf16,f32] [--threads N] [--runs N] [--quick] [--json FILE]
// Time ÷ (steps × floor), what is spent before the first step and outside the network, and peak memory
// against that of the weights in the compute type. ddpm, 25 and 250 steps.
#include <algorithm>
#include <cstdio>
#include <regex>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fcntl.h>
#include <fmt/core.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "archive/checkpoint.h"
#include "base/error.h"
#include "base/random.h"
#include "beatmap/beatmap.h"
#include "floor.h"
#include "measure.h"
#include "model/parameters.h"
#include "sampling/checkpoint_metadata.h"
#include "sequence/sequence.h"

namespace osu::bench {

namespace {

namespace fs = std::filesystem;

struct Flags : NetworkFlags {
    int runs = 25;
};

// 700 circles and 300 sliders at 150 BPM.
std::string invented_map() {
    std::string text =
        "osu file format v14\n\n[General]\nMode: "
        "0\n\n[Metadata]\nTitle:Invented\nArtist:Nobody\nCreator:Nobody\n"
        "Version:Bench\n\n[Difficulty]\nSliderMultiplier:1.4\nSliderTickRate:1\n\n[TimingPoints]\n"
        "0,400,4,2,0,60,1,0\n\n[HitObjects]\n";
    for (int i = 0; i < 1000; ++i) {
        const int x = 100 + i * 37 % 300, y = 100 + i * 61 % 180, time = 400 * i;
        if (i % 10 < 7)
            text += fmt::format("{},{},{},1,0\n", x, y, time);
        else
            text += fmt::format("{},{},{},2,0,B|{}:{}|{}:{},1,70\n", x, y, time, x + 30, y + 10, x + 70, y);
    }
    return text;
}

struct Outcome {
    double seconds, cpu_seconds, first_step, steps;  // s: of the whole, before the first step, of the steps
    double peak_bytes;
};

double figure(const std::string& text, const char* pattern) {
    std::smatch match;
    if (!std::regex_search(text, match, std::regex(pattern))) fail("sample printed no \"{}\"", pattern);
    return std::stod(match[1]);
}

// Runs the program and reads what it prints.
Outcome run_program(std::vector<std::string> arguments, const fs::path& log, bool profiled) {
    std::vector<char*> pointers;
    for (std::string& argument : arguments) pointers.push_back(argument.data());
    pointers.push_back(nullptr);
    const auto start = std::chrono::steady_clock::now();
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log.c_str(), O_WRONLY | O_CREAT | O_TRUNC,
                                     0600);
    posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
    pid_t child = -1;
    const int problem = posix_spawn(&child, pointers[0], &actions, nullptr, pointers.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    int status = 0;
    rusage usage{};
    if (problem || wait4(child, &status, 0, &usage) != child || status != 0)
        fail("{} failed: {}", arguments[0], read_file(log));
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
    };
    Outcome outcome{};
    outcome.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    outcome.cpu_seconds = seconds(usage.ru_utime) + seconds(usage.ru_stime);
    if (!profiled) return outcome;
    const std::string text = read_file(log);
    outcome.first_step = 1e-3 * figure(text, "first step after ([0-9.]+) ms");
    outcome.peak_bytes = 1e6 * figure(text, "peak memory ([0-9.]+) MB");
    outcome.steps = 1e-3 * figure(text, "steps took ([0-9.]+) ms");
    return outcome;
}

// A checkpoint as training leaves it, with weights that were never trained.
void write_invented_checkpoint(const fs::path& path, const DitConfig& config) {
    const ParameterLayout layout(config);
    std::vector<float> values(layout.size()), moments(layout.size());
    Philox(1).fill_normal(values);
    for (float& value : values) value *= 0.02f;
    Checkpoint checkpoint;
    checkpoint.model = checkpoint.ema = parameter_views(layout, values);
    checkpoint.exp_avg = checkpoint.exp_avg_sq = parameter_views(layout, moments);
    CheckpointInfo info;
    info.config = config;
    set_metadata(checkpoint, info);
    write_checkpoint(path, checkpoint);
    sync();  // or the disk takes the memory's bandwidth for as long as it writes
}

class Bench {
  public:
    Bench(const Flags& flags, const fs::path& folder) : flags_(flags), folder_(folder), report_(flags.json) {
        write_file(folder / "map.osu", invented_map());
        tokens_ = static_cast<int64_t>(to_sequence(read_beatmap(folder / "map.osu")).size());
        program_ = fs::read_symlink("/proc/self/exe").parent_path() / "osu-diffusion";
    }

    void run(const std::string& size) {
        const DitConfig config = dit_config("DiT-" + size, 1000);
        const fs::path checkpoint = folder_ / ("DiT-" + size + ".safetensors");
        write_invented_checkpoint(checkpoint, config);
        for (const std::string& type : flags_.types) {
            fmt::print("\nDiT-{} {}, {} threads, 1,000 objects, {} datapoints\n", size, type, thread_count(),
                       tokens_);
            measure(config, checkpoint, size, type, 25);
            // Ten times as long with nothing new in it: where that would take minutes, once or not at all.
            if (!flags_.quick && (type == "bf16" || config.hidden <= 384))
                measure(config, checkpoint, size, type, 250);
        }
        fs::remove(checkpoint);
    }

  private:
    const Flags& flags_;
    const fs::path folder_;
    Report report_;
    int64_t tokens_;
    fs::path program_;

    void measure(const DitConfig& config, const fs::path& checkpoint, const std::string& size,
                 const std::string& type, int steps);
};

void Bench::measure(const DitConfig& config, const fs::path& checkpoint, const std::string& size,
                    const std::string& type, int steps) {
    const DType element = type == "bf16" ? DType::bf16 : DType::f32;
    const std::vector<std::string> arguments{program_,
                                             "sample",
                                             "--beatmap",
                                             folder_ / "map.osu",
                                             "--ckpt",
                                             checkpoint,
                                             "--sampler",
                                             "ddpm",
                                             "--precision",
                                             type,
                                             "--out",
                                             folder_ / "out",
                                             "--overwrite",
                                             "--profile",
                                             "--num-sampling-steps",
                                             std::to_string(steps),
                                             "--threads",
                                             std::to_string(thread_count())};
    Floor floor(element, tokens_, false);
    floor.add_blocks(config.hidden, config.depth);
    floor.run();
    // The weights in the file cache, as they are after an evening's first map.
    std::vector<std::string> first = arguments;
    first[static_cast<size_t>(std::find(first.begin(), first.end(), "--num-sampling-steps") - first.begin()) +
          1] = "1";
    for (int i = 0; i < 2; ++i) run_program(first, folder_ / "log", false);
    std::vector<double> ratios, starts, outsides, loads, totals, floors;
    double peak = 0, spent = 0;
    const double budget = flags_.quick ? 1 : steps == 25 ? 30 : 10;
    for (int run = 0; run < flags_.runs && (run < 1 || spent < budget); ++run) {
        // The floor before and after, so that a drift of the machine's speed falls on both.
        const auto time_floor = [&] {
            std::vector<double> times;
            for (int i = 0; i < 3; ++i) times.push_back(seconds_of([&] { floor.run(); }));
            return median(times);
        };
        const double before = time_floor();
        const Outcome bare = run_program({program_, "--version"}, folder_ / "log", false);
        const Outcome whole = run_program(arguments, folder_ / "log", true);
        const double of_floor = (before + time_floor()) / 2;
        const double seconds = thread_count() > 1 ? whole.seconds : whole.cpu_seconds;
        totals.push_back(seconds);
        floors.push_back(of_floor);
        ratios.push_back(seconds / (steps * of_floor));
        starts.push_back(bare.seconds + whole.first_step);
        outsides.push_back(whole.seconds - whole.steps);
        peak = std::max(peak, whole.peak_bytes);
        spent += whole.seconds;
    }
    const double weights = static_cast<double>(ParameterLayout(config).size() * size_of(element));
    fmt::print("  {:3} steps / floors {:6.3f}   {:9.1f} ms, floor {:.1f} ms, {:.0f} GFLOP/s; {} runs\n",
               steps, median(ratios), 1e3 * median(totals), 1e3 * median(floors),
               floor.flops() / median(floors) * 1e-9, ratios.size());
    fmt::print(
        "    first step after {:.0f} ms, outside the network {:.0f} ms; peak memory {:.0f} MB, weights and "
        "{:.0f}\n",
        1e3 * median(starts), 1e3 * median(outsides), 1e-6 * peak, 1e-6 * (peak - weights));
    std::fflush(stdout);
    const std::string key = fmt::format("{}.{}.steps{}", size, type, steps);
    report_.set("sample_over_floor." + key, median(ratios));
    report_.set("sample_ms." + key, 1e3 * median(totals));
    report_.set("sample_floor_gflops." + key, floor.flops() / median(floors) * 1e-9);
    report_.set("sample_outside_ms." + key, 1e3 * median(outsides));
    if (steps != 25) return;
    report_.set(fmt::format("sample_start_ms.{}.{}", size, type), 1e3 * median(starts));
    report_.set(fmt::format("sample_peak_mb_beyond_weights.{}.{}", size, type), 1e-6 * (peak - weights));
}

}  // namespace

int run(const Flags& flags) {
    set_thread_count(flags.threads);
    const fs::path folder = fs::temp_directory_path() / fmt::format("osu-bench-{}", getpid());
    fs::create_directories(folder);
    try {
        Bench bench(flags, folder);
        for (const std::string& size : flags.sizes) bench.run(size);
    } catch (const Error& error) {
        fmt::print(stderr, "error: {}\n", error.what());
        fs::remove_all(folder);
        return 1;
    }
    fs::remove_all(folder);
    return 0;
}

}  // namespace osu::bench

int main(int argc, char** argv) {
    CLI::App app("A whole sample of a map, against the floor of its steps.");
    osu::bench::Flags flags;
    flags.declare(app);
    app.add_option("--runs", flags.runs, "of each; fewer where they would take long");
    CLI11_PARSE(app, argc, argv);
    return osu::bench::run(flags);
}
