// Which sampler goes over which steps: what the options ask for, else what the network was made for.
#pragma once

#include <string>

#include "diffusion/schedule.h"
#include "sampling/checkpoint_metadata.h"
#include "sampling/options.h"

namespace osu {

// ddpm, ddim or dpm++.
std::string sampler_name(const SamplingOptions& options, const CheckpointInfo& info);

// The schedule of the steps, from the noise of the strength on; Error where the options make no sense.
Diffusion sampling_steps(const SamplingOptions& options, const CheckpointInfo& info);

// Whether they are so few that each has much to do (respace_few, or a student's).
bool takes_few_steps(const SamplingOptions& options, const CheckpointInfo& info);

}  // namespace osu
