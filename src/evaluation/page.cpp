#include "evaluation/page.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include <fmt/core.h>

#include "picture/canvas.h"
#include "picture/painter.h"
#include "picture/plot.h"
#include "sequence/sequence_path.h"

namespace osu {

namespace {

constexpr size_t most_pairs = 20, pairs_a_row = 4;
constexpr size_t most_shown = 12;       // objects of a panel …
constexpr double longest_shown = 4000;  // … within so many ms
constexpr double panel_scale = 0.42;
constexpr double margin = 28, head_height = 64, gap = 28;  // between pairs, and rows
constexpr double panel_w = panel_width * panel_scale, panel_h = (panel_height - 60) * panel_scale;
constexpr double chart_height = 300, chart_left = 44, chart_top = 46, chart_bottom = 36;
constexpr size_t figure_columns = 3;
constexpr double figure_line = 18, figures_height = 150;
constexpr Colour combo_colours[] = {{255, 192, 0}, {0, 202, 0}, {18, 124, 255}, {242, 24, 57}};

// The objects of a map from the one at `first`, as they were placed.
Scene make_scene(const MeasuredMap& map, std::span<const Vec2> position, size_t first) {
    const auto& objects = map.plan.objects;
    Scene scene;
    scene.radius = circle_radius;
    scene.from = objects[first].start;
    SliderPath path;
    size_t combo = 0;
    int number = 0;
    for (size_t i = first; i < objects.size() && scene.shapes.size() < most_shown; ++i) {
        const PlannedObject& object = objects[i];
        if (object.start > scene.from + longest_shown) break;
        combo += object.new_combo;
        number = object.new_combo ? 1 : number + 1;
        Shape shape;
        shape.kind = object.kind;
        shape.start = shape.end = position[object.first];
        shape.start_time = object.start;
        shape.end_time = object.finish;
        shape.colour = combo_colours[combo % std::size(combo_colours)];
        shape.number = number;
        shape.follows = !object.new_combo && i > first;
        if (object.kind == ObjectKind::slider) {
            assign_path(path, map.real.type.subspan(object.first, object.end - object.first),
                        position.subspan(object.first, object.end - object.first), object.needed_length);
            shape.path.assign(path.points().begin(), path.points().end());
            shape.end = position[object.leave];
        }
        scene.shapes.push_back(std::move(shape));
    }
    scene.width = std::max(1.0, scene.shapes.back().start_time - scene.from) * 1.05;
    return scene;
}

void paint_panel(Canvas& canvas, const Scene& scene, double x, double y, const std::string& caption,
                 const Paint& paint) {
    cairo_t* cr = canvas.cairo();
    cairo_save(cr);
    cairo_rectangle(cr, x, y, panel_w, panel_h);
    cairo_clip(cr);
    cairo_translate(cr, x, y);
    cairo_scale(cr, panel_scale, panel_scale);
    paint_scene(canvas, scene, 0, -60);  // its own caption would be too small to read
    cairo_restore(cr);
    canvas.text(x + field_origin.x * panel_scale, y + 9, caption, {10, paint});
}

struct Line {
    std::string name;
    Paint paint;
    std::vector<double> values;
};

const Paint &model_paint = theme::series[0], &real_paint = theme::bright, &walk_paint = theme::series[1],
            &untrained_paint = theme::series[3];

Paint paint_of(const Contestant& contestant) {
    if (contestant.key == "model") return model_paint;
    if (contestant.key == "real") return real_paint;
    return contestant.key == "random_walk" ? walk_paint : untrained_paint;
}

// Lines over equal steps of x from `low` to `high`.
void paint_chart(Canvas& canvas, double left, double top, double width, const std::string& title,
                 const std::vector<Line>& lines, double low, double high, const std::string& unit) {
    double most = 1e-9;
    for (const Line& line : lines)
        for (const double value : line.values) most = std::max(most, value);
    const Plot plot{
        left + chart_left, top + chart_top, width - chart_left - 8, chart_height - chart_top - chart_bottom,
        {low, high},       {0, 1.05 * most}};
    canvas.text(plot.left, top + 16, title, {13, theme::bright, Align::left, true, plot.width});
    const double quarter = (high - low) / 4;
    plot.grid(canvas, {low, low + quarter, low + 2 * quarter, low + 3 * quarter, high}, plot.y.ticks(4), 10,
              unit);
    double legend = plot.left;
    for (const Line& line : lines) {
        const double step = (high - low) / static_cast<double>(line.values.size() - 1);
        for (size_t i = 1; i < line.values.size(); ++i)
            canvas.line(plot.place(low + step * static_cast<double>(i - 1), line.values[i - 1]),
                        plot.place(low + step * static_cast<double>(i), line.values[i]), 1.8, line.paint);
        canvas.text(legend, top + 34, line.name, {11, line.paint});
        legend += canvas.text_width(line.name, {11, line.paint}) + 14;
    }
}

Statistics total(const Contestant& contestant) {
    Statistics sum;
    for (const Statistics& one : contestant.statistics) sum += one;
    return sum;
}

// Shares of the turns from −180° to 180°.
std::vector<double> angles(const FlowHistogram& flow, std::initializer_list<FlowKind> kinds) {
    std::vector<double> out(angle_bins + 1);
    double sum = 0;
    for (const FlowKind kind : kinds)
        for (size_t bin = 0; bin <= angle_bins; ++bin) {
            const double turns = flow[static_cast<size_t>(kind)][(bin + angle_bins / 2) % angle_bins];
            out[bin] += turns;
            if (bin < angle_bins) sum += turns;
        }
    for (double& value : out) value /= std::max(1.0, sum);
    return out;
}

// Shares of the values in equal bins from 0 to `high`; what is larger is not shown.
std::vector<double> shares(const std::vector<float>& values, double high, size_t bins) {
    std::vector<double> out(bins);
    for (const float value : values) {
        const double bin = value / high * static_cast<double>(bins);
        if (bin < static_cast<double>(bins))
            out[static_cast<size_t>(bin)] += 1 / static_cast<double>(values.size());
    }
    return out;
}

std::vector<Line> lines(const Evaluation& evaluation, std::initializer_list<const char*> keys,
                        const std::function<std::vector<double>(const Statistics&)>& values) {
    std::vector<Line> out;
    for (const char* key : keys)
        for (const Contestant& contestant : evaluation.contestants)
            if (contestant.key == key)
                out.push_back({contestant.title, paint_of(contestant), values(total(contestant))});
    return out;
}

void paint_charts(Canvas& canvas, const Evaluation& evaluation, double y) {
    const double width = (canvas.width() - 2 * margin) / 5;
    const auto chart = [&](int column, const char* title, const std::vector<Line>& all, double low,
                           double high, const char* unit) {
        paint_chart(canvas, margin + column * width, y, width, title, all, low, high, unit);
    };
    const auto turning = [&](std::initializer_list<FlowKind> kinds) {
        return lines(evaluation, {"random_walk", "real", "model"},
                     [&](const Statistics& all) { return angles(all.flow, kinds); });
    };
    chart(0, "turns of jumps", turning({FlowKind::jump}), -180, 180, "°");
    chart(1, "turns of streams", turning({FlowKind::stream}), -180, 180, "°");
    chart(2, "error of spacing",
          lines(evaluation, {"model"},
                [](const Statistics& all) { return shares(all.spacing_errors, 60, 60); }),
          0, 60, " px");
    chart(3, "slider path / needed length",
          lines(evaluation, {"random_walk", "real", "model"},
                [](const Statistics& all) { return shares(all.slider_lengths, 2, 41); }),
          0, 2, "");
    std::vector<Line> losses;
    for (const Contestant& contestant : evaluation.contestants) {
        Line line{contestant.title, paint_of(contestant), {}};
        for (size_t k = 0; k < evaluation.kinds.size(); ++k)
            if (evaluation.kinds[k].key.starts_with("loss_decile_") &&
                !std::isnan(contestant.figures[k].value))
                line.values.push_back(contestant.figures[k].value);
        if (!line.values.empty()) losses.push_back(std::move(line));
    }
    chart(4, "denoising loss by timestep", losses, 50, 950, "");
}

// What a mapper sees, in columns: label, then each contestant's figure.
void paint_figures(Canvas& canvas, const Evaluation& evaluation, double y) {
    const double width = (canvas.width() - 2 * margin) / figure_columns;
    const auto kinds = mapper_figure_kinds();
    const size_t rows = (kinds.size() + figure_columns - 1) / figure_columns;
    for (size_t k = 0; k < kinds.size(); ++k) {
        const double x = margin + static_cast<double>(k / rows) * width;
        const double line = y + static_cast<double>(k % rows + 1) * figure_line;
        canvas.text(x, line, kinds[k].label, {12, theme::dim});
        double right = x + 250;
        for (const Contestant& contestant : evaluation.contestants) {
            if (contestant.key == "styled") continue;
            const auto found = std::find_if(evaluation.kinds.begin(), evaluation.kinds.end(),
                                            [&](const FigureKind& kind) { return kind.key == kinds[k].key; });
            const Figure& figure = contestant.figures[static_cast<size_t>(found - evaluation.kinds.begin())];
            canvas.text(right += 72, line, figure_text(figure.value, kinds[k].unit),
                        {12, paint_of(contestant), Align::right});
        }
    }
}

}  // namespace

void draw_evaluation(const Evaluation& evaluation, const std::string& title,
                     const std::filesystem::path& file) {
    const ImageFormat format = image_format(file);
    const Contestant &model = evaluation.contestants[0], &real = evaluation.contestants[1];
    std::vector<size_t> shown;
    for (size_t i = 0; i < evaluation.maps.size(); ++i)
        if (!evaluation.maps[i].plan.objects.empty()) shown.push_back(i);
    const size_t pairs = std::min(most_pairs, shown.size());
    const size_t rows = (pairs + pairs_a_row - 1) / pairs_a_row;
    const double pair_width = 2 * panel_w + gap;
    const double charts_y = head_height + static_cast<double>(rows) * (panel_h + gap);
    Canvas canvas(format, 2 * margin + pairs_a_row * pair_width,
                  charts_y + chart_height + figures_height + margin, 1);
    canvas.rectangle(0, 0, canvas.width(), canvas.height(), theme::page);
    canvas.text(margin, 32, title, {17, theme::bright, Align::left, true, canvas.width() - 2 * margin});
    for (size_t i = 0; i < pairs; ++i) {
        const size_t index = shown[i * shown.size() / pairs];
        const MeasuredMap& map = evaluation.maps[index];
        const size_t first = map.plan.objects.size() / 3;
        const double x = margin + static_cast<double>(i % pairs_a_row) * pair_width;
        const double y = head_height + static_cast<double>(i / pairs_a_row) * (panel_h + gap);
        paint_panel(canvas, make_scene(map, real.examples[index], first), x, y, "real", real_paint);
        paint_panel(canvas, make_scene(map, model.examples[index], first), x + panel_w, y, "model",
                    model_paint);
    }
    paint_charts(canvas, evaluation, charts_y);
    paint_figures(canvas, evaluation, charts_y + chart_height);
    canvas.save(file);
}

}  // namespace osu
