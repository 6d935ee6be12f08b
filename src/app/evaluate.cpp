// The verb `evaluate`: a network on held-out maps, beside an untrained one and positions drawn at random.
#include <cstdio>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "app/bundled_model.h"
#include "app/evaluation.h"
#include "app/precision.h"
#include "app/sampling.h"
#include "app/sampling_network.h"
#include "app/verbs.h"
#include "base/error.h"
#include "base/file.h"
#include "base/parallel.h"
#include "base/progress.h"
#include "data/split.h"
#include "model/parameters.h"

namespace osu {

namespace {

struct Flags {
    std::string data, ckpt, held_out, json, steps = "50", precision = "auto";
    uint64_t seed = 0;
    int maps = 32, threads = 0;
    int64_t seq_len = 128;
};

// Evenly over the held-out maps, so that a few stand for all.
std::vector<uint32_t> choose(const std::vector<uint32_t>& held_out, size_t count) {
    if (held_out.size() <= count) return held_out;
    std::vector<uint32_t> chosen;
    for (size_t i = 0; i < count; ++i) chosen.push_back(held_out[i * held_out.size() / count]);
    return chosen;
}

std::vector<float> sample_map(DitSampler& network, const std::vector<float>& style,
                              const Diffusion& diffusion, const Flags& flags, const PackedDataset& dataset,
                              const DatasetMap& map) {
    const auto time = dataset.time(map);
    const auto distance = dataset.distance(map);
    const auto type = dataset.type(map);
    std::vector<float> relative;
    for (const double t : time) relative.push_back(static_cast<float>(t - time[0]));
    const MapFeatures features(std::move(relative), {distance.begin(), distance.end()},
                               {type.begin(), type.end()});
    SamplingRun run;
    run.diffusion = &diffusion;
    run.band = flags.seq_len;
    run.seed = flags.seed;
    return sample_variants(network, {{}, style, 1}, features, run);
}

// The same network before any training.
std::vector<float> fresh_parameters(const ParameterLayout& layout, uint64_t seed) {
    std::vector<float> values(layout.size());
    initialize(layout, seed, values);
    return values;
}

void print(const std::vector<PlacementFigures>& all) {
    fmt::print("{:<16} {:>16} {:>18} {:>10}\n", "", "spacing mean px", "spacing median px", "off field");
    for (const PlacementFigures& f : all)
        fmt::print("{:<16} {:>16.1f} {:>18.1f} {:>9.2f}%\n", f.name, f.spacing_mean_px, f.spacing_median_px,
                   100 * f.off_field_share);
}

void write_json(const std::vector<PlacementFigures>& all, const std::string& path) {
    nlohmann::json object;
    for (const PlacementFigures& f : all)
        object[f.name] = {{"spacing_mean_px", f.spacing_mean_px},
                          {"spacing_median_px", f.spacing_median_px},
                          {"off_field_share", f.off_field_share}};
    write_file(path, object.dump(2) + "\n");
    fmt::print("wrote {}\n", path);
}

void run(Flags flags) {
    set_thread_count(flags.threads);
    const std::string ckpt = flags.ckpt.empty() ? bundled_model_path().string() : flags.ckpt;
    const auto backend = make_cpu_backend(precision(flags.precision));
    SamplingNetwork network(ckpt, {}, *backend);
    HeldOut held_out = network.info().held_out;
    if (!flags.held_out.empty()) held_out = {0, 0, read_held_out(flags.held_out)};
    if (!held_out.any())
        fail(Hint{"say with --held-out which mappers its training held out"},
             "{} does not say which maps it has not seen", ckpt);
    const PackedDataset dataset = open_dataset(flags.data);
    const Split split = split_held_out(dataset, held_out);
    const std::vector<uint32_t> maps = choose(split.validation, static_cast<size_t>(flags.maps));
    if (maps.empty()) fail("{} has no held-out maps", flags.data);

    const ParameterLayout layout(network.config());
    const std::vector<float> fresh = fresh_parameters(layout, flags.seed);
    const TensorMap fresh_weights = parameter_views(layout, fresh);
    DitSampler untrained(network.config(), *backend, fresh_weights);
    const Diffusion diffusion(network.info().noise_schedule, respace(flags.steps));
    const std::vector<float> null_style = network.null_style();
    const std::vector<float> fresh_style = label_vector(fresh_weights, network.config().null_label());

    Progress progress("evaluating", 2 * static_cast<int64_t>(maps.size()), "maps");
    const auto by = [&](DitSampler& sampler, const std::vector<float>& style) {
        return [&](const DatasetMap& map) {
            progress.advance();
            return sample_map(sampler, style, diffusion, flags, dataset, map);
        };
    };
    Philox random(flags.seed);
    const Placement uniform = [&](const DatasetMap& map) {
        std::vector<float> x(2 * static_cast<size_t>(map.count));
        for (float& value : x) value = random.uniform();
        return x;
    };
    const std::vector<PlacementFigures> all{
        measure("model", dataset, maps, by(network.network(), null_style)),
        measure("untrained", dataset, maps, by(untrained, fresh_style)),
        measure("uniform random", dataset, maps, uniform)};
    progress.finish();
    fmt::print("{} held-out maps, {} steps, seed {}\n", maps.size(), diffusion.steps(), flags.seed);
    print(all);
    if (!flags.json.empty()) write_json(all, flags.json);
}

}  // namespace

void add_evaluate_verb(CLI::App& app) {
    CLI::App* verb = app.add_subcommand("evaluate", "Measure a network on maps that it has not seen.");
    auto flags = std::make_shared<Flags>();
    verb->add_option("--data,--data-path", flags->data, "dataset folder, or packed dataset")->required();
    verb->add_option("--ckpt", flags->ckpt, "the checkpoint; left out: the bundled model");
    verb->add_option("--maps", flags->maps, "so many of the held-out maps")->check(CLI::PositiveNumber);
    verb->add_option("--num-sampling-steps", flags->steps, "denoising steps");
    verb->add_option("--seq-len", flags->seq_len, "datapoints that see one another on each side");
    verb->add_option("--seed", flags->seed, "of the noise");
    verb->add_option("--held-out", flags->held_out,
                     "the mappers to measure on, as hashes; left out: as the checkpoint says");
    verb->add_option("--precision", flags->precision, "auto, f32, bf16");
    verb->add_option("--threads", flags->threads, "0: as many as there are cores");
    verb->add_option("--json", flags->json, "write the figures to this file");
    verb->callback([flags] { run(*flags); });
}

}  // namespace osu
