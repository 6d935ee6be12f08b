#include "picture/scatter.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "picture/canvas.h"

namespace osu {

namespace {

constexpr double width = 940, height = 700, left = 48, top = 56, field_size = 600, picture_scale = 2;
constexpr double legend_x = left + field_size + 28, legend_step = 24;
static_assert(std::size(theme::series) == scatter_colours);

bool is_finite(const std::pair<double, double>& point) {
    return std::isfinite(point.first) && std::isfinite(point.second);
}

// A square that holds all points, with room around them.
struct Square {
    double x = 0, y = 0, size = 1;  // middle, and side

    explicit Square(std::span<const ScatterGroup> groups) {
        constexpr double infinity = std::numeric_limits<double>::infinity();
        double low[2] = {infinity, infinity}, high[2] = {-infinity, -infinity};
        for (const ScatterGroup& group : groups)
            for (const auto& point : group.points) {
                if (!is_finite(point)) continue;
                const double values[2] = {point.first, point.second};
                for (int axis = 0; axis < 2; ++axis) {
                    low[axis] = std::min(low[axis], values[axis]);
                    high[axis] = std::max(high[axis], values[axis]);
                }
            }
        if (!(low[0] <= high[0])) return;
        x = (low[0] + high[0]) / 2;
        y = (low[1] + high[1]) / 2;
        size = std::max({high[0] - low[0], high[1] - low[1], 1e-12}) * 1.08;
    }
    Vec2 place(const std::pair<double, double>& point) const {
        return {static_cast<float>(left + field_size * (0.5 + (point.first - x) / size)),
                static_cast<float>(top + field_size * (0.5 - (point.second - y) / size))};
    }
};

void paint_frame(Canvas& canvas, const std::string& title, const std::string& x_label,
                 const std::string& y_label) {
    canvas.rectangle(left, top, field_size, field_size, theme::field);
    canvas.text(left, 34, title, {15, theme::bright, Align::left, true, width - 2 * left});
    canvas.text(left + field_size / 2, top + field_size + 24, x_label, {11.5, theme::dim, Align::centre});
    canvas.text_upwards(left - 14, top + field_size / 2, y_label, {11.5, theme::dim, Align::centre});
}

}  // namespace

void draw_scatter(std::span<const ScatterGroup> groups, const std::string& title, const std::string& x_label,
                  const std::string& y_label, const std::filesystem::path& file) {
    Canvas canvas(image_format(file), width, height, picture_scale);
    paint_frame(canvas, title, x_label, y_label);
    const Square square(groups);
    for (size_t g = 0; g < groups.size(); ++g) {
        const bool ground = g == 0;
        // Many points are small and translucent, so that where they lie dense stays visible.
        const double radius =
            std::clamp(40 / std::sqrt(1.0 + static_cast<double>(groups[0].points.size())), 1.3, 3.2);
        const Paint paint =
            ground ? theme::dim.with_alpha(0.5) : theme::series[(g - 1) % scatter_colours].with_alpha(0.85);
        for (const auto& point : groups[g].points)
            if (is_finite(point))
                canvas.disc(square.place(point), ground ? radius : std::max(radius, 2.6), paint);
        const double y = top + 14 + legend_step * static_cast<double>(g);
        canvas.disc({static_cast<float>(legend_x), static_cast<float>(y - 4)}, 4.5, paint);
        canvas.text(legend_x + 14, y, fmt::format("{}  ({})", groups[g].name, groups[g].points.size()),
                    {11.5, theme::bright, Align::left, false, width - legend_x - 24});
    }
    canvas.save(file);
}

}  // namespace osu
