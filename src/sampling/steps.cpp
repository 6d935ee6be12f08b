#include "sampling/steps.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/error.h"

namespace osu {

namespace {

constexpr const char* usual_steps = "15";

// The number that the options name; −1 where they name sections or a stride.
int plain_number(const SamplingOptions& options) {
    const std::string text = options.steps.empty() ? usual_steps : options.steps;
    const bool digits = text.find_first_not_of("0123456789") == std::string::npos;
    return !digits ? -1 : text.size() > 4 ? 0 : std::stoi(text);
}

// A student is sampled from as it was made for, unless it is asked for something else.
bool as_student(const SamplingOptions& options, const CheckpointInfo& info) {
    if (info.student_steps.empty() || (!options.sampler.empty() && options.sampler != "ddim")) return false;
    return options.steps.empty() || plain_number(options) == static_cast<int>(info.student_steps.size());
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

std::vector<int> steps_of_flag(const SamplingOptions& options, const CheckpointInfo& info) {
    if (as_student(options, info)) return info.student_steps;
    const int count = plain_number(options);
    if (takes_few_steps(options, info)) return respace_few(info.noise_schedule, count);
    // dpm++ takes a plain number of steps evenly in log SNR; all else is respace()'s.
    if (sampler_name(options, info) == "dpm++" && count >= 0)
        return respace_log_snr(info.noise_schedule, count);
    return respace(options.steps.empty() ? usual_steps : options.steps);
}

}  // namespace

std::string sampler_name(const SamplingOptions& options, const CheckpointInfo& info) {
    if (!options.sampler.empty()) return options.sampler;
    return as_student(options, info) ? "ddim" : "dpm++";
}

bool takes_few_steps(const SamplingOptions& options, const CheckpointInfo& info) {
    if (as_student(options, info)) return true;
    const int count = plain_number(options);
    return sampler_name(options, info) == "dpm++" && count >= 2 && count <= few_steps;
}

Diffusion sampling_steps(const SamplingOptions& options, const CheckpointInfo& info) {
    const NoiseSchedule schedule = info.noise_schedule;
    return {schedule, steps_of_strength(schedule, steps_of_flag(options, info), options.strength)};
}

}  // namespace osu
