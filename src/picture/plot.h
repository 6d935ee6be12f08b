// The ground that every chart of lines stands on: axes, ticks, grid, and what lies where between them.
#pragma once

#include <string>
#include <vector>

#include "picture/canvas.h"

namespace osu {

struct Axis {
    double low = 0, high = 1;
    bool logarithmic = false;                     // then low > 0
    double share(double value) const;             // 0 at low, 1 at high
    std::vector<double> ticks(int wanted) const;  // 1, 2 or 5 times powers of ten; about so many
};

struct Plot {
    double left, top, width, height;  // on the canvas
    Axis x, y;

    Vec2 place(double x_value, double y_value) const;  // no further out than once the height
    // A field with lines at the ticks, and their values outside it, `size` high; `unit` behind those of x.
    void grid(Canvas& canvas, const std::vector<double>& x_ticks, const std::vector<double>& y_ticks,
              double size, const std::string& unit = "") const;
    // What is drawn meanwhile stays within the field.
    template <class Draw>
    void clipped(Canvas& canvas, const Draw& draw) const {
        cairo_save(canvas.cairo());
        cairo_rectangle(canvas.cairo(), left, top, width, height);
        cairo_clip(canvas.cairo());
        draw();
        cairo_restore(canvas.cairo());
    }
};

}  // namespace osu
