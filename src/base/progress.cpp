#include "base/progress.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>
#include <optional>
#include <utility>

#include <fmt/core.h>
#include <unistd.h>

namespace osu {

namespace {

constexpr double terminal_interval = 0.1;  // seconds between two drawings
constexpr double line_interval = 10;       // the same where the output is a file
constexpr int bar_width = 24;

}  // namespace

std::string format_duration(double seconds) {
    const int64_t whole = std::lround(std::clamp(seconds, 0.0, 359999.0));
    const int64_t hours = whole / 3600, minutes = whole / 60 % 60;
    if (hours) return fmt::format("{}:{:02}:{:02}", hours, minutes, whole % 60);
    return fmt::format("{}:{:02}", minutes, whole % 60);
}

std::string format_bytes(double bytes) {
    const char* units[] = {"B", "kB", "MB", "GB", "TB"};
    size_t unit = 0;
    while (bytes >= 1000 && unit + 1 < std::size(units)) {
        bytes /= 1000;
        ++unit;
    }
    return fmt::format("{:.{}f} {}", bytes, unit == 0 ? 0 : 1, units[unit]);
}

Listener terminal_listener() {
    struct Bar {
        std::optional<Progress> progress;
        int64_t shown = 0;
    };
    const auto bar = std::make_shared<Bar>();
    const auto show = [bar](const char* title, int64_t done, int64_t total, const char* unit) {
        if (done == 0) {
            bar->progress.emplace(title, total, unit);
            bar->shown = 0;
        }
        if (!bar->progress) return;
        if (done > 0) bar->progress->advance(done - std::exchange(bar->shown, done));
        if (done >= total) bar->progress.reset();
    };
    return {show, [](const std::string& text) { fmt::print(stderr, "warning: {}\n", text); }};
}

Progress::Progress(std::string title, int64_t total, std::string unit)
    : title_(std::move(title)),
      unit_(std::move(unit)),
      total_(total),
      terminal_(::isatty(STDERR_FILENO)),
      start_(Clock::now()),
      shown_(start_) {}

Progress::~Progress() {
    finish();
}

void Progress::advance(int64_t count) {
    done_ += count;
    const std::chrono::duration<double> since = Clock::now() - shown_;
    if (since.count() >= (terminal_ ? terminal_interval : line_interval)) draw(false);
}

void Progress::note(std::string text) {
    note_ = std::move(text);
}

void Progress::clear() {
    if (terminal_) std::fputs("\r\033[K", stderr);
}

void Progress::finish() {
    if (finished_) return;
    finished_ = true;
    draw(true);
}

double Progress::rate() const {
    const std::chrono::duration<double> elapsed = Clock::now() - start_;
    return elapsed.count() > 0 ? static_cast<double>(done_) / elapsed.count() : 0;
}

void Progress::draw(bool last) {
    shown_ = Clock::now();
    const double elapsed = std::chrono::duration<double>(shown_ - start_).count();
    std::string line = title_ + " ";
    if (total_ > 0) {
        const double share = std::clamp(static_cast<double>(done_) / static_cast<double>(total_), 0.0, 1.0);
        if (terminal_) {
            const int filled = static_cast<int>(share * bar_width);
            line += "[" + std::string(filled, '#') + std::string(bar_width - filled, '.') + "] ";
        }
        line += fmt::format("{}/{} {}", done_, total_, unit_);
    } else {
        line += fmt::format("{} {}", done_, unit_);
    }
    const double per_second = rate();
    line += per_second >= 1 || per_second == 0 ? fmt::format(", {:.1f}/s", per_second)
                                               : fmt::format(", {:.1f} s each", 1 / per_second);
    if (last)
        line += ", took " + format_duration(elapsed);
    else if (total_ > 0 && per_second > 0)
        line += ", " + format_duration(static_cast<double>(total_ - done_) / per_second) + " left";
    if (!note_.empty()) line += ", " + note_;
    std::fprintf(stderr, terminal_ ? (last ? "\r\033[K%s\n" : "\r\033[K%s") : "%s\n", line.c_str());
}

}  // namespace osu
