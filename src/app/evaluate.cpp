// The verb `evaluate`: the ruler for generated maps.
#include <memory>
#include <optional>
#include <utility>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include "app/device_flags.h"
#include "app/evaluation_report.h"
#include "app/flag.h"
#include "app/verbs.h"
#include "base/error.h"
#include "base/file.h"
#include "base/parallel.h"
#include "base/progress.h"
#include "evaluation/evaluation.h"
#include "evaluation/page.h"
#include "picture/canvas.h"

namespace osu {

namespace {

struct Flags {
    std::string data, ckpt, held_out, json, plot;
    DeviceChoice device;
    EvaluationOptions evaluation;
    int threads = 0;
};

void run(const Flags& flags) {
    set_thread_count(flags.threads);
    const std::string ckpt = flags.ckpt.empty() ? bundled_model_path().string() : flags.ckpt;
    if (!flags.plot.empty()) image_format(flags.plot);  // a wrong name is told before the work
    for (const std::string& file : {flags.plot, flags.json})
        if (!file.empty()) check_output(file, {ckpt, flags.data, flags.held_out});
    const auto backend = open_backend(flags.device);
    SamplingNetwork network(ckpt, {}, *backend);
    HeldOut held_out = network.info().held_out;
    if (!flags.held_out.empty()) held_out = {0, 0, read_held_out(flags.held_out)};
    if (!held_out.any())
        fail(Hint{"say with --held-out which mappers its training held out"},
             "{} does not say which maps it has not seen", ckpt);
    const PackedDataset dataset = open_dataset(flags.data);
    const Split split = split_held_out(dataset, held_out);
    if (split.validation.empty()) fail("{} has no held-out maps", flags.data);

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
    const std::string how = fmt::format(
        "{} of {} held-out maps, {} seed{}, {} with {} steps, {} at step {}", evaluation.maps.size(),
        split.validation.size(), sampling.variants, sampling.variants == 1 ? "" : "s", sampling.sampler,
        sampling_steps(sampling, network.info()).steps(), network.config().name(), network.info().step);
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

}  // namespace

void add_evaluate_verb(CLI::App& app) {
    CLI::App* verb = app.add_subcommand(
        "evaluate", "Measure a network on maps that it has not seen, beside real and random ones.");
    auto flags = std::make_shared<Flags>();
    EvaluationOptions& o = flags->evaluation;
    o.sampling.variants = 2;
    verb->add_option("--data,--data-path", flags->data, "dataset folder, or packed dataset")->required();
    verb->add_option("--ckpt", flags->ckpt, "checkpoint: .safetensors of ours, .pt of the reference")
        ->type_name("FILE")
        ->default_str("the model that comes with the program");
    verb->add_option("--held-out", flags->held_out, "the mappers to measure on, as hashes")
        ->type_name("FILE")
        ->default_str("as the checkpoint says");
    verb->add_option("--maps", o.maps, "so many of the held-out maps")->check(above(0));
    verb->add_option("--seeds", o.sampling.variants, "times each map is placed")->check(CLI::Range(1, 1000));
    verb->add_option("--seed", o.sampling.seed, "of the noise; the next ones follow it");
    verb->add_option("--sampler", o.sampling.sampler, "ddpm, ddim, dpm++")
        ->check(CLI::IsMember({"ddpm", "ddim", "dpm++"}));
    verb->add_option("--num-sampling-steps", o.sampling.steps, "denoising steps")->type_name("STEPS");
    verb->add_option("--seq-len", o.sampling.seq_len, "datapoints that a datapoint sees before and after it")
        ->check(CLI::Range(1, 1 << 20))
        ->default_str("128, or as --ckpt was trained");
    verb->add_option("--style-maps", o.style_maps,
                     "held-out maps to place in the style of each of 20 mappers; 0: none")
        ->check(at_least(0));
    verb->add_option("--cfg-scale", o.sampling.cfg_scale, "guidance towards those styles; 1: none");
    add_truth(*verb, "--keep-spacing", o.sampling.keep_spacing,
              "hold what is generated to the source's spacing and slider lengths, as sample does");
    add_truth(*verb, "--keep-structure", o.sampling.keep_structure,
              "make alike what the source makes alike, as sample does; goes with --keep-spacing");
    add_device_flags(*verb, flags->device);
    add_threads(*verb, flags->threads);
    verb->add_option("--json", flags->json, "write the figures to this file")->type_name("FILE");
    verb->add_option("--plot", flags->plot,
                     "draw generated beside real maps and what is counted: .png or .svg")
        ->type_name("FILE");
    verb->callback([verb, flags] {
        warn_if_idle(*verb, "--cfg-scale", flags->evaluation.style_maps == 0,
                     "--style-maps 0 places nothing in a style");
        run(*flags);
    });
}

}  // namespace osu
