#include "picture/painter.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "picture/cover.h"

namespace osu {

namespace {

constexpr double timeline_y = 92 + 384 + 56;
constexpr double white_border = 0.105;  // of the radius
const Paint white{1, 1, 1}, black{0, 0, 0};
const Paint kiai_paint{1.0, 0.62, 0.20};

class FieldPainter {
  public:
    FieldPainter(Canvas& canvas, const Scene& scene) : canvas_(canvas), cr_(canvas.cairo()), scene_(scene) {}

    void paint() {
        follow_lines();
        // Backwards in time: what is hit first lies on top, as in the game.
        const std::vector<bool> hidden = hidden_shapes(scene_);
        for (size_t i = scene_.shapes.size(); i-- > 0;) {
            const Shape& shape = scene_.shapes[i];
            if (hidden[i]) continue;
            if (shape.kind == ObjectKind::spinner) spinner(shape);
            if (shape.kind == ObjectKind::slider) slider(shape);
            if (shape.kind != ObjectKind::spinner) circle(shape);
        }
    }

  private:
    // Later objects sink into the dark, so that the order of a crowded picture can be seen.
    double distance(const Shape& shape) const {
        return 0.55 * (shape.start_time - scene_.from) / scene_.width;
    }
    Paint sunk(const Paint& paint, const Shape& shape) const {
        return mix(paint, theme::field.with_alpha(paint.alpha), distance(shape));
    }

    void follow_lines() {
        const double dashes[] = {4, 7};
        cairo_save(cr_);
        cairo_set_dash(cr_, dashes, 2, 0);
        for (size_t i = 1; i < scene_.shapes.size(); i++) {
            const Shape &before = scene_.shapes[i - 1], &shape = scene_.shapes[i];
            if (!shape.follows) continue;
            const Vec2 step = shape.start - before.end;
            const double length = std::hypot(step.x, step.y);
            if (length <= 2 * scene_.radius + 4) continue;
            const Vec2 inset = step * static_cast<float>((scene_.radius + 3) / length);
            canvas_.line(before.end + inset, shape.start - inset, 1.8, sunk(white, shape).with_alpha(0.42));
        }
        cairo_restore(cr_);
    }

    void circle(const Shape& shape) {
        const double r = scene_.radius;
        const Paint colour(shape.colour);
        canvas_.ring(shape.start, r, 3, black.with_alpha(0.28));
        canvas_.disc(shape.start, r, sunk(white, shape));
        cairo_pattern_t* fill = cairo_pattern_create_radial(shape.start.x, shape.start.y - 0.45 * r, 0,
                                                            shape.start.x, shape.start.y, r);
        add_stop(fill, 0, sunk(mix(colour, white, 0.16), shape));
        add_stop(fill, 1, sunk(mix(colour, black, 0.30), shape));
        cairo_set_source(cr_, fill);
        cairo_arc(cr_, shape.start.x, shape.start.y, r * (1 - white_border), 0, 2 * M_PI);
        cairo_fill(cr_);
        cairo_pattern_destroy(fill);
        number(shape);
    }

    void number(const Shape& shape) {
        const double r = scene_.radius;
        const std::string text = fmt::format("{}", shape.number);
        const double size = r * (text.size() == 1 ? 0.95 : text.size() == 2 ? 0.80 : 0.60);
        const double base = shape.start.y + 0.365 * size;  // half the height of a figure
        canvas_.outlined_text(shape.start.x, base, text, {size, sunk(white, shape), Align::centre, true},
                              0.11 * r, sunk(mix(Paint(shape.colour), black, 0.55), shape).with_alpha(0.45));
    }

    static void add_stop(cairo_pattern_t* pattern, double offset, const Paint& paint) {
        cairo_pattern_add_color_stop_rgba(pattern, offset, paint.red, paint.green, paint.blue, paint.alpha);
    }

    void trace(const Shape& shape) {
        cairo_new_path(cr_);
        for (const Vec2 point : shape.path) cairo_line_to(cr_, point.x, point.y);
        if (shape.path.size() == 1) cairo_close_path(cr_);  // a round cap needs a segment
    }

    void stroke_body(double share_of_radius, const Paint& paint) {
        canvas_.set(paint);
        cairo_set_line_width(cr_, 2 * scene_.radius * share_of_radius);
        cairo_stroke_preserve(cr_);
    }

    void slider(const Shape& shape) {
        const Paint colour(shape.colour);
        trace(shape);
        cairo_set_line_width(cr_, 2 * scene_.radius + 4);
        double left, top, right, bottom;
        cairo_stroke_extents(cr_, &left, &top, &right, &bottom);
        canvas_.begin_group(left, top, right - left, bottom - top);
        trace(shape);
        stroke_body(1, sunk(mix(white, colour, 0.12), shape));
        const int shades = 14;
        const Paint edge = mix(colour, black, 0.72), core = mix(colour, black, 0.38);
        for (int i = 0; i < shades; i++) {
            const double share = static_cast<double>(i) / (shades - 1);
            stroke_body((1 - white_border) * (1 - 0.85 * share), sunk(mix(edge, core, share), shape));
        }
        cairo_new_path(cr_);
        canvas_.end_group(body_opacity);
        slider_end(shape);
    }

    void slider_end(const Shape& shape) {
        const Vec2 tail = shape.path.back();
        canvas_.ring(tail, scene_.radius * 0.80, 1.6, sunk(white, shape).with_alpha(0.35));
        if (shape.span_count >= 2) reverse_arrow(shape, tail, -1);
        if (shape.span_count >= 3) reverse_arrow(shape, shape.path.front(), 1);
    }

    // The direction of the path at an end, looked for half a radius inside: the last points may be very
    // close.
    Vec2 direction(const Shape& shape, bool at_tail) const {
        const size_t count = shape.path.size();
        const Vec2 from = at_tail ? shape.path.back() : shape.path.front();
        Vec2 step{1, 0};
        for (size_t i = 1; i < count; i++) {
            const Vec2 point = shape.path[at_tail ? count - 1 - i : i];
            const Vec2 candidate = point - from;
            const float length = std::hypot(candidate.x, candidate.y);
            if (length > 0) step = candidate * (1 / length);
            if (length > 0.5 * scene_.radius) break;
        }
        return step;
    }

    // At the tail in its middle; the head's middle has the number, so that arrow stands beside it on the
    // body.
    void reverse_arrow(const Shape& shape, Vec2 at, int side) {
        const double r = scene_.radius;
        const Vec2 along = direction(shape, side < 0);
        if (side > 0) at = at + along * static_cast<float>(1.38 * r);
        const Vec2 across{-along.y, along.x};
        const auto corner = [&](double ahead, double aside) {
            const Vec2 point =
                at + along * static_cast<float>(ahead * r) + across * static_cast<float>(aside * r);
            cairo_line_to(cr_, point.x, point.y);
        };
        const double size = side < 0 ? 1 : 0.7;
        for (const bool shadow : {true, false}) {
            cairo_new_path(cr_);
            corner(-0.18 * size, 0.42 * size);
            corner(0.24 * size, 0);
            corner(-0.18 * size, -0.42 * size);
            canvas_.set(shadow ? black.with_alpha(0.4) : sunk(white, shape));
            cairo_set_line_width(cr_, (shadow ? 0.30 : 0.19) * r * size);
            cairo_stroke(cr_);
        }
    }

    void spinner(const Shape& shape) {
        const Vec2 centre = playfield_size * 0.5f;
        canvas_.disc(centre, 176, white.with_alpha(0.025));
        canvas_.ring(centre, 176, 3, sunk(white, shape).with_alpha(0.50));
        canvas_.ring(centre, 150, 1.2, sunk(white, shape).with_alpha(0.28));
        canvas_.ring(centre, 96, 1.2, sunk(white, shape).with_alpha(0.22));
        canvas_.ring(centre, 42, 1.2, sunk(white, shape).with_alpha(0.28));
        canvas_.disc(centre, 5, sunk(white, shape).with_alpha(0.7));
        cairo_set_line_width(cr_, 5);
        canvas_.set(Paint(0.45, 0.72, 1.0, 0.75));
        for (int i = 0; i < 3; i++) {
            cairo_new_path(cr_);
            cairo_arc(cr_, centre.x, centre.y, 123, i * 2 * M_PI / 3, i * 2 * M_PI / 3 + 1.2);
            cairo_stroke(cr_);
        }
    }

    Canvas& canvas_;
    cairo_t* cr_;
    const Scene& scene_;
};

void paint_timeline(Canvas& canvas, const Scene& scene) {
    const double left = field_origin.x, width = playfield_size.x, y = timeline_y;
    const auto place = [&](double time) {
        return static_cast<float>(left + std::clamp((time - scene.from) / scene.width, 0.0, 1.0) * width);
    };
    const auto at = [&](double time) { return Vec2{place(time), static_cast<float>(y)}; };
    for (const Span& span : scene.kiai)
        canvas.rectangle(place(span.from), y - 11, place(span.to) - place(span.from), 22,
                         kiai_paint.with_alpha(0.13));
    canvas.line(at(scene.from), at(scene.from + scene.width), 1, theme::frame);
    for (const BeatMark& beat : scene.beats) {
        const float x = place(beat.time), half = beat.downbeat ? 10 : 5;
        canvas.line({x, static_cast<float>(y) - half}, {x, static_cast<float>(y) + half}, 1,
                    beat.downbeat ? theme::faint : theme::frame);
    }
    const double size = std::clamp(0.35 * width / (static_cast<double>(scene.shapes.size()) + 1), 1.6, 5.5);
    for (auto shape = scene.shapes.rbegin(); shape != scene.shapes.rend(); ++shape) {
        const Paint colour = shape->kind == ObjectKind::spinner ? theme::dim : Paint(shape->colour);
        if (shape->end_time > shape->start_time)
            canvas.line(at(shape->start_time), at(shape->end_time), 1.2 * size,
                        mix(colour, theme::page, 0.5));
        canvas.disc(at(shape->start_time), size, colour);
        if (shape->number == 1 && shape->kind != ObjectKind::spinner)
            canvas.ring(at(shape->start_time), size, 0.2 * size, white.with_alpha(0.9));
    }
}

// A long title is set smaller, then cut; the name of the difficulty behind it stays.
void caption(Canvas& canvas, const Scene& scene) {
    TextStyle style{15, theme::bright, Align::left, true};
    const double natural = canvas.text_width(scene.title + scene.version, style);
    style.size *= std::clamp(playfield_size.x / natural, 0.76, 1.0);
    style.max_width = 0.5 * playfield_size.x;
    const double version = std::min(style.max_width, canvas.text_width(scene.version, style));
    style.max_width = playfield_size.x - version;
    const double title = std::min(style.max_width, canvas.text_width(scene.title, style));
    canvas.text(field_origin.x, 30, scene.title, style);
    style.max_width = playfield_size.x - title;
    canvas.text(field_origin.x + title, 30, scene.version, style);
}

}  // namespace

void paint_scene(Canvas& canvas, const Scene& scene, double panel_x, double panel_y) {
    cairo_t* cr = canvas.cairo();
    cairo_save(cr);
    cairo_translate(cr, panel_x, panel_y);
    cairo_rectangle(cr, 0, 0, panel_width, panel_height);
    cairo_clip(cr);
    caption(canvas, scene);
    canvas.text(field_origin.x, 49, scene.detail, {11.5, theme::dim, Align::left, false, playfield_size.x});

    cairo_save(cr);
    cairo_translate(cr, field_origin.x, field_origin.y);
    canvas.rectangle(0, 0, playfield_size.x, playfield_size.y, theme::field);
    canvas.set(theme::frame);
    cairo_set_line_width(cr, 1);
    cairo_rectangle(cr, 0, 0, playfield_size.x, playfield_size.y);
    cairo_stroke(cr);
    FieldPainter(canvas, scene).paint();
    cairo_restore(cr);

    paint_timeline(canvas, scene);
    cairo_restore(cr);
}

}  // namespace osu
