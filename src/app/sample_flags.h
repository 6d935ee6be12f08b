// What `sample` is asked for, and the flags that say it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "app/source_map.h"
#include "ops/devices.h"
#include "sampling/options.h"

namespace CLI {
class App;
}

namespace osu {

struct SampleOptions {
    // The maps and the network.
    std::vector<std::string> maps;  // files and folders
    std::string difficulty;
    Selection selection;
    std::string ckpt, model;
    DeviceChoice device;
    int num_classes = 0, num_heads = 0;  // 0: the checkpoint's
    int threads = 0;

    // The style.
    std::string style;  // a beatmap ID or a mapper; settle_style() makes the next two of it
    std::optional<int64_t> style_id;
    std::string style_mapper, beatmap_idx;
    bool scale_given = false;  // --cfg-scale stands on the command line

    bool styled() const { return style_id || !style_mapper.empty(); }

    // The sampler.
    SamplingOptions sampling;
    std::string refine_ckpt;
    int refine_iters = 10;
    int best_of = 1;  // placements for each variant, of which the best is kept

    // What is written.
    std::string out = "results", version_name, slider_velocity = "keep", dump_coordinates;
    bool in_place = false, watch = false, overwrite = false, osz = false;
    bool quiet = false, json = false;
    std::string plot;
    std::optional<double> plot_time;   // ms
    std::optional<double> plot_width;  // ms
    bool make_animation = false;
    bool profile = false;
};

void declare_sample_flags(CLI::App& verb, SampleOptions& options);  // each with its default
// What depends on several flags: the style, its scale, what --watch and --json imply. Error for
// contradictions.
void settle_sample_options(const CLI::App& verb, SampleOptions& options);
void warn_of_idle_flags(const CLI::App& verb, const SampleOptions& options);

}  // namespace osu
