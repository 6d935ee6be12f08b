#include "app/sampler_steps.h"

#include <algorithm>

namespace osu {

Diffusion sampler_steps(const std::string& sampler, const std::string& steps, NoiseSchedule schedule) {
    const bool number = !steps.empty() &&
                        std::all_of(steps.begin(), steps.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (sampler == "dpm++" && number)
        return {schedule, respace_log_snr(schedule, steps.size() > 4 ? 0 : std::stoi(steps))};
    return {schedule, respace(steps)};
}

}  // namespace osu
