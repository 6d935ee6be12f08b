// Sampling a map: the network under guidance, the noise of every variant, refining. Positions are in [0, 1]
// on the playfield; a variant is a seed.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "diffusion/sampler.h"
#include "model/dit_sampler.h"
#include "sampling/placement_fit.h"
#include "sequence/sequence.h"

namespace osu {

// What the network is told about a map: everything but the positions.
struct MapFeatures {
    std::vector<float> time, distance;  // (T) ms from the first datapoint, px
    std::vector<uint8_t> type;          // (T)
    std::vector<SliderLengths> sliders;
    float circle_radius = 0;  // px
    int64_t tokens() const { return static_cast<int64_t>(time.size()); }
};
// The steps that a sampler takes, as flags name them: dpm++ takes a plain number of steps evenly in log SNR;
// all else is respace()'s.
Diffusion sampler_steps(const std::string& sampler, const std::string& steps, NoiseSchedule schedule);

MapFeatures map_features(const Beatmap& map, const Sequence& sequence);

// The style to sample in, as rows of the label table or means of them.
struct Guidance {
    std::vector<float> style, null_style;  // (h); no style: null_style alone
    float scale = 1;
    // At scale 1, and without a style, the null row would change nothing: it is not computed.
    bool needs_null_row() const { return !style.empty() && scale != 1; }
};

// A network as the samplers call it, for `rows` variants at once.
class GuidedNetwork {
  public:
    GuidedNetwork(DitSampler& network, const Guidance& guidance, const MapFeatures& map, int64_t band,
                  int64_t rows, std::span<const int> timesteps);
    Denoiser denoiser();

  private:
    DitSampler& network_;
    float scale_;
    bool guided_;
    size_t tokens_;
    std::vector<float> x_, out_;  // with the null rows behind the others
};

// What the sampler knows of the result beside what the network says.
struct Constraints {
    // Every datapoint as far from the one before as in the source, sliders of their lengths, nothing partly
    // under another by accident, all inside the field (sampling/placement_fit.h).
    bool spacing = false;
    bool inside = true;
    // Datapoints that stay where they are: 1 in `fixed` (T), and where in `position` (2, T); empty: none.
    std::vector<uint8_t> fixed;
    std::vector<float> position;
};

enum class NoiseKind { philox, torch };

struct SamplingRun {
    SamplerKind sampler = SamplerKind::ddpm;
    float eta = 0;
    const Diffusion* diffusion = nullptr;
    int64_t band = 128;
    NoiseKind noise = NoiseKind::philox;
    uint64_t seed = 0;  // variant i has seed + i, whatever the others are; with torch one stream for all, as
                        // the reference
    int variants = 1;
    Constraints constraints;
    // After each step of the `count` variants from `first`: their positions (count, 2, T).
    std::function<void(int first, int count, std::span<const float> x)> on_step;
};

// (variants, 2, T).
std::vector<float> sample_variants(DitSampler& network, const Guidance& guidance, const MapFeatures& map,
                                   const SamplingRun& run);

// The last step again and again, with a network that was trained for it.
void refine_variants(DitSampler& network, const Guidance& guidance, const MapFeatures& map,
                     const SamplingRun& run, int iterations, std::span<float> x);

}  // namespace osu
