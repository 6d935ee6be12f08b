#include "sampling/sampling.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "base/profile.h"
#include "sequence/sequence_path.h"

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

// Above this noise, in px, the predicted x₀ is a blur between all the maps that are possible, and the
// spacing of a blur means nothing. Between 30 and 2,000 the ruler hardly tells one bound from another.
constexpr double most_noise = 400;
constexpr int fit_iterations = 3, last_iterations = 12;

// The tools that hold a run of `rows` rows to its constraints.
class Holder {
  public:
    Holder(const SamplingRun& run, const MapFeatures& map)
        : diffusion_(*run.diffusion), constraints_(run.constraints), row_(2 * map.type.size()) {
        for (int twice = 0; twice < 2; ++twice)
            for (const uint8_t fixed : constraints_.fixed) mask_.push_back(fixed);
        if (constraints_.spacing)
            fit_.emplace(AskedPlacement{map.type, map.time, map.distance, map.sliders, constraints_.fixed,
                                        map.circle_radius, constraints_.inside});
    }
    void hold(SamplerOptions& options) {
        options.known = {mask_, constraints_.position};
        if (fit_) options.shape = [this](size_t index, std::span<float> x0) { shape(index, x0); };
    }

  private:
    const Diffusion& diffusion_;
    const Constraints& constraints_;
    const size_t row_;
    std::optional<PlacementFit> fit_;
    std::vector<float> mask_;  // (2, T)

    void shape(size_t index, std::span<float> x0) {
        const double alpha = diffusion_.alpha_cumprod[index];
        if (playfield_size.x * std::sqrt((1 - alpha) / alpha) > most_noise) return;
        const ProfileScope scope("keeping the spacing");
        for (size_t first = 0; first < x0.size(); first += row_)
            fit_->apply(x0.subspan(first, row_), index == 0 ? last_iterations : fit_iterations);
    }
};

// Short maps go through the network together, which saves a tenth of the time at 128 datapoints and nothing
// from 1,024 on; one at a time where a variant's bits would then depend on the others.
int variants_at_once(const DitSampler& network, int64_t tokens) {
    constexpr int64_t tokens_at_once = 1024;
    if (!network.rows_are_independent()) return 1;
    return static_cast<int>(std::clamp<int64_t>(tokens_at_once / tokens, 1, 16));
}

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

Diffusion sampler_steps(const std::string& sampler, const std::string& steps, NoiseSchedule schedule) {
    const bool number = !steps.empty() && steps.find_first_not_of("0123456789") == std::string::npos;
    if (sampler == "dpm++" && number)
        return {schedule, respace_log_snr(schedule, steps.size() > 4 ? 0 : std::stoi(steps))};
    return {schedule, respace(steps)};
}

MapFeatures map_features(const Beatmap& map, const Sequence& sequence) {
    MapFeatures features;
    features.distance = distances(sequence);
    features.circle_radius = 54.4f - 4.48f * map.difficulty.cs;  // the game's formula
    SliderPath path;
    for (size_t i = 0; i < sequence.size(); ++i) {
        features.time.push_back(static_cast<float>(sequence.time[i] - sequence.time[0]));
        features.type.push_back(static_cast<uint8_t>(sequence.type[i]));
        if (!is_slider_head(sequence.type[i])) continue;
        path.assign(map, map.objects[sequence.object[i]]);
        features.sliders.push_back(
            {static_cast<float>(path.natural_length()), static_cast<float>(path.length())});
    }
    return features;
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
    // The reference's stream knows the variants together only.
    const int most = run.noise == NoiseKind::torch ? run.variants : variants_at_once(network, map.tokens());
    Holder holder(run, map);
    std::optional<GuidedNetwork> guided;
    int prepared = 0;
    for (int first = 0; first < run.variants; first += prepared) {
        const int count = std::min(most, run.variants - first);
        if (count != prepared) guided.emplace(network, guidance, map, run.band, count, diffusion.timestep);
        prepared = count;
        const std::span<float> rows = std::span(x).subspan(first * row, count * row);
        TorchRandom torch(run.seed);
        TwinNoise twins(torch);
        std::vector<Philox> philox;
        for (int i = 0; i < count; ++i) philox.emplace_back(run.seed + static_cast<uint64_t>(first + i));
        SamplerOptions options = sampler_options(run, first, count);
        holder.hold(options);
        if (run.noise == NoiseKind::torch) {
            torch.fill_normal(rows);
            options.noise = {&twins};
        } else {
            for (int i = 0; i < count; ++i) {
                philox[i].fill_normal(rows.subspan(i * row, row));
                options.noise.push_back(&philox[i]);
            }
        }
        sample(diffusion, guided->denoiser(), options, count, map.tokens(), rows);
    }
    return x;
}

void refine_variants(DitSampler& network, const Guidance& guidance, const MapFeatures& map,
                     const SamplingRun& run, int iterations, std::span<float> x) {
    const int64_t row = 2 * map.tokens();
    GuidedNetwork guided(network, guidance, map, run.band, 1, run.diffusion->timestep);
    Holder holder(run, map);
    for (int variant = 0; variant < run.variants; ++variant) {
        SamplerOptions options = sampler_options(run, variant, 1);
        holder.hold(options);
        refine(*run.diffusion, guided.denoiser(), options, iterations, 1, map.tokens(),
               x.subspan(variant * row, row));
    }
}

}  // namespace osu
