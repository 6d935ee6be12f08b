#include "diffusion/schedule.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numbers>

#include "base/error.h"

namespace osu {

namespace {

int parse_count(std::string_view text, std::string_view spacing) {
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value < 0)
        fail(Hint{"a number of steps (250), sections (10,15,20), or an integer stride (ddim25)"},
             "'{}' is no number of sampling steps", spacing);
    return value;
}

std::vector<int> strided(int count, int steps) {
    std::string possible;
    int last = 0;
    for (int stride = 1; stride <= steps; ++stride) {
        const int reached = (steps + stride - 1) / stride;
        if (reached == count) {
            std::vector<int> kept(reached);
            for (int i = 0; i < reached; ++i) kept[i] = i * stride;
            return kept;
        }
        if (reached != last && std::abs(reached - count) <= std::max(5, count / 5))
            possible = fmt::format("{}{}", reached, possible.empty() ? "" : ", ") + possible;
        last = reached;
    }
    fail(Hint{possible.empty() ? fmt::format("at most {} steps", steps) : "near it: " + possible},
         "no integer stride takes exactly {} of {} steps", count, steps);
}

}  // namespace

NoiseSchedule noise_schedule(std::string_view name) {
    if (name == "squaredcos_cap_v2") return NoiseSchedule::squaredcos_cap_v2;
    if (name == "linear") return NoiseSchedule::linear;
    fail(Hint{"known are squaredcos_cap_v2 and linear"}, "unknown noise schedule '{}'", name);
}

std::string_view name_of(NoiseSchedule schedule) {
    return schedule == NoiseSchedule::linear ? "linear" : "squaredcos_cap_v2";
}

std::vector<double> betas(NoiseSchedule schedule, int steps) {
    if (steps < 1) fail("a noise schedule has at least one step, not {}", steps);
    std::vector<double> beta(steps);
    if (schedule == NoiseSchedule::linear) {
        const double scale = 1000.0 / steps, first = scale * 1e-4, last = scale * 0.02;
        for (int i = 0; i < steps; ++i)
            beta[i] = steps == 1 ? first : first + (last - first) / (steps - 1) * i;
        return beta;
    }
    const auto alpha_bar = [](double u) {
        const double cosine = std::cos((u + 0.008) / 1.008 * std::numbers::pi / 2);
        return cosine * cosine;
    };
    for (int i = 0; i < steps; ++i)
        beta[i] = std::min(1 - alpha_bar((i + 1.0) / steps) / alpha_bar(double(i) / steps), 0.999);
    return beta;
}

std::vector<int> respace(std::string_view spacing, int steps) {
    if (spacing.starts_with("ddim")) return strided(parse_count(spacing.substr(4), spacing), steps);
    std::vector<int> counts;
    for (size_t at = 0; at <= spacing.size();) {
        const size_t end = std::min(spacing.find(',', at), spacing.size());
        counts.push_back(parse_count(spacing.substr(at, end - at), spacing));
        at = end + 1;
    }
    const int sections = static_cast<int>(counts.size());
    std::vector<int> kept;
    int start = 0;
    for (int section = 0; section < sections; ++section) {
        const int size = steps / sections + (section < steps % sections), count = counts[section];
        if (count > size)
            fail(Hint{"ask for fewer steps"}, "cannot take {} steps of the {} in {}", count, size,
                 sections == 1 ? "the schedule" : "section " + std::to_string(section + 1));
        const double stride = count <= 1 ? 1 : (size - 1.0) / (count - 1);
        double position = 0;
        for (int i = 0; i < count; ++i) {
            kept.push_back(start +
                           static_cast<int>(std::nearbyint(position)));  // half to even, as Python rounds
            position += stride;
        }
        start += size;
    }
    if (kept.empty()) fail("'{}' takes no sampling step: at least one is needed", spacing);
    return kept;
}

std::vector<int> respace_log_snr(NoiseSchedule schedule, int count, int steps) {
    if (count < 1 || count > steps) fail("cannot take {} steps of the {} in the schedule", count, steps);
    std::vector<double> log_snr;  // descending
    double alpha = 1;
    for (double beta : betas(schedule, steps)) {
        alpha *= 1 - beta;
        log_snr.push_back(std::log(alpha / (1 - alpha)));
    }
    // From the noisy end, where one step of the schedule may be wider than an even share: the rest shares
    // anew.
    std::vector<int> kept(count);
    kept.back() = steps - 1;
    for (int i = count - 2; i >= 0; --i) {
        const double here = log_snr[kept[i + 1]], wanted = here + (log_snr.front() - here) / (i + 1);
        int step = kept[i + 1] - 1;
        while (step > i && log_snr[step - 1] - wanted < wanted - log_snr[step]) --step;
        kept[i] = step;
    }
    return kept;
}

std::vector<int> respace_few(NoiseSchedule schedule, int count, int steps) {
    if (count < 2 || count > few_steps) fail("a few steps are 2 to {}, not {}", few_steps, count);
    constexpr double field = 512, most = 1600 / field, left = 5 / field;  // noise over signal
    std::vector<double> noise;                                            // its logarithm, ascending
    double alpha = 1;
    for (double beta : betas(schedule, steps)) {
        alpha *= 1 - beta;
        noise.push_back(std::log((1 - alpha) / alpha) / 2);
    }
    std::vector<int> kept;
    for (int i = 1; i <= count; ++i) {
        const double wanted = std::log(left) + std::log(most / left) * i / count;
        int step = kept.empty() ? 0 : kept.back() + 1;
        while (step + 1 < steps && std::abs(noise[step + 1] - wanted) < std::abs(noise[step] - wanted))
            ++step;
        kept.push_back(step);
    }
    return kept;
}

Diffusion::Diffusion(NoiseSchedule schedule, const std::vector<int>& kept) : timestep(kept) {
    const std::vector<double> all = betas(schedule);
    const size_t n = kept.size();
    if (n == 0 || kept.front() < 0 || kept.back() >= static_cast<int>(all.size()) ||
        std::adjacent_find(kept.begin(), kept.end(), std::greater_equal()) != kept.end())
        fail("the kept steps of a schedule ascend from 0 to at most {}", all.size() - 1);
    for (auto* table : {&beta, &alpha_cumprod, &alpha_cumprod_prev, &posterior_variance,
                        &posterior_log_variance_clipped, &posterior_mean_coef1, &posterior_mean_coef2})
        table->resize(n);

    double original = 1, last_original = 1;  // ᾱ of the whole process
    for (size_t i = 0, step = 0; i < n; ++i) {
        for (; step <= static_cast<size_t>(kept[i]); ++step) original *= 1 - all[step];
        beta[i] = 1 - original / last_original;
        last_original = original;
    }
    double product = 1;
    for (size_t i = 0; i < n; ++i) {
        alpha_cumprod_prev[i] = product;
        product *= 1 - beta[i];
        alpha_cumprod[i] = product;
        posterior_variance[i] = beta[i] * (1 - alpha_cumprod_prev[i]) / (1 - product);
        posterior_mean_coef1[i] = beta[i] * std::sqrt(alpha_cumprod_prev[i]) / (1 - product);
        posterior_mean_coef2[i] = (1 - alpha_cumprod_prev[i]) * std::sqrt(1 - beta[i]) / (1 - product);
    }
    // The variance of index 0 is zero: its logarithm is the next one's. A process of one step has only β.
    for (size_t i = 0; i < n; ++i)
        posterior_log_variance_clipped[i] =
            std::log(n == 1 ? beta[0] : posterior_variance[std::max<size_t>(i, 1)]);
}

}  // namespace osu
