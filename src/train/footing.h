// Whether a run still learns: at a high rate a network can lose its footing, and train on for hours without
// ever coming to a number that is not finite (docs/gpu.md, "Long runs at a high rate").
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace osu {

class Footing {
  public:
    // The loss of each step, in their order. What to tell when its running mean has risen to twice the lowest
    // that it had: once, and again only after it has come down.
    std::optional<std::string> look(int64_t step, double loss);

  private:
    int64_t steps_ = 0;
    double sum_ = 0, weight_ = 0;  // of the running mean
    double lowest_ = 0;
    int64_t lowest_step_ = 0;
    bool lost_ = false;
};

}  // namespace osu
