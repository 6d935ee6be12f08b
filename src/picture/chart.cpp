// A chart of training: every curve raw and faint, its smoothed self on top. The loss axis is logarithmic when
// the values span more than a factor of eight.
#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include <fmt/format.h>

#include "base/error.h"
#include "picture/canvas.h"
#include "picture/picture.h"
#include "picture/plot.h"

namespace osu {

namespace {

constexpr double chart_width = 720, chart_height = 420, chart_scale = 2;
constexpr double left = 72, right = 24, top = 62, bottom = 56;
constexpr size_t columns = 600;  // of raw values; a longer curve shows the range of each column

struct Column {
    double x = 0, mean = 0, low = 0, high = 0, smooth = 0;
    size_t count = 0;
};

// The finite points of a curve in at most `columns` columns of equal width over [from, to]; empty ones are
// left out.
std::vector<Column> gather(const Curve& curve, double from, double to) {
    std::vector<Column> all(columns);
    const double width = to > from ? (to - from) / static_cast<double>(columns) : 1;
    for (size_t i = 0; i < std::min(curve.x.size(), curve.y.size()); i++) {
        const double x = curve.x[i], y = curve.y[i];
        if (!std::isfinite(x) || !std::isfinite(y)) continue;
        Column& column = all[std::min(columns - 1, static_cast<size_t>(std::max(0.0, (x - from) / width)))];
        column.low = column.count ? std::min(column.low, y) : y;
        column.high = column.count ? std::max(column.high, y) : y;
        column.count++;
        column.x += (x - column.x) / static_cast<double>(column.count);
        column.mean += (y - column.mean) / static_cast<double>(column.count);
    }
    std::erase_if(all, [](const Column& column) { return column.count == 0; });
    return all;
}

// A Gaussian over neighbouring columns, a fortieth of the curve wide; narrower towards the ends, so that a
// steep beginning is not flattened. Positive values are averaged as logarithms, which follow a steep fall.
void smooth(std::vector<Column>& curve) {
    const auto count = static_cast<int>(curve.size());
    const bool positive =
        std::all_of(curve.begin(), curve.end(), [](const Column& column) { return column.mean > 0; });
    for (int i = 0; i < count; i++) {
        const double sigma = std::min(count / 40.0, 0.4 * std::min(i, count - 1 - i) + 0.5);
        const int reach = static_cast<int>(3 * sigma);
        double sum = 0, weights = 0;
        for (int j = std::max(0, i - reach); j <= std::min(count - 1, i + reach); j++) {
            const double distance = (j - i) / sigma;
            const double weight = std::exp(-0.5 * distance * distance) * static_cast<double>(curve[j].count);
            sum += weight * (positive ? std::log(curve[j].mean) : curve[j].mean);
            weights += weight;
        }
        curve[i].smooth = positive ? std::exp(sum / weights) : sum / weights;
    }
}

Axis x_axis(std::span<const Curve> curves) {
    Axis axis{std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()};
    for (const Curve& curve : curves)
        for (size_t i = 0; i < std::min(curve.x.size(), curve.y.size()); i++) {
            if (!std::isfinite(curve.x[i]) || !std::isfinite(curve.y[i])) continue;
            axis.low = std::min(axis.low, curve.x[i]);
            axis.high = std::max(axis.high, curve.x[i]);
        }
    if (!(axis.low <= axis.high)) return {0, 1};
    if (axis.low > 0 && axis.low < 0.25 * axis.high) axis.low = 0;  // steps are counted from 0
    if (axis.high - axis.low < 1e-9 * std::max(1.0, std::abs(axis.high))) axis.high = axis.low + 1;
    return axis;
}

// Holds the smoothed curves whole and all but the wildest of the raw values.
Axis y_axis(const std::vector<std::vector<Column>>& curves) {
    std::vector<double> lows, highs;
    double low = std::numeric_limits<double>::infinity(), high = -low;
    for (const auto& curve : curves)
        for (const Column& column : curve) {
            lows.push_back(column.low);
            highs.push_back(column.high);
            low = std::min(low, column.smooth);
            high = std::max(high, column.smooth);
        }
    if (lows.empty()) return {0, 1};
    std::sort(lows.begin(), lows.end());
    std::sort(highs.begin(), highs.end());
    low = std::min(low, lows[lows.size() / 200]);
    high = std::max(high, highs[highs.size() - 1 - highs.size() / 200]);
    if (low > 0 && high > 8 * low) return {low / 1.08, high * 1.08, true};
    const double slack =
        high - low > 1e-3 * std::abs(high) ? 0.05 * (high - low) : 0.1 * std::abs(high) + 1e-9;
    return {low >= 0 && low < slack ? 0 : low - slack, high + slack};
}

class ChartPainter {
  public:
    ChartPainter(Canvas& canvas, const Axis& x, const Axis& y)
        : canvas_(canvas),
          cr_(canvas.cairo()),
          plot_{left, top, chart_width - left - right, chart_height - top - bottom, x, y} {
        plot_.grid(canvas_, x.ticks(8), y.ticks(6), 10.5);
    }

    void curve(const std::vector<Column>& columns_of_curve, const Paint& paint) {
        if (columns_of_curve.empty()) return;
        plot_.clipped(canvas_, [&] {
            cairo_new_path(cr_);
            for (const Column& column : columns_of_curve) {
                go(column.x, column.low);
                if (column.high > column.low) go(column.x, column.high);
            }
            stroke(0.9, paint.with_alpha(0.34));
            for (const Column& column : columns_of_curve) go(column.x, column.smooth);
            stroke(2.0, paint);
            if (columns_of_curve.size() == 1)
                canvas_.disc(plot_.place(columns_of_curve[0].x, columns_of_curve[0].smooth), 3, paint);
        });
    }

    void names(const std::string& title, const std::string& x_label, const std::string& y_label) {
        canvas_.text(left, 27, title, {15, theme::bright, Align::left, true, plot_.width});
        canvas_.text(left + plot_.width / 2, chart_height - 16, x_label,
                     {11.5, theme::bright, Align::centre});
        canvas_.text_upwards(20, top + plot_.height / 2, plot_.y.logarithmic ? y_label + "  (log)" : y_label,
                             {11.5, theme::bright, Align::centre});
    }

    // The names of the curves and where each ends, in a row beneath the title.
    double legend(double x, const std::string& name, std::optional<double> last, const Paint& paint) {
        const std::string text = last ? fmt::format("{}  {:.4g}", name, *last) : name;
        const TextStyle style{11.5, theme::dim};
        canvas_.line({static_cast<float>(x), 44}, {static_cast<float>(x + 14), 44}, 3, paint);
        canvas_.text(x + 21, 48, text, style);
        return x + 21 + canvas_.text_width(text, style) + 24;
    }

  private:
    void go(double x, double y) {
        const Vec2 at = plot_.place(x, y);
        cairo_line_to(cr_, at.x, at.y);
    }
    void stroke(double thickness, const Paint& paint) {
        canvas_.set(paint);
        cairo_set_line_width(cr_, thickness);
        cairo_stroke(cr_);
    }

    Canvas& canvas_;
    cairo_t* cr_;
    const Plot plot_;
};

}  // namespace

void draw_chart(std::span<const Curve> curves, const std::string& title, const std::string& x_label,
                const std::string& y_label, const std::filesystem::path& file) {
    const ImageFormat format = image_format(file);
    const Axis x = x_axis(curves);
    std::vector<std::vector<Column>> gathered;
    for (const Curve& curve : curves) {
        gathered.push_back(gather(curve, x.low, x.high));
        smooth(gathered.back());
    }
    const Axis y = y_axis(gathered);
    Canvas canvas(format, chart_width, chart_height, chart_scale);
    ChartPainter painter(canvas, x, y);
    painter.names(title, x_label, y_label);
    double legend_x = left;
    for (size_t i = 0; i < curves.size(); i++) {
        const Paint& paint = theme::series[i % std::size(theme::series)];
        painter.curve(gathered[i], paint);
        std::optional<double> last;
        if (!gathered[i].empty()) last = gathered[i].back().smooth;
        legend_x = painter.legend(legend_x, curves[i].name, last, paint);
    }
    canvas.save(file);
}

}  // namespace osu
