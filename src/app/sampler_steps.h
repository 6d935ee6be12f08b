// The steps that a sampler takes, as flags name them.
#pragma once

#include <string>

#include "diffusion/schedule.h"

namespace osu {

// dpm++ takes a plain number of steps evenly in log SNR; all else is respace()'s.
Diffusion sampler_steps(const std::string& sampler, const std::string& steps, NoiseSchedule schedule);

}  // namespace osu
