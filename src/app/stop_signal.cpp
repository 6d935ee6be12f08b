#include "app/stop_signal.h"

#include <csignal>

namespace osu {

namespace {

constexpr int signals[] = {SIGINT, SIGTERM, SIGUSR1};
volatile std::sig_atomic_t stop_requested = 0;

void request_stop(int signal) {
    stop_requested = 1;
    std::signal(signal, SIG_DFL);
}

}  // namespace

StopSignal::StopSignal() {
    stop_requested = 0;
    for (const int signal : signals) std::signal(signal, request_stop);
}

StopSignal::~StopSignal() {
    for (const int signal : signals) std::signal(signal, SIG_DFL);
}

bool StopSignal::requested() const {
    return stop_requested != 0;
}

}  // namespace osu
