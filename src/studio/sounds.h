// What an object sounds like: which samples play at its head, repeats, ticks and tail, and how loud.
// Read from the map's text, where positions have no say.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "beatmap/beatmap.h"

namespace osu::studio {

// The value of "key: value" in a section; empty where there is none.
std::string_view value_of(const Beatmap& map, Section section, std::string_view key);

// ms of the ticks of a slider, all spans, in order.
std::vector<double> ticks_of(const Beatmap& map, const HitObject& slider);

// Adds to `json` what the page plays: sounds, and of sliders tickSounds and slide.
class SoundReader {
  public:
    explicit SoundReader(const Beatmap& map);
    void write(const HitObject& object, const std::vector<double>& ticks, nlohmann::json& json) const;

  private:
    const Beatmap& map_;
    int default_set_;
};

}  // namespace osu::studio
