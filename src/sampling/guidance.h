// A network under guidance, called for several variants of one map: their noise, the sampler's loop,
// refining. Positions are in [0, 1] on the playfield; a variant is a seed.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "diffusion/sampler.h"
#include "model/dit_sampler.h"
#include "sampling/options.h"
#include "sampling/placement_fit.h"
#include "sampling/section.h"
#include "sampling/slider_relations.h"
#include "sampling/structure.h"
#include "sampling/turn_fit.h"

namespace osu {

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
    GuidedNetwork(DitSampler& network, const Guidance& guidance, const MapContext& map, int64_t rows,
                  std::span<const int> timesteps);
    Denoiser denoiser();

  private:
    DitSampler& network_;
    float scale_;
    bool guided_;
    size_t tokens_;
    std::vector<float> x_, out_;  // with the null rows behind the others
};

// What is known of the result beside what the network says.
struct Constraints {
    std::optional<Structure> structure;      // parts that the source makes alike
    std::optional<SliderRelations> sliders;  // that are parallel, or lie around a neighbour
    std::optional<TurnFit> turns;            // that go on evenly, or are equal
    std::optional<PlacementFit> fit;         // spacing, lengths of sliders, nothing partly under another
    std::vector<float> mask;                 // (2, T): 1 for coordinates that stay; empty: none
    std::vector<float> position;  // (2, T): where those are, and what a strength below 1 starts from
};

// All that stays the same over the variants of a map, or of a section of one: T is then its size.
struct VariantSampler {
    DitSampler& network;
    const Guidance& guidance;
    const MapContext& map;
    const Diffusion& diffusion;
    const SamplingOptions& options;
    const Constraints& constraints;
    const OnStep& on_step;
    const MapSection* section = nullptr;  // that `map` is; null: it is a map
    const SamplerKind kind = sampler_kind(options.sampler);
    int rounds = 1;  // of the constraints at a step
    // The constraints of those that are sampled at once: they work in them.
    std::vector<Constraints> of_rows{};

    // x (variants, 2, T). False when on_step stopped it.
    bool sample(std::span<float> x);
    // The last step again and again, with a network that was trained for it.
    bool refine(int iterations, std::span<float> x);

  private:
    SamplerOptions sampler_options(int first, int count, size_t steps, bool& stopped);
    void fit(size_t index, std::span<float> x0);
    void fit_row(size_t index, Constraints& own, std::span<float> x0) const;
};

}  // namespace osu
