// Draws a scene into a panel of a canvas: caption, playfield with its objects, and a line of time beneath.
#pragma once

#include "picture/canvas.h"
#include "picture/scene.h"

namespace osu {

constexpr double panel_width = 600, panel_height = 560;  // osu! pixels
constexpr Vec2 field_origin{44, 92};                     // of the playfield in its panel
constexpr float body_opacity = 0.8f;                     // of a slider, over what lies below it

void paint_scene(Canvas& canvas, const Scene& scene, double panel_x, double panel_y);

}  // namespace osu
