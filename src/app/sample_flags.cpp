// The flags of `sample`, each with its default.
#include <CLI/CLI.hpp>

#include "app/device_flags.h"
#include "app/flag.h"
#include "app/sample_options.h"

namespace osu {

namespace {

void add_input_flags(CLI::App& verb, SampleOptions& o) {
    verb.add_option("--beatmap", o.beatmap, "the map to remap: .osu, or .osz with --difficulty")
        ->type_name("MAP")
        ->required();
    verb.add_option("--difficulty", o.difficulty,
                    "which map of an .osz: its difficulty name, beatmap ID or file name")
        ->type_name("NAME|ID");
    verb.add_option("--from-ms", o.selection.from_ms, "generate only objects that start here or later")
        ->type_name("MS")
        ->check(finite())
        ->default_str("the first");
    verb.add_option("--to-ms", o.selection.to_ms,
                    "generate only objects that start here or earlier; the others stay as they are")
        ->type_name("MS")
        ->check(finite())
        ->default_str("the last");
    verb.add_option("--objects", o.selection.objects, "generate only these objects: 3,10-20 (from 1)")
        ->type_name("LIST")
        ->default_str("all");
    verb.add_option("--ckpt", o.ckpt, "checkpoint: .safetensors of ours, .pt of the reference")
        ->type_name("FILE")
        ->default_str("the model that comes with the program");
    verb.add_option("--model", o.model, "DiT-XS, DiT-S, DiT-B, DiT-L, DiT-XL; must be the checkpoint's")
        ->type_name("NAME")
        ->default_str("the checkpoint's");
    verb.add_option("--num-classes", o.num_classes, "rows of the label table; must be the checkpoint's")
        ->check(above(0))
        ->default_str("the checkpoint's");
    verb.add_option("--num-heads", o.num_heads,
                    "attention heads, where neither the checkpoint nor its size tells")
        ->check(above(0))
        ->default_str("the checkpoint's");
    add_device_flags(verb, o.device);
    add_threads(verb, o.threads);
}

void add_style_flags(CLI::App& verb, SampleOptions& o) {
    CLI::Option* id = verb.add_option("--style-id", o.style_id, "beatmap ID whose style to sample in")
                          ->type_name("ID")
                          ->default_str("none");
    verb.add_option("--style-mapper", o.style_mapper, "mapper whose maps' mean style to sample in")
        ->type_name("NAME")
        ->excludes(id)
        ->default_str("none");
    verb.add_option("--beatmap-idx", o.beatmap_idx, "beatmap ID → class, pickle or JSON")
        ->type_name("FILE")
        ->default_str("the checkpoint's, else beatmap_idx.pickle");
    verb.add_option("--cfg-scale", o.sampling.cfg_scale,
                    "guidance towards the style; 1: none, and half the time");
}

void add_sampler_flags(CLI::App& verb, SampleOptions& o) {
    verb.add_option("--sampler", o.sampling.sampler, "dpm++, ddpm (the reference's, with 250 steps), ddim")
        ->check(CLI::IsMember({"ddpm", "ddim", "dpm++"}));
    verb.add_option("--num-sampling-steps", o.sampling.steps,
                    "steps; or sections (10,15,20), or an integer stride (ddim25)")
        ->type_name("STEPS");
    verb.add_option("--eta", o.sampling.eta, "noise of ddim: 0 none, 1 as ddpm")->check(CLI::Range(0.0, 1.0));
    verb.add_option("--seed", o.sampling.seed, "of the noise; variant i has seed + i");
    verb.add_option("--rng", o.sampling.rng, "philox, or torch: the numbers of PyTorch's CPU generator")
        ->check(CLI::IsMember({"philox", "torch"}));
    verb.add_option("--num-variants", o.sampling.variants, "maps to make")->check(CLI::Range(1, 1000));
    verb.add_option("--seq-len", o.sampling.seq_len, "datapoints that a datapoint sees before and after it")
        ->check(CLI::Range(1, 1 << 20))
        ->default_str("128, or as the network was trained");
    add_truth(
        verb, "--keep-spacing", o.sampling.keep_spacing,
        "hold objects to the source's spacing, sliders to their lengths, and apart from each other; not with "
        "--rng torch, whose numbers are the reference's");
    add_truth(verb, "--keep-structure", o.sampling.keep_structure,
              "make alike what the source makes alike: repeats, mirrored parts, parallel sliders; goes with "
              "--keep-spacing");
    verb.add_option("--refine-ckpt", o.refine_ckpt, "checkpoint trained at t = 0, to refine the result with")
        ->type_name("FILE")
        ->default_str("none");
    verb.add_option("--refine-iters", o.refine_iters, "times to refine")->check(at_least(0));
}

void add_output_flags(CLI::App& verb, SampleOptions& o) {
    verb.add_option("--out", o.out, "folder to write below")->type_name("FOLDER");
    verb.add_option(
            "--slider-velocity", o.slider_velocity,
            "keep: sliders keep their length, timing stays; fit: lengths and green lines follow the new path")
        ->check(CLI::IsMember({"keep", "fit"}));
    verb.add_flag("--allow-offscreen", o.sampling.allow_offscreen,
                  "leave points that lie outside the playfield there");
    verb.add_flag("--overwrite", o.overwrite, "replace files of the same name instead of taking a new one");
    verb.add_flag("--osz", o.osz, "also write the source's .osz with the new difficulties in it");
    verb.add_option("--dump-coordinates", o.dump_coordinates,
                    "also write tensor xy (variants, 2, T), px: .safetensors")
        ->type_name("FILE")
        ->default_str("none");
    verb.add_option("--plot", o.plot, "draw the result: .png or .svg")
        ->type_name("FILE")
        ->default_str("none");
    verb.add_option("--plot-time", o.plot_time, "ms where the picture begins; the map is written whole")
        ->type_name("MS")
        ->default_str("the preview point");
    verb.add_option("--plot-width", o.plot_width, "ms that the picture spans")
        ->type_name("MS")
        ->check(above(0));
    add_truth(verb, "--make-animation", o.make_animation, "draw the denoising of the first variant: .gif");
    add_truth(verb, "--profile", o.profile, "print time by operation at the end");
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
