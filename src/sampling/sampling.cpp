#include "sampling/sampling.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "sampling/guidance.h"
#include "sampling/section.h"

namespace osu {

namespace {

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

// Makes a network ready for one map, or what is needed of it, and lets `work` sample with it. x (variants, 2,
// T): what there is, and then the result.
template <class Work>
bool with_network(SamplingNetwork& network, const Datapoints& map, std::span<const int32_t> style,
                  const SamplingOptions& options, int64_t window, const Diffusion& diffusion,
                  const Given& given, const OnStep& on_step, std::span<float> x, Work work) {
    Guidance guidance{{}, network.null_style(), static_cast<float>(options.cfg_scale)};
    if (!style.empty()) guidance.style = network.style(style);
    // The reference's numbers are those of whole maps.
    const MapSection section(map, given.fixed, options.rng == "torch" ? 0 : window);
    if (section.kept().empty()) return true;  // nothing moves
    const Datapoints needed = section.view();
    std::vector<float> time, rows(x.size() / map.size() * needed.size());
    for (const double t : needed.time) time.push_back(static_cast<float>(t - map.time[0]));
    const MapContext context{time, needed.distance, needed.type, window};
    Constraints constraints = constraints_of(map, given, section, options);
    const OnStep show = of_whole_map(on_step, section, positions_now(map, given));
    section.take(x, rows);
    const std::lock_guard turn(network.in_use());
    const bool finished = work(
        VariantSampler{network.network(), guidance, context, diffusion, options, constraints, show, &section},
        std::span(rows));
    section.put(rows, x);
    return finished;
}

// The noise of a strength, as a share of the schedule's time. With the square objects go about as far as it
// says: 24 px in the mean at 0.2, 82 at 0.5, 138 at 0.7, 214 at 1 (five maps of people's, the bundled model).
double strength_time(double strength) {
    return strength * strength;
}

double log_noise(const std::vector<double>& alphas, int step) {
    return std::log(1 / alphas[step] - 1);
}

// Of the kept steps those below the noise of a strength, the first of them at that noise.
std::vector<int> steps_of_strength(NoiseSchedule schedule, std::vector<int> kept, double strength) {
    if (!(strength >= 0 && strength <= 1)) fail("a strength is from 0 to 1, not {}", strength);
    if (strength == 1) return kept;
    std::vector<double> alphas;
    double alpha = 1;
    for (const double beta : betas(schedule)) alphas.push_back(alpha *= 1 - beta);
    const int top = static_cast<int>(strength_time(strength) * static_cast<double>(alphas.size() - 1));
    // The last step may be half as wide as it was, or half again: dpm++ wants no narrow ones.
    while (kept.size() > 1 && log_noise(alphas, kept.back()) + log_noise(alphas, kept[kept.size() - 2]) >
                                  2 * log_noise(alphas, top))
        kept.pop_back();
    kept.back() = kept.size() > 1 ? std::max(top, kept[kept.size() - 2] + 1) : top;
    return kept;
}

std::vector<int> steps_of_flag(const SamplingOptions& options, NoiseSchedule schedule) {
    const std::string& steps = options.steps;
    const bool number = !steps.empty() && steps.find_first_not_of("0123456789") == std::string::npos;
    // dpm++ takes a plain number of steps evenly in log SNR; all else is respace()'s.
    if (options.sampler == "dpm++" && number)
        return respace_log_snr(schedule, steps.size() > 4 ? 0 : std::stoi(steps));
    return respace(steps);
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

Diffusion sampling_steps(const SamplingOptions& options, const CheckpointInfo& info) {
    const NoiseSchedule schedule = info.noise_schedule;
    return {schedule, steps_of_strength(schedule, steps_of_flag(options, schedule), options.strength)};
}

Placement place(SamplingNetwork& network, const Datapoints& map, std::span<const int32_t> style,
                const SamplingOptions& options, const Given& given, const OnStep& on_step) {
    Placement placement{options.variants, {}};
    const std::vector<float> row = coordinates(positions_now(map, given));
    for (int i = 0; i < options.variants; ++i) placement.x.insert(placement.x.end(), row.begin(), row.end());
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
