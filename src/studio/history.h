// What was done to a map, step by step: each knows the places before and behind it, so that any step can be
// gone to.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "beatmap/beatmap.h"

namespace osu::studio {

struct Step {
    std::string kind;         // "keep", "move", "transform", "revert"
    std::string label;        // for people
    int64_t when = 0;         // s since 1970
    double from = 0, to = 0;  // ms
    std::vector<uint32_t> objects;
    std::vector<Vec2> before, after;  // of the objects' datapoints
    std::string take;                 // whose places these are; empty: no take's
    uint64_t serial = 0;              // which step it is, wherever it comes to lie; while the program runs
};

class History {
  public:
    size_t step() const { return step_; }  // 0: the source; n: behind steps()[n − 1]
    const std::vector<Step>& steps() const { return steps_; }

    void add(Step step);      // what was undone is gone
    void replace(Step step);  // the present step becomes this one; what was undone is gone
    // Changes `positions`, those of all datapoints, from this step's to another's; `put` puts an object
    // list's places. Returns the objects that were touched. Refusal for a step that is not there.
    template <class Put>
    std::vector<uint32_t> go(size_t step, Put&& put);

    void check(size_t step) const;  // Refusal for one that is not there

    nlohmann::json list() const;  // steps of docs/api.md

  private:
    std::vector<Step> steps_;
    size_t step_ = 0;
    uint64_t serial_ = 0;
};

template <class Put>
std::vector<uint32_t> History::go(size_t step, Put&& put) {
    check(step);
    std::vector<uint32_t> touched;
    const auto touch = [&](const Step& one, const std::vector<Vec2>& places) {
        put(one.objects, places);
        touched.insert(touched.end(), one.objects.begin(), one.objects.end());
    };
    for (; step_ > step; --step_) touch(steps_[step_ - 1], steps_[step_ - 1].before);
    for (; step_ < step; ++step_) touch(steps_[step_], steps_[step_].after);
    return touched;
}

}  // namespace osu::studio
