// Sampling a map: the network under guidance, the noise of every variant, refining. Positions are in [0, 1]
// on the playfield; a variant is a seed.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "data/sequence.h"
#include "diffusion/sampler.h"
#include "model/dit_sampler.h"

namespace osu {

// What the network is told about a map: everything but the positions.
struct MapFeatures {
    explicit MapFeatures(const Sequence& sequence);
    MapFeatures(std::vector<float> time, std::vector<float> distance, std::vector<uint8_t> type)
        : time(std::move(time)), distance(std::move(distance)), type(std::move(type)) {}

    std::vector<float> time, distance;  // (T) ms from the first datapoint, px
    std::vector<uint8_t> type;          // (T)
    int64_t tokens() const { return static_cast<int64_t>(time.size()); }
};

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
