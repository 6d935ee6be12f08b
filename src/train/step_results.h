// What steps came to, read while the device works on the next one: nobody waits inside a step.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "ops/backend.h"

namespace osu {

struct StepResult {
    int64_t step = 0;      // after it
    uint64_t samples = 0;  // before it
    StepTotals totals;
};

class StepResults {
  public:
    explicit StepResults(Backend& backend);

    // The step whose totals the operations called so far leave at `totals`.
    void push(int64_t step, uint64_t samples, const StepTotals* totals);
    // The oldest one, if there are more than the device may be behind with (or, `all`, any). `wait`: asks the
    // function that it is given until it says yes.
    using Wait = std::function<void(const std::function<bool()>&)>;
    std::optional<StepResult> pop(bool all, const Wait& wait);

  private:
    struct Slot {
        std::unique_ptr<Readback> readback;
        StepResult result;
    };
    // Steps that the device may be behind: 1, so that the host makes the next one ready while it works; 0
    // where it is the host.
    const size_t behind_;
    std::array<Slot, 2> slots_;
    size_t pushed_ = 0, popped_ = 0;
};

}  // namespace osu
