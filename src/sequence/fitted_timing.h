// Green lines that give single sliders another velocity and, with it, another pixel length in the same time.
#pragma once

#include <string>
#include <vector>

#include "beatmap/beatmap.h"
#include "beatmap/rewrite.h"

namespace osu {

class FittedTiming {
  public:
    explicit FittedTiming(const Beatmap& source) : source_(source) {}

    // Sliders that begin together share a green line, so neither gets one of its own; nor does one without
    // ticks.
    bool can_fit(uint32_t object) const;
    // The pixel lengths that a velocity within 0.1–10 allows. `length`: what the slider has now.
    double nearest_length(uint32_t object, double length, double wanted) const;
    // Gives the slider a velocity for about `wanted` px; returns the pixel length that keeps its duration
    // with it. In time order.
    double fit(uint32_t object, double length, double wanted);
    // Writes the green lines, each as the line in force but for its velocity, and restores that behind the
    // slider.
    void write(Rewrite& rewrite) const;

  private:
    struct Fit {
        uint32_t object;
        std::string beat_length;
    };
    const Beatmap& source_;
    std::vector<Fit> fits_;

    const TimingPoint* in_force(double time) const;
    double restore_time(size_t fit) const;
    std::string green_line(const TimingPoint* model, double time, const std::string& beat_length) const;
    void insert(Rewrite& rewrite, double time, std::string line) const;
};

}  // namespace osu
