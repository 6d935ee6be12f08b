#include "app/stop_signal.h"

#include <csignal>

#include <unistd.h>

namespace osu {

namespace {

constexpr int signals[] = {SIGINT, SIGTERM, SIGUSR1, SIGHUP};
volatile std::sig_atomic_t stop_requested = 0;

void request_stop(int signal) {
    constexpr char words[] =
        "\nstopping after this step, with a checkpoint; a second time: at once, without one\n";
    stop_requested = 1;
    std::signal(signal, SIG_DFL);
    if (signal == SIGINT && isatty(STDERR_FILENO))
        static_cast<void>(!write(STDERR_FILENO, words, sizeof(words) - 1));
}

}  // namespace

StopSignal::StopSignal() {
    stop_requested = 0;
    for (const int signal : signals)
        if (std::signal(signal, request_stop) == SIG_IGN && signal == SIGHUP) std::signal(signal, SIG_IGN);
}

StopSignal::~StopSignal() {
    for (const int signal : signals) std::signal(signal, SIG_DFL);
}

bool StopSignal::requested() const {
    return stop_requested != 0;
}

}  // namespace osu
