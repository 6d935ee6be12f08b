#include "app/sample_flags.h"

#include <algorithm>
#include <initializer_list>

#include <CLI/CLI.hpp>

#include "app/editor_time.h"
#include "app/flag.h"
#include "base/error.h"
#include "base/text.h"
#include "beatmap/osz.h"

namespace osu {

namespace {

constexpr int most_placements = 1000;  // of a map at once, in memory

void add_input_flags(CLI::App& verb, SampleOptions& o) {
    verb.add_option("-i,--beatmap,maps", o.maps,
                    "Remap these: .osu, .osz with --difficulty, folders with all maps in them")
        ->type_name("MAP")
        ->default_str("")
        ->allow_extra_args()
        ->required();
    verb.add_option("--difficulty", o.difficulty,
                    "Take this map of an .osz: its difficulty name or a part of it, beatmap ID or file name; "
                    "all: every one")
        ->type_name("NAME|ID");
    verb.add_option("--from-ms,--from", o.selection.from_ms,
                    "Generate only objects that start here or later: ms, or 01:02:345 as in the editor")
        ->type_name("TIME")
        ->transform(time_in_ms())
        ->default_str("the first");
    verb.add_option("--to-ms,--to", o.selection.to_ms,
                    "Generate only objects that start here or earlier; the others stay as they are")
        ->type_name("TIME")
        ->transform(time_in_ms())
        ->default_str("the last");
    verb.add_option("--section", o.selection.section,
                    "Generate only from A to B, \"1:02..1:15\" (\"1:02..\": to the end), or the objects "
                    "copied from the editor, \"01:02:345 (1,2,3) - \"")
        ->type_name("A..B")
        ->default_str("all");
    verb.add_option("--objects", o.selection.objects,
                    "Generate only these objects: 3,10-20 (from 1), or as copied from the editor")
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
    CLI::Option* mapper =
        verb.add_option("--style-mapper", o.style_mapper, "Sample in the mean style of this mapper's maps")
            ->type_name("NAME")
            ->excludes(id)
            ->default_str("none");
    verb.add_option("--style", o.style, "Sample in this style: a number is a beatmap ID, else a mapper")
        ->type_name("ID|NAME")
        ->excludes(id)
        ->excludes(mapper)
        ->default_str("none");
    verb.add_option("--beatmap-idx", o.beatmap_idx, "Read beatmap ID → class here, pickle or JSON")
        ->type_name("FILE")
        ->default_str("the checkpoint's, else beatmap_idx.pickle");
}

void add_sampler_flags(CLI::App& verb, SampleOptions& o) {
    add_sampling_flags(verb, o.sampling);
    verb.get_option("--cfg-scale")
        ->default_str("5 for a mapper, 3 for a map; 1 without a style or with --rng torch");
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
    verb.add_option("-n,--num-variants,--variants", o.sampling.variants, "Make so many maps")
        ->check(CLI::Range(1, most_placements));
    verb.add_option("--best-of", o.best_of,
                    "Place each so many times, and keep the one with the fewest objections of evaluate's")
        ->check(CLI::Range(1, most_placements));
    verb.add_option("--refine-ckpt", o.refine_ckpt,
                    "Refine the result with this checkpoint, trained at t = 0")
        ->type_name("FILE")
        ->default_str("none");
    verb.add_option("--refine-iters", o.refine_iters, "Refine so many times")->check(at_least(0));
}

void add_output_flags(CLI::App& verb, SampleOptions& o) {
    CLI::Option* out = verb.add_option("-o,--out", o.out, "Write below this folder, or this very .osu")
                           ->type_name("FOLDER|FILE");
    verb.add_flag("--in-place", o.in_place, "Write beside the source, in the song's folder")->excludes(out);
    verb.add_flag("--watch", o.watch,
                  "Go on: whenever the map is saved, place it anew; beside it, unless --out is given");
    verb.add_option("--version-name", o.version_name, "Name the difficulty so")
        ->type_name("NAME")
        ->default_str("Diffusion, the source's name, style, section and seed");
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
    verb.add_option("--plot-time", o.plot_time, "Begin the picture here; the map is written whole")
        ->type_name("TIME")
        ->transform(time_in_ms())
        ->default_str("the section, else the preview point");
    verb.add_option("--plot-width", o.plot_width, "Let the picture span so many ms")
        ->type_name("MS")
        ->check(above(0))
        ->default_str("the section, else 2000");
    add_truth(verb, "--make-animation,--gif", o.make_animation,
              "Draw the denoising of the first variant: .gif");
    add_truth(verb, "--profile", o.profile, "Print time by operation at the end");
    verb.add_flag("-q,--quiet", o.quiet, "Print nothing but warnings and errors");
    verb.add_flag("--json", o.json, "Print what was written as one JSON object, and all else as errors are");
}

}  // namespace

void declare_sample_flags(CLI::App& verb, SampleOptions& options) {
    add_input_flags(verb, options);
    add_style_flags(verb, options);
    add_sampler_flags(verb, options);
    add_output_flags(verb, options);
}

namespace {

using FlagText = std::pair<const char*, const std::string&>;

// Of nothing is asked by mistake, as by a variable of the shell that is not set.
void refuse_empty(const CLI::App& verb, std::initializer_list<FlagText> given) {
    for (const auto& [flag, text] : given)
        if (verb.count(flag) > 0 && text.find_first_not_of(" \t") == std::string::npos)
            fail(Hint{"leave it out, or name one"}, "{} is empty", flag);
}

void refuse_odd_names(const CLI::App& verb, const SampleOptions& o) {
    const std::initializer_list<FlagText> names{
        {"--style", o.style}, {"--style-mapper", o.style_mapper}, {"--version-name", o.version_name}};
    refuse_empty(verb, names);
    refuse_empty(verb, {{"--section", o.selection.section}, {"--objects", o.selection.objects}});
    for (const auto& [flag, name] : names)
        if (std::any_of(name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) < ' '; }))
            fail(Hint{"a name is one line"}, "{} {} has a control character in it", flag, printable(name));
}

}  // namespace

void settle_sample_options(const CLI::App& verb, SampleOptions& o) {
    refuse_odd_names(verb, o);
    if (!o.style.empty() && o.style.find_first_not_of("0123456789") == std::string::npos &&
        o.style.size() < 19)
        o.style_id = std::stoll(o.style);
    else if (!o.style.empty())
        o.style_mapper = o.style;
    o.scale_given = verb.count("--cfg-scale") > 0;
    // Where the ruler says that a style shows; the reference's numbers are those of its own default.
    if (o.styled() && !o.scale_given && o.sampling.rng != "torch") o.sampling.cfg_scale = o.style_id ? 3 : 5;
    const std::string extension = lower_extension(o.out);
    if (is_archive_name(o.out))
        fail(Hint{"--osz writes the archive into the folder that --out names"}, "--out {} names an archive",
             o.out);
    if (extension == ".osu" && o.sampling.variants > 1)
        fail(Hint{"name a folder with --out"}, "--out {} is one file, and there are {} variants", o.out,
             o.sampling.variants);
    if (int64_t{o.best_of} * o.sampling.variants > most_placements)
        fail(Hint{"make fewer at once"}, "--best-of {} of {} variants are more than {} placements", o.best_of,
             o.sampling.variants, most_placements);
    if (o.best_of > 1 && (o.sampling.rng == "torch" || o.make_animation))
        fail(Hint{"leave one of them out"}, "--best-of does not go with {}",
             o.make_animation ? "--make-animation" : "--rng torch");
    if (o.watch && verb.count("--out") == 0) o.in_place = true;
}

void warn_of_idle_flags(const CLI::App& verb, const SampleOptions& o) {
    const bool no_style = !o.styled();
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
