// What the benchmarks share: taking turns, medians, and the flat JSON file that --json names.
//
// The speed of a core wanders by itself, so a time alone means little: two things run in turn, and what
// counts is the median of the pairs' ratios.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <span>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/parallel.h"
#include "base/random.h"
#include "model/parameters.h"

namespace osu::bench {

// Of the benchmarks that run whole networks.
struct NetworkFlags {
    std::vector<std::string> sizes{"B", "S", "XS"}, types{"bf16", "f32"};
    int threads = 0;
    bool quick = false;
    std::string json;

    void declare(CLI::App& app) {
        app.add_option("--size", sizes, "B, S, XS, ...")->delimiter(',');
        app.add_option("--type", types, "bf16, f32")->delimiter(',');
        app.add_option("--threads", threads, "0: all cores");
        app.add_flag("--quick", quick, "a glance: few measurements of each");
        app.add_option("--json", json, "add the figures to this file");
    }
};

// Seconds; with one thread the thread's own CPU time, so that other processes disturb less.
inline double now() {
    if (thread_count() > 1)
        return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
    timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

template <class Work>
double seconds_of(Work&& work) {
    const double start = now();
    work();
    return now() - start;
}

inline double median(std::vector<double> values) {
    const auto middle = values.begin() + static_cast<int64_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

// None is zero, as some are at the beginning of a training. A million normals are drawn, and repeated: the
// large label tables would take seconds for each network.
inline std::vector<float> random_parameters(const ParameterLayout& layout) {
    constexpr size_t drawn = size_t{1} << 20;
    std::vector<float> values(layout.size());
    const std::span all(values);
    const auto first = all.first(std::min(drawn, all.size()));
    Philox(1).fill_normal(first);
    for (float& value : first) value *= 0.02f;
    for (size_t i = first.size(); i < all.size(); ++i) values[i] = values[i - drawn];
    return values;
}

// Medians of a number of pairs.
struct Turns {
    double ratio, first, second;  // first ÷ second, seconds of each
    int pairs;
};

// `pairs` of them, or as many as fit in `budget` seconds, but 3.
template <class First, class Second>
Turns in_turn(int pairs, double budget, First&& first, Second&& second) {
    first();
    second();
    const double once = seconds_of(first) + seconds_of(second);  // also the last of the warming up
    pairs = static_cast<int>(std::clamp<double>(budget / once, std::min(3, pairs), pairs));
    std::vector<double> ratios, firsts, seconds;
    for (int i = 0; i < pairs; ++i) {
        firsts.push_back(seconds_of(first));
        seconds.push_back(seconds_of(second));
        ratios.push_back(firsts.back() / seconds.back());
    }
    return {median(ratios), median(firsts), median(seconds), pairs};
}

// Figures by name; each is written as it comes into the file, beside those that other programs left there: a
// run that is cut short leaves what it learned.
class Report {
  public:
    explicit Report(std::string path) : path_(std::move(path)) {}
    Report(const Report&) = delete;
    Report& operator=(const Report&) = delete;

    void set(const std::string& key, double value) const {
        if (path_.empty()) return;
        nlohmann::ordered_json all = nlohmann::ordered_json::object();
        if (std::filesystem::exists(path_)) all = nlohmann::ordered_json::parse(read_file(path_));
        all[key] = value;
        write_file(path_, all.dump(1) + "\n");
    }

  private:
    std::string path_;
};

}  // namespace osu::bench
