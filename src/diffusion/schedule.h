// Noise schedules and their respacing, those of the reference. All tables in float64.
#pragma once

#include <string_view>
#include <vector>

namespace osu {

enum class NoiseSchedule { squaredcos_cap_v2, linear };
NoiseSchedule noise_schedule(std::string_view name);  // Error with the list for another name
std::string_view name_of(NoiseSchedule schedule);

std::vector<double> betas(NoiseSchedule schedule, int steps = 1000);

// "250": evenly, round-half-even; "10,15,20": sections; "ddim25": integer stride. Ascending original indices.
std::vector<int> respace(std::string_view spacing, int steps = 1000);

// `count` steps, evenly in the logarithm of signal over noise: for dpm++, whose polynomials are in it. With
// steps even in time, the last ones are so wide in it that spreads come out a tenth wrong.
std::vector<int> respace_log_snr(NoiseSchedule schedule, int count, int steps = 1000);

// The same for 2 to few_steps steps, which have none to waste where noise hides the map anyway, nor where
// there is hardly any: they begin at 1,600 px of noise, and each takes it down by the same factor, the last
// one from where it would leave 5 px.
constexpr int few_steps = 10;
std::vector<int> respace_few(NoiseSchedule schedule, int count, int steps = 1000);

// The tables of a (respaced) process; index i is the i-th kept step.
struct Diffusion {
    Diffusion(NoiseSchedule schedule, const std::vector<int>& kept);

    std::vector<int> timestep;  // the original index, which the network gets
    std::vector<double> beta, alpha_cumprod, alpha_cumprod_prev, posterior_variance,
        posterior_log_variance_clipped, posterior_mean_coef1, posterior_mean_coef2;
    size_t steps() const { return timestep.size(); }
};

}  // namespace osu
