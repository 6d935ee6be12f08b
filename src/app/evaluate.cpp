// The verb `evaluate`: the ruler for generated maps.
#include <memory>
#include <optional>
#include <utility>

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "app/bundled_model.h"
#include "app/counted.h"
#include "app/evaluation_report.h"
#include "app/flag.h"
#include "app/verbs.h"
#include "base/error.h"
#include "base/file.h"
#include "base/parallel.h"
#include "base/progress.h"
#include "data/pack_dataset.h"
#include "evaluation/evaluation.h"
#include "evaluation/page.h"
#include "evaluation/placed_maps.h"
#include "picture/canvas.h"

namespace osu {

namespace {

struct Flags {
    std::string data, ckpt, held_out, maps_from, sources, json, plot;
    DeviceChoice device;
    EvaluationOptions evaluation;
    int threads = 0;
};

void report(const Flags& flags, const Evaluation& evaluation, const std::string& how) {
    fmt::print("{}\n", how);
    print_evaluation(evaluation);
    if (!flags.plot.empty()) {
        draw_evaluation(evaluation, how, flags.plot);
        fmt::print("\nwrote {}\n", flags.plot);
    }
    if (flags.json.empty()) return;
    nlohmann::json object = evaluation_json(evaluation);
    object["about"] = how;
    write_file(flags.json, object.dump(2) + "\n");
    fmt::print("\nwrote {}\n", flags.json);
}

// The maps to measure on, and those that were trained on.
Split split_for(const Flags& flags, const PackedDataset& dataset, const CheckpointInfo& info,
                const std::string& ckpt) {
    Split split;
    if (flags.held_out == "all") {
        for (uint32_t i = 0; i < dataset.size(); ++i) split.validation.push_back(i);
        return split;
    }
    HeldOut held_out = info.held_out;
    if (!flags.held_out.empty()) held_out = {0, 0, read_held_out(flags.held_out)};
    if (!held_out.any())
        fail(Hint{"say with --held-out which mappers its training held out"},
             "{} does not say which maps it has not seen", ckpt);
    split = split_held_out(dataset, held_out);
    if (split.validation.empty())
        fail(Hint{"--held-out all says that none of its maps was trained on"}, "{} has no held-out maps",
             flags.data);
    return split;
}

void run_placed(const Flags& flags) {
    set_thread_count(flags.threads);
    if (!flags.plot.empty()) image_format(flags.plot);
    const Evaluation evaluation = evaluate_placed(flags.maps_from, flags.sources);
    report(flags, evaluation, fmt::format("{} maps of {}", evaluation.maps.size(), flags.maps_from));
}

void run(const Flags& flags) {
    set_thread_count(flags.threads);
    const std::string ckpt = checkpoint_name(flags.ckpt);
    if (!flags.plot.empty()) image_format(flags.plot);  // a wrong name is told before the work
    for (const std::string& file : {flags.plot, flags.json})
        if (!file.empty()) check_output(file, {flags.ckpt, flags.data, flags.held_out});
    const auto backend = open_backend(flags.device);
    SamplingNetwork network(open_checkpoint(flags.ckpt), ckpt, {}, *backend);
    const PackedDataset dataset = open_dataset(flags.data, terminal_listener());
    const Split split = split_for(flags, dataset, network.info(), ckpt);

    const SamplingOptions& sampling = flags.evaluation.sampling;
    std::optional<Progress> progress;
    int64_t shown = 0;
    const Evaluation evaluation =
        *evaluate(dataset, split, network, *backend, flags.evaluation, [&](const EvaluationProgress& now) {
            if (!progress) progress.emplace("evaluating", now.steps, "steps");
            progress->advance(now.done - std::exchange(shown, now.done));
            progress->note(now.what);
            return true;
        });
    progress.reset();
    const std::string how =
        fmt::format("{} of {} held-out maps, {}, {} with {} steps, {} at step {}", evaluation.maps.size(),
                    split.validation.size(), counted(static_cast<uint64_t>(sampling.variants), "seed"),
                    sampler_name(sampling, network.info()), sampling_steps(sampling, network.info()).steps(),
                    network.config().name(), network.info().step);
    report(flags, evaluation, how);
}

}  // namespace

void add_evaluate_verb(CLI::App& app) {
    CLI::App* verb = app.add_subcommand(
        "evaluate", "Measure a network on maps that it has not seen, beside real and random ones");
    auto flags = std::make_shared<Flags>();
    EvaluationOptions& o = flags->evaluation;
    o.sampling.variants = 2;
    auto* data = verb->add_option("--data,--data-path,data", flags->data,
                                  "Read the maps of this dataset folder, or packed dataset");
    auto* maps_from = verb->add_option("--maps-from", flags->maps_from,
                                       "Measure .osu files that any program placed, and place nothing")
                          ->type_name("FOLDER")
                          ->excludes(data);
    auto* sources = verb->add_option("--sources", flags->sources, "Read their sources, of the same names")
                        ->type_name("FOLDER")
                        ->needs(maps_from);
    maps_from->needs(sources);
    verb->add_option("--ckpt", flags->ckpt,
                     "Measure this checkpoint: .safetensors of ours, .pt of the reference")
        ->type_name("FILE")
        ->default_str("the model that comes with the program");
    verb->add_option("--held-out", flags->held_out,
                     "Measure on the mappers that this file lists as hashes; all: on every map")
        ->type_name("FILE")
        ->default_str("as the checkpoint says");
    verb->add_option("--maps", o.maps, "Place so many of the held-out maps")->check(above(0));
    verb->add_option("--seeds", o.sampling.variants, "Place each map so many times")
        ->check(CLI::Range(1, 1000));
    verb->add_option(
            "--best-of", o.best_of,
            "Also measure the one of so many with the fewest objections, as sample --best-of takes it")
        ->check(CLI::Range(1, 1000));
    add_sampling_flags(*verb, o.sampling);
    verb->add_option("--style-maps", o.style_maps,
                     "Place so many held-out maps in the style of each of 20 mappers; 0: none")
        ->check(at_least(0));
    add_device_flags(*verb, flags->device);
    add_threads(*verb, flags->threads);
    verb->add_option("--json", flags->json, "Write the figures to this file")->type_name("FILE");
    verb->add_option("--plot", flags->plot,
                     "Draw generated beside real maps and what is counted: .png or .svg")
        ->type_name("FILE");
    verb->callback([verb, flags] {
        warn_if_idle(*verb, "--cfg-scale", flags->evaluation.style_maps == 0,
                     "--style-maps 0 places nothing in a style");
        if (!flags->maps_from.empty()) return run_placed(*flags);
        if (flags->data.empty()) fail("--data is required, or --maps-from with --sources");
        run(*flags);
    });
}

}  // namespace osu
