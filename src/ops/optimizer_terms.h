// What AdamW multiplies with in a step, and when it does. The same for every backend, so written once, for
// CPUs and GPUs.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>

#include "base/tensor.h"
#include "ops/anywhere.h"

namespace osu {

// What a training step came to. In the backend's memory: only the device knows it while the step goes on.
struct StepTotals {
    double loss = 0;          // Σ over windows of error + bound
    double squared_norm = 0;  // Σ of squared gradients
};

// The parameters of a network, and what training has of each of them: `count` float32 values in each arena.
struct AdamWArenas {
    float *parameter = nullptr, *gradient = nullptr;
    float *exp_avg = nullptr, *exp_avg_sq = nullptr;  // moments of the gradient
    float* ema = nullptr;                             // moving average of the parameter
    size_t count = 0;
    BFloat16* rounded = nullptr;  // or where the new parameter goes in bfloat16, too

    // One behind the other in `memory`, 5·count values.
    static AdamWArenas in(float* memory, size_t count, BFloat16* rounded = nullptr) {
        return {memory, memory + count, memory + 2 * count, memory + 3 * count, memory + 4 * count,
                count,  rounded};
    }
    AdamWArenas range(size_t first, size_t end) const {
        return {parameter + first,
                gradient + first,
                exp_avg + first,
                exp_avg_sq + first,
                ema + first,
                end - first,
                rounded ? rounded + first : nullptr};
    }
};

struct AdamWStep {
    float learning_rate = 1e-4f, beta1 = 0.9f, beta2 = 0.999f, epsilon = 1e-8f, weight_decay = 0;
    float ema_decay = 0.9999f;
    float gradient_clip = 0;  // largest norm of all gradients together; 0: none
    int64_t step = 1;         // counted from 1, for the bias correction
};

struct AdamWFactors {
    float beta1, rest1, beta2, rest2;  // rest: 1 − β
    float keep;                        // 1 − learning rate · weight decay
    float rate;                        // learning rate / (1 − β1^step)
    float denominator;                 // 1 / √(1 − β2^step)
    float epsilon, decay, fresh;       // of the moving average: decay, 1 − decay
    float clip;
};

inline AdamWFactors adamw_factors(const AdamWStep& step) {
    const double correction1 = 1 - std::pow(double{step.beta1}, static_cast<double>(step.step));
    const double correction2 = 1 - std::pow(double{step.beta2}, static_cast<double>(step.step));
    const double rate = step.learning_rate;
    const auto rest = [](float value) { return static_cast<float>(1 - double{value}); };
    return {step.beta1,
            rest(step.beta1),
            step.beta2,
            rest(step.beta2),
            static_cast<float>(1 - rate * step.weight_decay),
            static_cast<float>(rate / correction1),
            static_cast<float>(1 / std::sqrt(correction2)),
            step.epsilon,
            step.ema_decay,
            rest(step.ema_decay),
            step.gradient_clip};
}

OSU_ANYWHERE inline bool is_finite(const StepTotals& totals) {
    return totals.loss - totals.loss == 0 && totals.squared_norm - totals.squared_norm == 0;
}

// What clipping multiplies the gradients with.
OSU_ANYWHERE inline float gradient_scale(const AdamWFactors& factors, const StepTotals& totals) {
    const double norm = sqrt(totals.squared_norm), clip = factors.clip;
    return clip > 0 && norm > clip ? static_cast<float>(clip / norm) : 1.0f;
}

}  // namespace osu
