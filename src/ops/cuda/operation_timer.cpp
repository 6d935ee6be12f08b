#include "ops/cuda/operation_timer.h"

#include "base/profile.h"
#include "ops/cuda/device.h"

namespace osu::cuda {

OperationTimer::~OperationTimer() {
    for (const Span& span : spans_) spare_.insert(spare_.end(), {span.begin, span.end});
    for (cudaEvent_t event : spare_) static_cast<void>(cudaEventDestroy(event));
}

OperationTimer::Scope::Scope(OperationTimer& timer, const char* name, double flops)
    : timer_(Profile::current() ? &timer : nullptr) {
    if (timer_) timer_->spans_.push_back({name, flops, timer_->mark(), nullptr});
}

OperationTimer::Scope::~Scope() {
    if (timer_) timer_->spans_.back().end = timer_->mark();
}

// Where this fails, so does what comes next, and says so.
cudaEvent_t OperationTimer::mark() {
    cudaEvent_t event = nullptr;
    if (spare_.empty()) {
        static_cast<void>(cudaEventCreate(&event));
    } else {
        event = spare_.back();
        spare_.pop_back();
    }
    static_cast<void>(cudaEventRecord(event, stream_));
    return event;
}

void OperationTimer::collect() {
    for (; !spans_.empty() && spans_.front().end && has_passed(spans_.front().end); spans_.pop_front()) {
        const Span& span = spans_.front();
        float milliseconds = 0;
        check(cudaEventElapsedTime(&milliseconds, span.begin, span.end), "asking for times");
        if (Profile* profile = Profile::current())
            profile->add_on_device(span.name, 1e-3 * static_cast<double>(milliseconds), span.flops);
        spare_.insert(spare_.end(), {span.begin, span.end});
    }
}

}  // namespace osu::cuda
