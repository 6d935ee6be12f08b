// The verb `sample`: a map in, remapped maps and their pictures out.
#include <algorithm>
#include <cstdio>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include "app/device_flags.h"
#include "app/sample_options.h"
#include "app/sample_output.h"
#include "app/verbs.h"
#include "base/error.h"
#include "base/parallel.h"
#include "base/profile.h"
#include "base/progress.h"
#include "sampling/bundled_model.h"
#include "sampling/sampling_network.h"

namespace osu {

namespace {

constexpr size_t most_frames = 96;  // of an animation: four seconds

Guidance guidance_of(const SamplingNetwork& network, std::span<const int32_t> style, double scale) {
    Guidance guidance{{}, network.null_style(), static_cast<float>(scale)};
    if (!style.empty()) guidance.style = network.style(style);
    return guidance;
}

// Datapoints of objects that are not selected stay.
Constraints constraints_of(const SampleOptions& options, std::span<const uint8_t> selected,
                           const Sequence& sequence) {
    Constraints constraints;
    constraints.spacing = options.keep_spacing && options.rng != "torch";
    constraints.inside = !options.allow_offscreen;
    if (selected.empty()) return constraints;
    const size_t tokens = sequence.size();
    constraints.position.resize(2 * tokens);
    for (size_t i = 0; i < tokens; ++i) {
        constraints.fixed.push_back(!selected[sequence.object[i]]);
        constraints.position[i] = sequence.position[i].x / playfield_size.x;
        constraints.position[tokens + i] = sequence.position[i].y / playfield_size.y;
    }
    return constraints;
}

void say_offscreen(std::span<const float> x, const SampleOptions& options) {
    const auto outside = std::count_if(x.begin(), x.end(), [](float v) { return v < 0 || v > 1; });
    if (outside == 0) return;
    fmt::print("{} of {} coordinates lay outside the playfield{}\n", outside, x.size(),
               options.allow_offscreen ? "" : ", and were moved inside (--allow-offscreen leaves them)");
}

// Every so many steps a copy of the first variant.
class Frames {
  public:
    Frames(size_t steps, bool wanted)
        : every_(wanted ? (steps + most_frames - 1) / most_frames : 0), steps_(steps) {}
    void take(int first, int count, std::span<const float> x) {
        if (every_ == 0 || first != 0 || done_ == steps_) return;
        ++done_;
        const size_t row = x.size() / static_cast<size_t>(count);
        if (done_ % every_ == 0 || done_ == steps_) frames_.emplace_back(x.begin(), x.begin() + row);
    }
    const std::vector<std::vector<float>>& all() const { return frames_; }

  private:
    size_t every_, steps_, done_ = 0;
    std::vector<std::vector<float>> frames_;
};

}  // namespace

void run_sample(const SampleOptions& options) {
    const Profile profile(options.profile);
    set_thread_count(options.threads);
    const SourceMap source = read_source(options.beatmap, options.difficulty);
    const Sequence sequence = to_sequence(source.map);
    if (sequence.size() == 0) fail("{} has no hit objects", options.beatmap);
    std::vector<uint8_t> selected;
    if (!options.selection.all()) selected = select_objects(source.map, options.selection);
    SampleOutput output(options, source, selected);

    const std::unique_ptr<Backend> backend = open_backend(options.device);
    const NetworkFlags network_flags{options.model, options.num_classes, options.num_heads,
                                     options.style_id || !options.style_mapper.empty()};
    const std::string ckpt = options.ckpt.empty() ? bundled_model_path().string() : options.ckpt;
    SamplingNetwork network(ckpt, network_flags, *backend);
    const std::vector<int32_t> style =
        find_style(network.info(), {options.style_id, options.style_mapper, options.beatmap_idx});
    const Guidance guidance = guidance_of(network, style, options.cfg_scale);
    const Diffusion diffusion =
        sampler_steps(options.sampler, options.num_sampling_steps, network.info().noise_schedule);
    const int refine_iters = options.refine_ckpt.empty() ? 0 : options.refine_iters;
    std::unique_ptr<SamplingNetwork> refiner;
    if (refine_iters > 0)
        refiner = std::make_unique<SamplingNetwork>(options.refine_ckpt, NetworkFlags{.with_labels = false},
                                                    *backend);

    SamplingRun run;
    run.sampler = sampler_kind(options.sampler);
    run.eta = static_cast<float>(options.eta);
    run.diffusion = &diffusion;
    run.band = options.seq_len.value_or(network.info().window());
    run.noise = options.rng == "torch" ? NoiseKind::torch : NoiseKind::philox;
    run.seed = options.seed;
    run.variants = options.num_variants;
    run.constraints = constraints_of(options, selected, sequence);
    fmt::print("{} datapoints, {} of {} steps, {}\n", sequence.size(), options.sampler, diffusion.steps(),
               network.config().name());
    std::fflush(stdout);

    const MapFeatures map = map_features(source.map, sequence);
    Frames frames(diffusion.steps() + refine_iters, options.make_animation);
    Progress progress("sampling",
                      static_cast<int64_t>(diffusion.steps() + refine_iters) * options.num_variants, "steps");
    run.on_step = [&](int first, int count, std::span<const float> x) {
        frames.take(first, count, x);
        progress.advance(count);
    };
    std::vector<float> x = sample_variants(network.network(), guidance, map, run);
    if (refiner)
        refine_variants(refiner->network(), guidance_of(*refiner, style, options.cfg_scale), map, run,
                        refine_iters, x);
    progress.finish();

    say_offscreen(x, options);
    output.write(x, frames.all());
    fmt::print("{}", profile.table());
}

void add_sample_verb(CLI::App& app) {
    CLI::App* verb = app.add_subcommand("sample", "Remap a beatmap: new positions for the same rhythm.");
    auto options = std::make_shared<SampleOptions>();
    declare_sample_flags(*verb, *options);
    verb->callback([verb, options] {
        warn_of_idle_flags(*verb, *options);
        run_sample(*options);
    });
}

}  // namespace osu
