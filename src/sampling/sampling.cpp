#include "sampling/sampling.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "sampling/guidance.h"
#include "sampling/section.h"

namespace osu {

namespace {

// Of the constraints at each of a few steps: the next one is too far to wait for.
constexpr int rounds_of_few_steps = 4;

// Of T datapoints, px.
std::vector<float> coordinates(std::span<const Vec2> position) {
    std::vector<float> x(2 * position.size());
    for (size_t i = 0; i < position.size(); ++i) {
        x[i] = position[i].x / playfield_size.x;
        x[position.size() + i] = position[i].y / playfield_size.y;
    }
    return x;
}

std::span<const Vec2> positions_now(const Datapoints& map, const Given& given) {
    return given.position.empty() ? map.position : given.position;
}

Constraints constraints_of(const Datapoints& map, const Given& given, const MapSection& section,
                           const SamplingOptions& options) {
    Constraints constraints;
    const std::vector<uint8_t> fixed = section.of(given.fixed);
    if (options.keep_spacing && options.rng != "torch")
        constraints.fit.emplace(section.view(), fixed, !options.allow_offscreen);
    // Of the whole map: what is placed may repeat what lies far away.
    if (constraints.fit && options.keep_structure) {
        constraints.structure.emplace(map, given.fixed);
        constraints.fit->fold_alike(constraints.structure->parts(section.kept()));
        constraints.fit->share_spots(shared_spots(section.view(), fixed));
        constraints.sliders.emplace(section.view(), fixed);
        constraints.turns.emplace(section.view(), fixed);
    }
    constraints.position = coordinates(section.of(positions_now(map, given)));
    for (int twice = 0; twice < 2; ++twice)
        constraints.mask.insert(constraints.mask.end(), fixed.begin(), fixed.end());
    return constraints;
}

// Shows the steps of a section as those of its map, whose other datapoints stay at `position`.
OnStep of_whole_map(const OnStep& on_step, const MapSection& section, std::span<const Vec2> position) {
    if (!on_step || section.whole()) return on_step;
    return [&on_step, &section, row = coordinates(position)](const SamplingStep& step) {
        std::vector<float> x, x0;
        for (int i = 0; i < step.count; ++i) x.insert(x.end(), row.begin(), row.end());
        x0 = x;
        section.put(step.x, x);
        section.put(step.x0, x0);
        return on_step({step.first, step.count, step.done, step.steps, x, x0});
    };
}

// As many datapoints on either side of a section as half of a window of training: by the ruler a quarter, a
// whole one and two are no better (docs/model.md).
int64_t section_context(int64_t window) {
    return std::max<int64_t>(window / 2, 1);
}

// Makes a network ready for one map, or what is needed of it, and lets `work` sample with it. x (variants, 2,
// T): what there is, and then the result.
template <class Work>
bool with_network(SamplingNetwork& network, const Datapoints& map, std::span<const int32_t> style,
                  const SamplingOptions& options, int64_t window, const Diffusion& diffusion,
                  const Given& given, const OnStep& on_step, std::span<float> x, Work work) {
    Guidance guidance{{}, network.null_style(), static_cast<float>(options.cfg_scale)};
    if (!style.empty()) guidance.style = network.style(style);
    // The reference's numbers are those of whole maps.
    const MapSection section(map, given.fixed, options.rng == "torch" ? 0 : section_context(window));
    if (section.kept().empty()) return true;  // nothing moves
    const Datapoints needed = section.view();
    std::vector<float> time, rows(x.size() / map.size() * needed.size());
    for (const double t : needed.time) time.push_back(static_cast<float>(t - map.time[0]));
    const MapContext context{time, needed.distance, needed.type, window};
    Constraints constraints = constraints_of(map, given, section, options);
    const OnStep show = of_whole_map(on_step, section, positions_now(map, given));
    section.take(x, rows);
    const SamplerKind kind = sampler_kind(sampler_name(options, network.info()));
    const int rounds = takes_few_steps(options, network.info()) ? rounds_of_few_steps : 1;
    const std::lock_guard turn(network.in_use());
    const bool finished = work(VariantSampler{network.network(), guidance, context, diffusion, options,
                                              constraints, show, &section, kind, rounds},
                               std::span(rows));
    section.put(rows, x);
    return finished;
}

}  // namespace

std::vector<Vec2> pixels(std::span<const float> x) {
    const size_t tokens = x.size() / 2;
    std::vector<Vec2> points(tokens);
    for (size_t t = 0; t < tokens; ++t)
        points[t] = {x[t] * playfield_size.x, x[tokens + t] * playfield_size.y};
    return points;
}

std::vector<Vec2> Placement::pixels(int variant) const {
    const size_t row = x.size() / static_cast<size_t>(variants);
    return osu::pixels(std::span(x).subspan(static_cast<size_t>(variant) * row, row));
}

size_t Placement::outside() const {
    return static_cast<size_t>(std::count_if(x.begin(), x.end(), [](float v) { return v < 0 || v > 1; }));
}

Placement place(SamplingNetwork& network, const Datapoints& map, std::span<const int32_t> style,
                const SamplingOptions& options, const Given& given, const OnStep& on_step) {
    Placement placement;
    placement.variants = options.variants;
    const std::vector<float> row = coordinates(positions_now(map, given));
    for (int i = 0; i < options.variants; ++i) {
        placement.x.insert(placement.x.end(), row.begin(), row.end());
        placement.seeds.push_back(options.seed + static_cast<uint64_t>(i));
    }
    placement.cancelled =
        !with_network(network, map, style, options, options.seq_len.value_or(network.info().window()),
                      sampling_steps(options, network.info()), given, on_step, placement.x,
                      [&](VariantSampler sampler, std::span<float> x) { return sampler.sample(x); });
    return placement;
}

void refine(SamplingNetwork& refiner, const Datapoints& map, std::span<const int32_t> style,
            const SamplingOptions& options, int64_t window, const Diffusion& diffusion, int iterations,
            const Given& given, const OnStep& on_step, Placement& placement) {
    if (placement.cancelled) return;
    placement.cancelled = !with_network(
        refiner, map, style, options, window, diffusion, given, on_step, placement.x,
        [&](VariantSampler sampler, std::span<float> x) { return sampler.refine(iterations, x); });
}

std::vector<uint8_t> fixed_datapoints(const Sequence& sequence, std::span<const uint8_t> selected) {
    std::vector<uint8_t> fixed;
    if (!selected.empty())
        for (const uint32_t object : sequence.object) fixed.push_back(!selected[object]);
    return fixed;
}

}  // namespace osu
