#include "train/learning_rate.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace osu {

double learning_rate(const TrainOptions& options, int64_t steps_done, int64_t total_steps) {
    const double step = static_cast<double>(steps_done);
    double rate = options.learning_rate;
    if (options.warmup_steps > 0)
        rate *= std::min(1.0, (step + 1) / static_cast<double>(options.warmup_steps));
    if (options.rate_schedule == RateSchedule::cosine)
        rate *=
            0.5 * (1 + std::cos(std::numbers::pi * std::min(1.0, step / static_cast<double>(total_steps))));
    return rate;
}

}  // namespace osu
