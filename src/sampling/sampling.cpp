#include "sampling/sampling.h"

#include <algorithm>

#include "sampling/guidance.h"

namespace osu {

namespace {

Constraints constraints_of(const Datapoints& map, std::span<const uint8_t> fixed,
                           const SamplingOptions& options) {
    Constraints constraints;
    if (options.keep_spacing && options.rng != "torch")
        constraints.fit.emplace(map, fixed, !options.allow_offscreen);
    if (constraints.fit && options.keep_structure) constraints.structure.emplace(map, fixed);
    if (fixed.empty()) return constraints;
    const size_t tokens = map.size();
    constraints.position.resize(2 * tokens);
    for (int twice = 0; twice < 2; ++twice)
        constraints.mask.insert(constraints.mask.end(), fixed.begin(), fixed.end());
    for (size_t i = 0; i < tokens; ++i) {
        constraints.position[i] = map.position[i].x / playfield_size.x;
        constraints.position[tokens + i] = map.position[i].y / playfield_size.y;
    }
    return constraints;
}

// Makes a network ready for one map, and lets `work` sample with it.
template <class Work>
bool with_network(SamplingNetwork& network, const Datapoints& map, std::span<const int32_t> style,
                  const SamplingOptions& options, int64_t window, const Diffusion& diffusion,
                  std::span<const uint8_t> fixed, const OnStep& on_step, Work work) {
    Guidance guidance{{}, network.null_style(), static_cast<float>(options.cfg_scale)};
    if (!style.empty()) guidance.style = network.style(style);
    std::vector<float> time;
    for (const double t : map.time) time.push_back(static_cast<float>(t - map.time[0]));
    const MapContext context{time, map.distance, map.type, window};
    Constraints constraints = constraints_of(map, fixed, options);
    const SamplerKind kind = sampler_kind(sampler_name(options, network.info()));
    const std::lock_guard turn(network.in_use());
    return work(
        VariantSampler{network.network(), guidance, context, diffusion, options, constraints, on_step, kind});
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

namespace {

// The number that the text is; −1 where it is none.
int plain_number(const std::string& text) {
    const bool digits = !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
    return digits && text.size() <= 4 ? std::stoi(text) : -1;
}

// A student is sampled from as it was made for, unless it is asked for something else.
bool as_student(const SamplingOptions& options, const CheckpointInfo& info) {
    const std::vector<int>& levels = info.student_steps;
    if (levels.empty() || (!options.sampler.empty() && options.sampler != "ddim")) return false;
    return options.steps.empty() || plain_number(options.steps) == static_cast<int>(levels.size());
}

}  // namespace

std::string sampler_name(const SamplingOptions& options, const CheckpointInfo& info) {
    if (!options.sampler.empty()) return options.sampler;
    return as_student(options, info) ? "ddim" : "dpm++";
}

// dpm++ takes a plain number of steps where they serve it best; all else is respace()'s.
Diffusion sampling_steps(const SamplingOptions& options, const CheckpointInfo& info) {
    if (as_student(options, info)) return {info.noise_schedule, info.student_steps};
    const std::string steps = options.steps.empty() ? "15" : options.steps;
    const int count = plain_number(steps);
    if (sampler_name(options, info) != "dpm++" || count < 0) return {info.noise_schedule, respace(steps)};
    const bool few = count >= 2 && count <= few_steps;
    return {info.noise_schedule,
            few ? respace_few(info.noise_schedule, count) : respace_log_snr(info.noise_schedule, count)};
}

Placement place(SamplingNetwork& network, const Datapoints& map, std::span<const int32_t> style,
                const SamplingOptions& options, std::span<const uint8_t> fixed, const OnStep& on_step) {
    Placement placement{options.variants, std::vector<float>(2 * map.size() * options.variants)};
    placement.cancelled =
        !with_network(network, map, style, options, options.seq_len.value_or(network.info().window()),
                      sampling_steps(options, network.info()), fixed, on_step,
                      [&](VariantSampler sampler) { return sampler.sample(placement.x); });
    return placement;
}

void refine(SamplingNetwork& refiner, const Datapoints& map, std::span<const int32_t> style,
            const SamplingOptions& options, int64_t window, const Diffusion& diffusion, int iterations,
            std::span<const uint8_t> fixed, const OnStep& on_step, Placement& placement) {
    if (placement.cancelled) return;
    placement.cancelled =
        !with_network(refiner, map, style, options, window, diffusion, fixed, on_step,
                      [&](VariantSampler sampler) { return sampler.refine(iterations, placement.x); });
}

std::vector<uint8_t> fixed_datapoints(const Sequence& sequence, std::span<const uint8_t> selected) {
    std::vector<uint8_t> fixed;
    if (!selected.empty())
        for (const uint32_t object : sequence.object) fixed.push_back(!selected[object]);
    return fixed;
}

}  // namespace osu
