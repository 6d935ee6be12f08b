// Which shapes of a scene lie wholly under others. Bodies of sliders let a fifth of what is below them
// through, so that after a few nothing is left to see; drawing thousands of them over one another would take
// a minute.
#pragma once

#include <vector>

#include "picture/scene.h"

namespace osu {

// For each shape whether nothing of its body can be seen in its panel, for being covered by shapes that come
// before it in time (which lie on top) or for lying outside. Looked at in osu! pixels: a body of which no
// pixel shows by more than a thirty-second counts as hidden.
std::vector<bool> hidden_shapes(const Scene& scene);

}  // namespace osu
