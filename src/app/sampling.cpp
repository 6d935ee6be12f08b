#include "app/sampling.h"

#include <algorithm>
#include <cassert>
#include <memory>

namespace osu {

namespace {

// The reference draws a row for each variant and one more for its null twin at every step, and drops the
// second half.
class TwinNoise final : public NormalSource {
  public:
    explicit TwinNoise(TorchRandom& random) : random_(random) {}
    void fill_normal(std::span<float> out) override {
        both_.resize(2 * out.size());
        random_.fill_normal(both_);
        std::copy_n(both_.begin(), out.size(), out.begin());
    }

  private:
    TorchRandom& random_;
    std::vector<float> both_;
};

SamplerOptions sampler_options(const SamplingRun& run, int first, int count) {
    SamplerOptions options;
    options.kind = run.sampler;
    options.eta = run.eta;
    if (run.on_step)
        options.on_step = [&run, first, count](size_t, std::span<const float> x, std::span<const float>) {
            run.on_step(first, count, x);
            return true;
        };
    return options;
}

}  // namespace

MapFeatures::MapFeatures(const Sequence& sequence) : distance(distances(sequence)) {
    for (size_t i = 0; i < sequence.size(); ++i) {
        time.push_back(static_cast<float>(sequence.time[i] - sequence.time[0]));
        type.push_back(static_cast<uint8_t>(sequence.type[i]));
    }
}

GuidedNetwork::GuidedNetwork(DitSampler& network, const Guidance& guidance, const MapFeatures& map,
                             int64_t band, int64_t rows, std::span<const int> timesteps)
    : network_(network),
      scale_(guidance.scale),
      guided_(guidance.needs_null_row()),
      tokens_(static_cast<size_t>(map.tokens())) {
    std::vector<float> styles;
    const std::vector<float>& style = guidance.style.empty() ? guidance.null_style : guidance.style;
    for (int64_t row = 0; row < rows; ++row) styles.insert(styles.end(), style.begin(), style.end());
    for (int64_t row = 0; guided_ && row < rows; ++row)
        styles.insert(styles.end(), guidance.null_style.begin(), guidance.null_style.end());
    network_.prepare({map.time, map.distance, map.type, band}, styles, timesteps);
}

Denoiser GuidedNetwork::denoiser() {
    if (!guided_)
        return [this](std::span<const float> x, size_t step, std::span<float> out) {
            network_.denoise(x, step, out);
        };
    return [this](std::span<const float> x, size_t step, std::span<float> out) {
        x_.assign(x.begin(), x.end());
        x_.insert(x_.end(), x.begin(), x.end());
        out_.resize(2 * out.size());
        network_.denoise(x_, step, out_);
        std::copy_n(out_.begin(), out.size(), out.begin());
        const std::span<const float> null = std::span(out_).subspan(out.size());
        const size_t row = 4 * tokens_;
        for (size_t first = 0; first < out.size();
             first += row)  // the two channels of ε; the variance is each row's own
            for (size_t i = first; i < first + row / 2; ++i) out[i] = null[i] + scale_ * (out[i] - null[i]);
    };
}

std::vector<float> sample_variants(DitSampler& network, const Guidance& guidance, const MapFeatures& map,
                                   const SamplingRun& run) {
    const Diffusion& diffusion = *run.diffusion;
    const int64_t row = 2 * map.tokens();
    std::vector<float> x(run.variants * row);
    // One at a time, so that a variant has the same bits in every call; the reference's stream knows them
    // together only.
    const int at_once = run.noise == NoiseKind::torch ? run.variants : 1;
    GuidedNetwork guided(network, guidance, map, run.band, at_once, diffusion.timestep);
    for (int first = 0; first < run.variants; first += at_once) {
        const std::span<float> rows = std::span(x).subspan(first * row, at_once * row);
        TorchRandom torch(run.seed);
        TwinNoise twins(torch);
        Philox philox(run.seed + static_cast<uint64_t>(first));
        SamplerOptions options = sampler_options(run, first, at_once);
        if (run.noise == NoiseKind::torch) {
            torch.fill_normal(rows);
            options.noise = {&twins};
        } else {
            philox.fill_normal(rows);
            options.noise = {&philox};
        }
        sample(diffusion, guided.denoiser(), options, at_once, map.tokens(), rows);
    }
    return x;
}

void refine_variants(DitSampler& network, const Guidance& guidance, const MapFeatures& map,
                     const SamplingRun& run, int iterations, std::span<float> x) {
    const int64_t row = 2 * map.tokens();
    GuidedNetwork guided(network, guidance, map, run.band, 1, run.diffusion->timestep);
    for (int variant = 0; variant < run.variants; ++variant)
        refine(*run.diffusion, guided.denoiser(), sampler_options(run, variant, 1), iterations, 1,
               map.tokens(), x.subspan(variant * row, row));
}

}  // namespace osu
