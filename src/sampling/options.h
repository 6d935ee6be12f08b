// What a sampling is asked for, with the defaults of the flags; and what it tells on its way.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>

namespace osu {

constexpr const char* fast_steps = "4";  // of --fast: as good by the ruler as the usual ones

struct SamplingOptions {
    // ddpm, ddim or dpm++, and the steps as flags name them: a number, sections, ddimN. Empty: what the
    // network was made for, if it is a student of few steps, else dpm++ with 15.
    std::string sampler, steps;
    double eta = 0;              // noise of ddim
    std::string rng = "philox";  // torch: the reference's numbers, one stream for all variants
    uint64_t seed = 0;           // variant i has seed + i, whatever the others are
    int variants = 1;
    std::optional<int64_t> seq_len;  // null: the window that the network was trained with
    double cfg_scale = 1;            // guidance towards the style
    // From 0 to 1: how much is placed anew. Below 1 it starts from where the map stands (Given::position),
    // under as much noise as the square of it is of the schedule's time, and only the steps below that are
    // run.
    double strength = 1;
    // Every datapoint as far from the one before as in the source, sliders of their lengths, nothing partly
    // under another by accident (sampling/placement_fit.h); not with torch, whose numbers are the
    // reference's.
    bool keep_spacing = true;
    // Parts that the source makes alike are alike in the result (sampling/structure.h); goes with
    // keep_spacing.
    bool keep_structure = true;
    bool allow_offscreen = false;  // else what is held to its spacing stays inside the field
};

// After each step: `count` variants from `first`, which go through the network together.
struct SamplingStep {
    int first, count;
    size_t done, steps;            // of these variants
    std::span<const float> x, x0;  // (count, 2, T) in [0, 1]: noisy still, and what they are taken to become
};
// False stops the sampling.
using OnStep = std::function<bool(const SamplingStep&)>;

}  // namespace osu
