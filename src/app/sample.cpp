// The verb `sample`: a map in, remapped maps and their pictures out.
#include <algorithm>
#include <cstdio>
#include <memory>
#include <optional>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include "app/flag.h"
#include "app/sample_flags.h"
#include "app/sample_output.h"
#include "app/verbs.h"
#include "base/error.h"
#include "base/parallel.h"
#include "base/profile.h"
#include "base/progress.h"
#include "sampling/sampling.h"

namespace osu {

namespace {

constexpr size_t most_frames = 96;  // of an animation: four seconds

void say_offscreen(const Placement& placed, bool allowed) {
    if (placed.outside() == 0) return;
    fmt::print("{} of {} coordinates lay outside the playfield{}\n", placed.outside(), placed.x.size(),
               allowed ? "" : ", and were moved inside (--allow-offscreen leaves them)");
}

// Every so many steps a copy of the first variant.
class Frames {
  public:
    Frames(size_t steps, bool wanted)
        : every_(wanted ? (steps + most_frames - 1) / most_frames : 0), steps_(steps) {}
    void add(int first, int count, std::span<const float> x) {
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

void run_sample(const SampleOptions& options) {
    const Profile profile(options.profile);
    set_thread_count(options.threads);
    const SourceMap source = read_source(options.beatmap, options.difficulty);
    const MapDatapoints map(source.map);
    if (map.sequence().size() == 0) fail("{} has no hit objects", options.beatmap);
    std::vector<uint8_t> selected;
    if (!options.selection.all()) selected = select_objects(source.map, options.selection);
    SampleOutput output(options, source, selected);

    const std::unique_ptr<Backend> backend = open_backend(options.device);
    const bool styled = options.style_id || !options.style_mapper.empty();
    SamplingNetwork network(options.ckpt.empty() ? bundled_model_path().string() : options.ckpt,
                            {options.model, options.num_classes, options.num_heads, styled}, *backend);
    const std::vector<int32_t> style =
        find_style(network.info(), {options.style_id, options.style_mapper, options.beatmap_idx});
    const Diffusion steps = sampling_steps(options.sampling, network.info());
    const int refine_iters = options.refine_ckpt.empty() ? 0 : options.refine_iters;
    std::optional<SamplingNetwork> refiner;
    if (refine_iters > 0) refiner.emplace(options.refine_ckpt, NetworkFlags{.with_labels = false}, *backend);
    fmt::print("{} datapoints, {} of {} steps, {}\n", map.sequence().size(),
               sampler_name(options.sampling, network.info()), steps.steps(), network.config().name());
    std::fflush(stdout);

    Frames frames(steps.steps() + refine_iters, options.make_animation);
    Progress progress(
        "sampling", static_cast<int64_t>(steps.steps() + refine_iters) * options.sampling.variants, "steps");
    const OnStep on_step = [&](const SamplingStep& step) {
        frames.add(step.first, step.count, step.x);
        progress.advance(step.count);
        return true;
    };
    const std::vector<uint8_t> fixed = fixed_datapoints(map.sequence(), selected);
    Placement placed = place(network, map.view(), style, options.sampling, {fixed, {}}, on_step);
    if (refiner)
        refine(*refiner, map.view(), style, options.sampling,
               options.sampling.seq_len.value_or(network.info().window()), steps, refine_iters, {fixed, {}},
               on_step, placed);
    progress.finish();

    say_offscreen(placed, options.sampling.allow_offscreen);
    output.write(placed, frames.all());
    fmt::print("{}", profile.table());
}

}  // namespace

void add_sample_verb(CLI::App& app) {
    CLI::App* verb = app.add_subcommand("sample", "Remap a beatmap: new positions for the same rhythm");
    auto options = std::make_shared<SampleOptions>();
    declare_sample_flags(*verb, *options);
    verb->callback([verb, options] {
        warn_of_idle_flags(*verb, *options);
        run_sample(*options);
    });
}

}  // namespace osu
