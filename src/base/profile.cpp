#include "base/profile.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include <fmt/core.h>

namespace osu {

namespace {

thread_local Profile* collecting = nullptr;
thread_local ProfileScope* innermost = nullptr;

const auto program_start = std::chrono::steady_clock::now();

double seconds(std::chrono::steady_clock::duration time) {
    return std::chrono::duration<double>(time).count();
}

// Bytes of this process at its largest, from /proc; 0 where there is none.
double peak_memory() {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
        if (line.starts_with("VmHWM:")) return 1024 * std::strtod(line.c_str() + 6, nullptr);
    return 0;
}

}  // namespace

Profile::Profile(bool wanted) {
    if (wanted) collecting = this;
}

Profile::~Profile() {
    if (collecting == this) collecting = nullptr;
}

Profile::Row& Profile::row(const char* name) {
    const auto found = std::find_if(rows_.begin(), rows_.end(),
                                    [&](const Row& r) { return std::strcmp(r.name, name) == 0; });
    return found != rows_.end() ? *found : rows_.emplace_back(Row{name});
}

std::string Profile::table() const {
    if (collecting != this) return {};
    const double all = seconds(Clock::now() - program_start);
    std::vector<Row> rows = rows_;
    double known = 0, products = 0;
    for (const Row& row : rows) {
        known += row.own;
        if (row.flops > 0) products += row.own;
    }
    std::sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.own > b.own; });
    std::string text = fmt::format("\n{:<24}{:>8}{:>12}{:>9}{:>10}\n", "", "calls", "ms", "share", "GFLOP/s");
    for (const Row& row : rows) {
        text += fmt::format("{:<24}{:>8}{:>12.1f}{:>7.1f} %", row.name, row.calls, row.own * 1e3,
                            100 * row.own / all);
        text += row.flops > 0 ? fmt::format("{:>10.0f}\n", row.flops / row.own * 1e-9) : "\n";
    }
    text += fmt::format("{:<24}{:>8}{:>12.1f}{:>7.1f} %\n", "everything else", "", (all - known) * 1e3,
                        100 * (all - known) / all);
    text += fmt::format("{:<24}{:>8}{:>12.1f}\n", "since the start", "", all * 1e3);
    for (const Row& row : rows)
        if (std::strcmp(row.name, first_step_scope) == 0)
            text += fmt::format(
                "first step after {:.1f} ms; {} steps took {:.1f} ms: {:.2f} times their products\n",
                row.first * 1e3, row.calls, row.whole * 1e3, row.whole / products);
    if (const double bytes = peak_memory(); bytes > 0)
        text += fmt::format("peak memory {:.0f} MB\n", 1e-6 * bytes);
    return text;
}

ProfileScope::ProfileScope(const char* name, double flops)
    : profile_(collecting), name_(name), flops_(flops) {
    if (!profile_) return;
    outer_ = innermost;
    innermost = this;
    start_ = Profile::Clock::now();
}

ProfileScope::~ProfileScope() {
    if (!profile_) return;
    const double whole = seconds(Profile::Clock::now() - start_);
    innermost = outer_;
    if (outer_) outer_->inside_ += whole;
    Profile::Row& row = profile_->row(name_);
    if (row.calls++ == 0) row.first = seconds(start_ - program_start);
    row.own += whole - inside_;
    row.whole += whole;
    row.flops += flops_;
}

}  // namespace osu
