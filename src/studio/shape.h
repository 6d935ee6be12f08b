// Where an object lies and how a slider runs, as the page draws it: placed, stacked, flattened.
#pragma once

#include <span>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "beatmap/beatmap.h"

namespace osu::studio {

struct ObjectShape {
    Vec2 position, stack;    // px; stack: how far the game moves it so that stacked objects are seen
    std::vector<Vec2> path;  // px, of a slider's first span, not stacked; empty for other objects
    bool operator==(const ObjectShape&) const = default;
};

// px that a drawn path may be off the flattened one. A preview on its way need not be exact.
constexpr float exact_path = 0.1f, coarse_path = 1.5f;

// The path with no more points than it takes to stay within `tolerance`.
std::vector<Vec2> simplified(std::span<const Vec2> path, float tolerance);

// One shape for each object of the map.
std::vector<ObjectShape> shapes_of(const Beatmap& map);
// Those of these objects computed again; of the others the stacking alone.
void update_shapes(const Beatmap& map, std::span<const uint32_t> objects, std::vector<ObjectShape>& shapes);

// {x, y, stack:[dx,dy], path?:[x0,y0,…], end?:[x,y]}
nlohmann::json to_json(const ObjectShape& shape);

}  // namespace osu::studio
