// A map as the page shows it, all but where its objects lie now: rhythm, colours, sounds, timing. Once a map.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "beatmap/beatmap.h"

namespace osu::studio {

// Scene of docs/api.md, without session, source, audio, background, samples and shapes.
nlohmann::json scene_of(const Beatmap& map);

// The file that the events name as the background; empty without one.
std::string background_of(const Beatmap& map);

}  // namespace osu::studio
