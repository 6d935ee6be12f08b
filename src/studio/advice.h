// What a modder would say of a map, as the ruler's own measures see it (evaluation/marks.h).
#pragma once

#include <span>

#include <nlohmann/json_fwd.hpp>

#include "studio/placed_map.h"

namespace osu::studio {

// {items:[{time, objects, kind, text}]} of docs/api.md, in order of time. `positions` (T) px.
nlohmann::json advice_on(const SourceMap& source, std::span<const Vec2> positions);

}  // namespace osu::studio
