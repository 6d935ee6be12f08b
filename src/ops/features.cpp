// The frequencies of the sinusoidal features.
#include <cmath>

#include "ops/backend.h"

namespace osu {

std::vector<float> sinusoid_frequencies(int64_t count) {
    std::vector<float> frequencies(static_cast<size_t>(count));
    const float log_period = static_cast<float>(-std::log(10000.0));
    for (int64_t k = 0; k < count; ++k) {
        const float exponent = log_period * static_cast<float>(k) / static_cast<float>(count);
        frequencies[static_cast<size_t>(k)] = static_cast<float>(std::exp(double{exponent}));
    }
    return frequencies;
}

}  // namespace osu
