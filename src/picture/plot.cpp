#include "picture/plot.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace osu {

namespace {

// 1, 2 or 5 times a power of ten, so that about `wanted` steps cover the range.
double tick_step(double range, int wanted) {
    const double rough = range / wanted, power = std::pow(10, std::floor(std::log10(rough)));
    for (const double factor : {1.0, 2.0, 5.0})
        if (rough <= factor * power * 1.0001) return factor * power;
    return 10 * power;
}

std::string tick_label(double value) {
    if (std::abs(value) < 1e-12) return "0";
    if (std::abs(value) >= 1e6) return fmt::format("{:g}M", value / 1e6);
    if (std::abs(value) >= 1e4) return fmt::format("{:g}k", value / 1e3);
    return fmt::format("{:.6g}", value);
}

}  // namespace

double Axis::share(double value) const {
    if (!logarithmic) return (value - low) / (high - low);
    return std::log(std::max(value, low * 1e-3) / low) / std::log(high / low);
}

std::vector<double> Axis::ticks(int wanted) const {
    std::vector<double> values;
    if (!logarithmic) {
        const double step = tick_step(high - low, wanted);
        for (double k = std::ceil(low / step - 1e-9); k * step <= high + 1e-9 * step; k++)
            values.push_back(k * step);
        return values;
    }
    const double decades = std::log10(high / low);
    for (double power = std::floor(std::log10(low)); power <= std::log10(high); power++)
        for (const double factor : {1.0, 2.0, 5.0}) {
            if (factor != 1 && decades > 3) continue;
            const double value = factor * std::pow(10, power);
            if (value >= low * 0.9999 && value <= high * 1.0001) values.push_back(value);
        }
    return values;
}

Vec2 Plot::place(double x_value, double y_value) const {
    return {static_cast<float>(left + width * x.share(x_value)),
            static_cast<float>(top + height * (1 - std::clamp(y.share(y_value), -1.0, 2.0)))};
}

void Plot::grid(Canvas& canvas, const std::vector<double>& x_ticks, const std::vector<double>& y_ticks,
                double size, const std::string& unit) const {
    canvas.rectangle(left, top, width, height, theme::field);
    const Paint line = theme::frame.with_alpha(0.6);
    for (const double value : x_ticks) {
        const Vec2 at = place(value, y.low);
        canvas.line({at.x, static_cast<float>(top)}, at, 0.7, line);
        canvas.line(at, {at.x, at.y + 4}, 1, theme::faint);
        canvas.text(at.x, at.y + 6.5 + size, tick_label(value) + unit, {size, theme::dim, Align::centre});
    }
    for (const double value : y_ticks) {
        const Vec2 at = place(x.low, value);
        canvas.line(at, {static_cast<float>(left + width), at.y}, 0.7, line);
        canvas.line({at.x - 4, at.y}, at, 1, theme::faint);
        canvas.text(at.x - 8, at.y + 3.8, tick_label(value), {size, theme::dim, Align::right});
    }
    canvas.set(theme::faint);
    cairo_set_line_width(canvas.cairo(), 1);
    cairo_rectangle(canvas.cairo(), left, top, width, height);
    cairo_stroke(canvas.cairo());
}

}  // namespace osu
