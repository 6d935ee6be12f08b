// Places of chosen objects moved, flipped and turned by hand: whole objects, which stay inside the field.
#pragma once

#include <span>
#include <vector>

#include "studio/placed_map.h"

namespace osu::studio {

// Each gives places for all datapoints, of which those of `objects` have changed. A group that would leave
// the field is moved back as one, so that its shape stays. Error for one that is turned and has no room.
std::vector<Vec2> moved(const PlacedMap& map, std::span<const uint32_t> objects, Vec2 by);
std::vector<Vec2> flipped(const PlacedMap& map, std::span<const uint32_t> objects, bool horizontally);
// Clockwise on the screen, about the middle of the objects.
std::vector<Vec2> rotated(const PlacedMap& map, std::span<const uint32_t> objects, double degrees);

}  // namespace osu::studio
