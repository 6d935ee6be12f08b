#include "train/step_results.h"

#include <cassert>

namespace osu {

StepResults::StepResults(Backend& backend) : behind_(backend.shares_host_memory() ? 0 : 1) {
    for (Slot& slot : slots_) slot.readback = backend.make_readback(sizeof(StepTotals));
}

void StepResults::push(int64_t step, uint64_t samples, const StepTotals* totals) {
    assert(pushed_ - popped_ < slots_.size());
    Slot& slot = slots_[pushed_++ % slots_.size()];
    slot.result = {step, samples, {}};
    slot.readback->start(totals);
}

std::optional<StepResult> StepResults::pop(bool all, const Wait& wait) {
    if (pushed_ - popped_ <= (all ? 0 : behind_)) return std::nullopt;
    Slot& slot = slots_[popped_++ % slots_.size()];
    wait([&] { return slot.readback->ready(); });
    slot.result.totals = *static_cast<const StepTotals*>(slot.readback->wait());
    return slot.result;
}

}  // namespace osu
