// What `sample` was asked for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "app/selection.h"
#include "ops/devices.h"
#include "sampling/sampling.h"

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
    double cfg_scale = 1;

    // The sampler.
    std::string sampler = "dpm++", num_sampling_steps = "15", rng = "philox";
    double eta = 0;
    bool keep_spacing = true;  // not with the torch numbers
    uint64_t seed = 0;
    std::optional<int64_t> seq_len;  // null: the window that the network was trained with
    int num_variants = 1;
    std::string refine_ckpt;
    int refine_iters = 10;

    // What is written.
    std::string out = "results", slider_velocity = "keep", dump_coordinates;
    bool allow_offscreen = false, overwrite = false, osz = false;
    std::string plot;
    std::optional<double> plot_time;  // ms
    double plot_width = 2000;         // ms
    bool make_animation = false;
    bool profile = false;
};

void declare_sample_flags(CLI::App& verb, SampleOptions& options);            // sample_flags.cpp
void warn_of_idle_flags(const CLI::App& verb, const SampleOptions& options);  // the same
void run_sample(const SampleOptions& options);                                // sample.cpp

}  // namespace osu
