#include "app/sample_flags.h"

#include <CLI/CLI.hpp>

#include "app/flag.h"

namespace osu {

namespace {

void add_input_flags(CLI::App& verb, SampleOptions& o) {
    verb.add_option("--beatmap", o.beatmap, "Remap this map: .osu, or .osz with --difficulty")
        ->type_name("MAP")
        ->required();
    verb.add_option("--difficulty", o.difficulty,
                    "Take this map of an .osz: its difficulty name, beatmap ID or file name")
        ->type_name("NAME|ID");
    verb.add_option("--from-ms", o.selection.from_ms, "Generate only objects that start here or later")
        ->type_name("MS")
        ->check(finite())
        ->default_str("the first");
    verb.add_option("--to-ms", o.selection.to_ms,
                    "Generate only objects that start here or earlier; the others stay as they are")
        ->type_name("MS")
        ->check(finite())
        ->default_str("the last");
    verb.add_option("--objects", o.selection.objects, "Generate only these objects: 3,10-20 (from 1)")
        ->type_name("LIST")
        ->default_str("all");
    verb.add_option("--ckpt", o.ckpt,
                    "Sample from this checkpoint: .safetensors of ours, .pt of the reference")
        ->type_name("FILE")
        ->default_str("the model that comes with the program");
    verb.add_option("--model", o.model,
                    "Expect DiT-XS, DiT-S, DiT-B, DiT-L or DiT-XL; must be the checkpoint's")
        ->type_name("NAME")
        ->default_str("the checkpoint's");
    verb.add_option("--num-classes", o.num_classes,
                    "Expect so many rows of the label table; must be the checkpoint's")
        ->check(above(0))
        ->default_str("the checkpoint's");
    verb.add_option("--num-heads", o.num_heads,
                    "Take so many attention heads, where neither the checkpoint nor its size tells")
        ->check(above(0))
        ->default_str("the checkpoint's");
    add_device_flags(verb, o.device);
    add_threads(verb, o.threads);
}

void add_style_flags(CLI::App& verb, SampleOptions& o) {
    CLI::Option* id = verb.add_option("--style-id", o.style_id, "Sample in the style of this beatmap ID")
                          ->type_name("ID")
                          ->default_str("none");
    verb.add_option("--style-mapper", o.style_mapper, "Sample in the mean style of this mapper's maps")
        ->type_name("NAME")
        ->excludes(id)
        ->default_str("none");
    verb.add_option("--beatmap-idx", o.beatmap_idx, "Read beatmap ID → class here, pickle or JSON")
        ->type_name("FILE")
        ->default_str("the checkpoint's, else beatmap_idx.pickle");
}

void add_sampler_flags(CLI::App& verb, SampleOptions& o) {
    add_sampling_flags(verb, o.sampling);
    verb.add_flag_callback(
            "--fast", [&o] { o.sampling.steps = fast_steps; },
            "Denoise in 4 steps, which measure as well as 15")
        ->excludes("--num-sampling-steps", "--sampler");
    verb.add_option("--strength", o.sampling.strength,
                    "Place anew so much: 1 from nothing; less starts from where the source has its objects, "
                    "0.2 polishes")
        ->check(CLI::Range(0.0, 1.0));
    verb.add_option("--eta", o.sampling.eta, "Add noise in ddim: 0 none, 1 as ddpm")
        ->check(CLI::Range(0.0, 1.0));
    verb.add_option("--rng", o.sampling.rng,
                    "Draw from philox, or torch: the numbers of PyTorch's CPU generator")
        ->check(CLI::IsMember({"philox", "torch"}));
    verb.add_option("--num-variants", o.sampling.variants, "Make so many maps")->check(CLI::Range(1, 1000));
    verb.add_option("--refine-ckpt", o.refine_ckpt,
                    "Refine the result with this checkpoint, trained at t = 0")
        ->type_name("FILE")
        ->default_str("none");
    verb.add_option("--refine-iters", o.refine_iters, "Refine so many times")->check(at_least(0));
}

void add_output_flags(CLI::App& verb, SampleOptions& o) {
    verb.add_option("--out", o.out, "Write below this folder")->type_name("FOLDER");
    verb.add_option("--slider-velocity", o.slider_velocity,
                    "Choose keep: sliders keep their length, timing stays; or fit: lengths and green lines "
                    "follow the new path")
        ->check(CLI::IsMember({"keep", "fit"}));
    verb.add_flag("--allow-offscreen", o.sampling.allow_offscreen,
                  "Leave points that lie outside the playfield there");
    verb.add_flag("--overwrite", o.overwrite, "Replace files of the same name instead of taking a new one");
    verb.add_flag("--osz", o.osz, "Also write the source's .osz with the new difficulties in it");
    verb.add_option("--dump-coordinates", o.dump_coordinates,
                    "Also write tensor xy (variants, 2, T), px: .safetensors")
        ->type_name("FILE")
        ->default_str("none");
    verb.add_option("--plot", o.plot, "Draw the result: .png or .svg")
        ->type_name("FILE")
        ->default_str("none");
    verb.add_option("--plot-time", o.plot_time, "Begin the picture at this ms; the map is written whole")
        ->type_name("MS")
        ->default_str("the preview point");
    verb.add_option("--plot-width", o.plot_width, "Let the picture span so many ms")
        ->type_name("MS")
        ->check(above(0));
    add_truth(verb, "--make-animation", o.make_animation, "Draw the denoising of the first variant: .gif");
    add_truth(verb, "--profile", o.profile, "Print time by operation at the end");
}

}  // namespace

void declare_sample_flags(CLI::App& verb, SampleOptions& options) {
    add_input_flags(verb, options);
    add_style_flags(verb, options);
    add_sampler_flags(verb, options);
    add_output_flags(verb, options);
}

void warn_of_idle_flags(const CLI::App& verb, const SampleOptions& o) {
    const bool no_style = !o.style_id && o.style_mapper.empty();
    warn_if_idle(verb, "--cfg-scale", no_style && o.sampling.cfg_scale != 1,
                 "it guides towards a style: name one");
    warn_if_idle(verb, "--beatmap-idx", no_style, "it goes with --style-id and --style-mapper");
    warn_if_idle(verb, "--eta", o.sampling.sampler != "ddim", "it is of --sampler ddim");
    warn_if_idle(verb, "--refine-iters", o.refine_ckpt.empty(), "it goes with --refine-ckpt");
    warn_if_idle(verb, "--keep-spacing", o.sampling.keep_spacing && o.sampling.rng == "torch",
                 "--rng torch leaves the reference's numbers as they are");
    warn_if_idle(verb, "--plot-width", o.plot.empty() && !o.plot_time && !o.make_animation,
                 "it goes with --plot, --plot-time and --make-animation");
}

}  // namespace osu
