#include "base/profile.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <numeric>

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

Profile* Profile::current() {
    return collecting;
}

Profile::Row& Profile::row(Rows& rows, const char* name) {
    const auto found =
        std::find_if(rows.begin(), rows.end(), [&](const Row& r) { return std::strcmp(r.name, name) == 0; });
    return found != rows.end() ? *found : rows.emplace_back(Row{name});
}

void Profile::add_on_device(const char* name, double seconds, double flops) {
    Row& added = row(on_device_, name);
    ++added.calls;
    added.own += seconds;
    added.flops += flops;
}

// A row for each, the longest first; `all`: seconds that they are shares of.
std::string Profile::lines(Rows rows, const char* title, double all) {
    std::sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.own > b.own; });
    std::string text =
        fmt::format("\n{:<24}{:>8}{:>12}{:>9}{:>10}\n", title, "calls", "ms", "share", "GFLOP/s");
    for (const Row& row : rows) {
        text += fmt::format("{:<24}{:>8}{:>12.1f}{:>7.1f} %", row.name, row.calls, row.own * 1e3,
                            100 * row.own / all);
        text += row.flops > 0 ? fmt::format("{:>10.0f}\n", row.flops / row.own * 1e-9) : "\n";
    }
    return text;
}

std::string Profile::table() const {
    if (collecting != this) return {};
    const double all = seconds(Clock::now() - program_start);
    const auto own = [](double sum, const Row& row) { return sum + row.own; };
    const double known = std::accumulate(rows_.begin(), rows_.end(), 0.0, own);
    std::string text = lines(rows_, "", all);
    text += fmt::format("{:<24}{:>8}{:>12.1f}{:>7.1f} %\n", "everything else", "", (all - known) * 1e3,
                        100 * (all - known) / all);
    text += fmt::format("{:<24}{:>8}{:>12.1f}\n", "since the start", "", all * 1e3);
    if (!on_device_.empty()) {
        const double busy = std::accumulate(on_device_.begin(), on_device_.end(), 0.0, own);
        text += lines(on_device_, "on the device", busy);
        text += fmt::format("{:<24}{:>8}{:>12.1f}\n", "all of them", "", busy * 1e3);
    }
    double products = 0;
    for (const Row& row : on_device_.empty() ? rows_ : on_device_)
        if (row.flops > 0) products += row.own;
    for (const Row& row : rows_)
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
    Profile::Row& row = Profile::row(profile_->rows_, name_);
    if (row.calls++ == 0) row.first = seconds(start_ - program_start);
    row.own += whole - inside_;
    row.whole += whole;
    row.flops += flops_;
}

}  // namespace osu
