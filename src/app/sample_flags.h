// What `sample` is asked for, and the flags that say it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "app/source_map.h"
#include "ops/devices.h"
#include "sampling/options.h"

namespace CLI {
class App;
}

namespace osu {

struct SampleOptions {
    // The map and the network.
    std::string beatmap, difficulty;
    Selection selection;
    std::string ckpt, model;
    DeviceChoice device;
    int num_classes = 0, num_heads = 0;  // 0: the checkpoint's
    int threads = 0;

    // The style.
    std::optional<int64_t> style_id;
    std::string style_mapper, beatmap_idx;

    // The sampler.
    SamplingOptions sampling;
    std::string refine_ckpt;
    int refine_iters = 10;

    // What is written.
    std::string out = "results", slider_velocity = "keep", dump_coordinates;
    bool overwrite = false, osz = false;
    std::string plot;
    std::optional<double> plot_time;  // ms
    double plot_width = 2000;         // ms
    bool make_animation = false;
    bool profile = false;
};

void declare_sample_flags(CLI::App& verb, SampleOptions& options);  // each with its default
void warn_of_idle_flags(const CLI::App& verb, const SampleOptions& options);

}  // namespace osu
