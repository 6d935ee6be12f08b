#include "train/footing.h"

#include <fmt/format.h>

namespace osu {

namespace {

constexpr double kept = 1 - 1.0 / 200;  // of the running mean, in a step: so few windows are a noisy loss
constexpr int64_t settled = 400;        // steps until it is one
constexpr double too_much = 2;          // times the lowest

}  // namespace

std::optional<std::string> Footing::look(int64_t step, double loss) {
    sum_ = sum_ * kept + loss;
    weight_ = weight_ * kept + 1;
    if (++steps_ < settled) return std::nullopt;
    const double mean = sum_ / weight_;
    if (lowest_step_ == 0 || mean < lowest_) {
        lowest_ = mean;
        lowest_step_ = step;
    }
    if (mean <= too_much * lowest_) {
        lost_ = false;
        return std::nullopt;
    }
    if (lost_) return std::nullopt;
    lost_ = true;
    return fmt::format(
        "the loss was {:.4f} around step {} and is {:.4f} around step {}: the run has lost its footing. It "
        "goes on; better is another one, from a checkpoint of step {} or before, with a lower --lr",
        lowest_, lowest_step_, mean, step, lowest_step_);
}

}  // namespace osu
