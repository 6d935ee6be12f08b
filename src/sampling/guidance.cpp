#include "sampling/guidance.h"

#include <algorithm>
#include <cmath>

#include "base/parallel.h"
#include "base/profile.h"

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

// The numbers of the whole map, so that a datapoint's are the same whatever is sampled around it.
class VariantNoise final : public NormalSource {
  public:
    VariantNoise(uint64_t seed, const MapSection* section) : random_(seed), section_(section) {}
    void fill_normal(std::span<float> out) override {
        if (!section_) return random_.fill_normal(out);
        all_.resize(2 * section_->map_size());
        random_.fill_normal(all_);
        section_->take(all_, out);
    }

  private:
    Philox random_;
    const MapSection* section_;
    std::vector<float> all_;
};

constexpr int last_rounds = 4;  // of the constraints, at the last step
// Of the share of x₀ in x, squared: from here on the middle of the field, where maps lie on average, shows in
// the noise that a sampler begins with.
constexpr double known_signal = 1e-3;

// Short maps go through the network together, which saves a tenth of the time at 128 datapoints and nothing
// from 1,024 on; one at a time where a variant's bits would then depend on the others.
int variants_at_once(const DitSampler& network, int64_t tokens) {
    constexpr int64_t tokens_at_once = 1024;
    if (!network.rows_are_independent()) return 1;
    return static_cast<int>(std::clamp<int64_t>(tokens_at_once / tokens, 1, 16));
}

}  // namespace

GuidedNetwork::GuidedNetwork(DitSampler& network, const Guidance& guidance, const MapContext& map,
                             int64_t rows, std::span<const int> timesteps)
    : network_(network),
      scale_(guidance.scale),
      guided_(guidance.needs_null_row()),
      tokens_(map.time.size()) {
    std::vector<float> styles;
    const std::vector<float>& style = guidance.style.empty() ? guidance.null_style : guidance.style;
    for (int64_t row = 0; row < rows; ++row) styles.insert(styles.end(), style.begin(), style.end());
    for (int64_t row = 0; guided_ && row < rows; ++row)
        styles.insert(styles.end(), guidance.null_style.begin(), guidance.null_style.end());
    network_.prepare(map, styles, timesteps);
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

// Variants know nothing of one another: each has a thread.
void VariantSampler::fit(size_t index, std::span<float> x0) {
    const ProfileScope scope("keeping the spacing");
    const size_t row = 2 * map.time.size(), rows = x0.size() / row;
    if (of_rows.size() < rows) of_rows.assign(rows, constraints);
    parallel_for_dynamic(static_cast<int64_t>(rows), [&](int64_t i) {
        fit_row(index, of_rows[static_cast<size_t>(i)], x0.subspan(static_cast<size_t>(i) * row, row));
    });
}

void VariantSampler::fit_row(size_t index, Constraints& own, std::span<float> x0) const {
    const double alpha = diffusion.alpha_cumprod[index];
    const double noise = playfield_size.x * std::sqrt((1 - alpha) / alpha);  // px
    const std::span<const uint32_t> kept = section ? std::span(section->kept()) : std::span<const uint32_t>();
    // The constraints part what was tied; at the end they meet over a few rounds.
    const int times = index == 0 && own.structure ? std::max(rounds, last_rounds) : rounds;
    PlacementFit::Between between;
    if (own.structure && own.turns)
        between = [&](std::span<float> x) {
            own.structure->align_heads(x, kept);
            own.turns->apply(x, noise);
        };
    for (int round = 0; round < times; ++round) {
        if (own.structure) own.structure->apply(x0, kept);
        if (own.sliders) own.sliders->apply(x0, noise);
        if (own.turns) own.turns->apply(x0, noise);
        if (own.fit) hold_to(*own.fit, noise, index == 0, x0, between);
    }
}

SamplerOptions VariantSampler::sampler_options(int first, int count, size_t steps, bool& stopped) {
    SamplerOptions to;
    to.kind = kind;
    if (options.rng != "torch" && diffusion.alpha_cumprod.back() > known_signal) to.middle = 0.5f;
    to.eta = static_cast<float>(options.eta);
    if (!constraints.mask.empty()) to.known = {constraints.mask, constraints.position};
    if (options.strength < 1) to.start = constraints.position;
    if (constraints.fit || constraints.structure)
        to.shape = [this](size_t index, std::span<float> x0) { fit(index, x0); };
    if (on_step)
        to.on_step = [=, this, &stopped](size_t done, std::span<const float> x, std::span<const float> x0) {
            stopped = !on_step({first, count, done + 1, steps, x, x0});
            return !stopped;
        };
    return to;
}

bool VariantSampler::sample(std::span<float> x) {
    const auto tokens = static_cast<int64_t>(map.time.size()), row = 2 * tokens;
    const bool torch_numbers = options.rng == "torch";
    // The reference's stream knows the variants together only.
    const int most = torch_numbers ? options.variants : variants_at_once(network, tokens);
    std::optional<GuidedNetwork> guided;
    int prepared = 0;
    bool stopped = false;
    for (int first = 0; first < options.variants && !stopped; first += prepared) {
        of_rows.clear();  // what the constraints have given up for one variant, they ask of the next
        const int count = std::min(most, options.variants - first);
        if (count != prepared) guided.emplace(network, guidance, map, count, diffusion.timestep);
        prepared = count;
        const std::span<float> rows = x.subspan(first * row, count * row);
        TorchRandom torch(options.seed);
        TwinNoise twins(torch);
        std::vector<VariantNoise> philox;
        for (int i = 0; i < count; ++i)
            philox.emplace_back(options.seed + static_cast<uint64_t>(first + i), section);
        SamplerOptions to = sampler_options(first, count, diffusion.steps(), stopped);
        if (torch_numbers) {
            torch.fill_normal(rows);
            to.noise = {&twins};
        } else {
            for (int i = 0; i < count; ++i) {
                philox[i].fill_normal(rows.subspan(i * row, row));
                to.noise.push_back(&philox[i]);
            }
        }
        osu::sample(diffusion, guided->denoiser(), to, count, tokens, rows);
    }
    return !stopped;
}

bool VariantSampler::refine(int iterations, std::span<float> x) {
    const auto tokens = static_cast<int64_t>(map.time.size()), row = 2 * tokens;
    GuidedNetwork guided(network, guidance, map, 1, diffusion.timestep);
    bool stopped = false;
    for (int variant = 0; variant < options.variants && !stopped; ++variant) {
        of_rows.clear();
        const SamplerOptions to = sampler_options(variant, 1, static_cast<size_t>(iterations), stopped);
        osu::refine(diffusion, guided.denoiser(), to, iterations, 1, tokens, x.subspan(variant * row, row));
    }
    return !stopped;
}

}  // namespace osu
