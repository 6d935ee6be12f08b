#include "picture/canvas.h"

#include <algorithm>
#include <cmath>
#include <new>

#include <cairo-svg.h>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "beatmap/numbers.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#endif

namespace osu {

namespace {

constexpr double largest_side = 30000;  // px; cairo's images end at 32767
constexpr double largest_area = 400e6;  // px; 1.6 GB in memory
constexpr size_t longest_text = 400;    // bytes; more than any caption shows

cairo_status_t append(void* target, const unsigned char* data, unsigned int size) {
    try {
        static_cast<std::string*>(target)->append(reinterpret_cast<const char*>(data), size);
        return CAIRO_STATUS_SUCCESS;
    } catch (const std::bad_alloc&) {  // must not unwind through cairo
        return CAIRO_STATUS_NO_MEMORY;
    }
}

void check(cairo_status_t status, const char* what) {
    if (status == CAIRO_STATUS_NO_MEMORY) throw std::bad_alloc();
    if (status != CAIRO_STATUS_SUCCESS) fail("cannot {} a picture: {}", what, cairo_status_to_string(status));
}

// What cairo can draw: a string that is not UTF-8 would put it into an error state for good.
std::string drawable(std::string_view text) {
    std::string result = to_utf8(text.substr(0, longest_text));
    for (char& c : result)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
    return result;
}

void drop_last_character(std::string& text) {
    while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xc0) == 0x80) text.pop_back();
    if (!text.empty()) text.pop_back();
}

void drop_first_character(std::string& text) {
    size_t bytes = 1;
    while (bytes < text.size() && (static_cast<unsigned char>(text[bytes]) & 0xc0) == 0x80) ++bytes;
    text.erase(0, bytes);
}

}  // namespace

Paint mix(const Paint& from, const Paint& to, double share) {
    const auto between = [share](double a, double b) { return a + (b - a) * share; };
    return {between(from.red, to.red), between(from.green, to.green), between(from.blue, to.blue),
            between(from.alpha, to.alpha)};
}

ImageFormat image_format(const std::filesystem::path& file) {
    const std::string extension = lower_extension(file);
    if (extension == ".png") return ImageFormat::png;
    if (extension == ".svg") return ImageFormat::svg;
    fail(Hint{"name the picture .png or .svg"}, "cannot draw {}: a picture of the kind \"{}\" is unknown",
         file.string(), extension);
}

Canvas::Canvas(ImageFormat format, double width, double height, double scale)
    : format_(format), width_(width), height_(height) {
    const double pixels_x = std::round(width * scale), pixels_y = std::round(height * scale);
    if (!(scale > 0) || !(pixels_x >= 1) || !(pixels_y >= 1) || pixels_x > largest_side ||
        pixels_y > largest_side || pixels_x * pixels_y > largest_area)
        fail(Hint{"choose another scale"}, "a picture of {:.0f} × {:.0f} pixels cannot be drawn", pixels_x,
             pixels_y);
    if (format == ImageFormat::svg) {
        surface_.reset(cairo_svg_surface_create_for_stream(append, &encoded_, pixels_x, pixels_y));
        cairo_svg_surface_set_document_unit(surface_.get(), CAIRO_SVG_UNIT_PX);
    } else {
        surface_.reset(cairo_image_surface_create(CAIRO_FORMAT_RGB24, static_cast<int>(pixels_x),
                                                  static_cast<int>(pixels_y)));
    }
    check(cairo_surface_status(surface_.get()), "begin");
    cairo_.reset(cairo_create(surface_.get()));
    cairo_scale(cairo(), scale, scale);
    rectangle(0, 0, width, height, theme::page);
    cairo_set_line_join(cairo(), CAIRO_LINE_JOIN_ROUND);
    cairo_set_line_cap(cairo(), CAIRO_LINE_CAP_ROUND);
}

void Canvas::set(const Paint& paint) {
    cairo_set_source_rgba(cairo(), paint.red, paint.green, paint.blue, paint.alpha);
}

void Canvas::disc(Vec2 centre, double radius, const Paint& paint) {
    set(paint);
    cairo_new_path(cairo());
    cairo_arc(cairo(), centre.x, centre.y, radius, 0, 2 * M_PI);
    cairo_fill(cairo());
}

void Canvas::ring(Vec2 centre, double radius, double thickness, const Paint& paint) {
    set(paint);
    cairo_set_line_width(cairo(), thickness);
    cairo_new_path(cairo());
    cairo_arc(cairo(), centre.x, centre.y, radius, 0, 2 * M_PI);
    cairo_stroke(cairo());
}

void Canvas::line(Vec2 from, Vec2 to, double thickness, const Paint& paint) {
    set(paint);
    cairo_set_line_width(cairo(), thickness);
    cairo_new_path(cairo());
    cairo_move_to(cairo(), from.x, from.y);
    cairo_line_to(cairo(), to.x, to.y);
    cairo_stroke(cairo());
}

void Canvas::rectangle(double x, double y, double width, double height, const Paint& paint) {
    set(paint);
    cairo_rectangle(cairo(), x, y, width, height);
    cairo_fill(cairo());
}

void Canvas::begin_group(double x, double y, double width, double height) {
    cairo_save(cairo());
    cairo_new_path(cairo());
    cairo_rectangle(cairo(), x, y, width, height);
    cairo_clip(cairo());  // a group is as large as the clip
    cairo_push_group(cairo());
    // An SVG mask is as large as the shapes in it without the thickness of their strokes. An unseen one spans
    // it.
    if (format_ == ImageFormat::svg) rectangle(x, y, width, height, theme::page.with_alpha(0.004));
}

void Canvas::end_group(double alpha) {
    cairo_pop_group_to_source(cairo());
    cairo_paint_with_alpha(cairo(), alpha);
#ifdef __SANITIZE_ADDRESS__
    // cairo 1.16 allocates half a kilobyte while it destroys a group of an SVG, and loses it.
    const __lsan::ScopedDisabler not_ours;
#endif
    cairo_restore(cairo());
}

void Canvas::choose_size(const TextStyle& style) {
    cairo_set_font_size(cairo(), style.size);
    // Without hinting, letters have the same place and shape at every scale and in both formats.
    cairo_font_options_t* options = cairo_font_options_create();
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
    cairo_set_font_options(cairo(), options);
    cairo_font_options_destroy(options);
}

// Of all runs together; x_bearing is the first one's.
cairo_text_extents_t Canvas::extents_of(std::span<const TextRun> runs) {
    cairo_text_extents_t whole{};
    for (const TextRun& run : runs) {
        if (run.face) cairo_set_font_face(cairo(), run.face);
        cairo_text_extents_t extents;
        cairo_text_extents(cairo(), run.text.c_str(), &extents);
        if (&run == runs.data()) whole.x_bearing = extents.x_bearing;
        whole.width = whole.x_advance + extents.x_bearing + extents.width - whole.x_bearing;
        whole.x_advance += extents.x_advance;
    }
    return whole;
}

void Canvas::text_upwards(double x, double y, std::string_view text, const TextStyle& style) {
    cairo_save(cairo());
    cairo_translate(cairo(), x, y);
    cairo_rotate(cairo(), -M_PI / 2);
    this->text(0, 0, text, style);
    cairo_restore(cairo());
}

double Canvas::text_width(std::string_view text, const TextStyle& style) {
    choose_size(style);
    return extents_of(runs_of(drawable(text), style.bold)).x_advance;
}

// Moves the pen to where the text begins; what is left of the text within its width. What tells two texts
// apart stands at their ends, a seed behind a long name: the middle is cut out.
std::vector<TextRun> Canvas::place_text(double x, double y, std::string_view text, const TextStyle& style) {
    choose_size(style);
    std::string head = drawable(text), tail;
    std::vector<TextRun> runs = runs_of(head, style.bold);
    cairo_text_extents_t extents = extents_of(runs);
    if (extents.x_advance > style.max_width) {
        size_t middle = head.size() / 2;
        while (middle > 0 && (static_cast<unsigned char>(head[middle]) & 0xc0) == 0x80) --middle;
        tail = head.substr(middle);
        head.resize(middle);
    }
    while (extents.x_advance > style.max_width && !(head.empty() && tail.empty())) {
        if (head.size() >= tail.size())
            drop_last_character(head);
        else
            drop_first_character(tail);
        runs = runs_of(head + "…" + tail, style.bold);
        extents = extents_of(runs);
    }
    if (style.align == Align::centre) x -= extents.x_bearing + extents.width / 2;
    if (style.align == Align::right) x -= extents.x_advance;
    cairo_move_to(cairo(), x, y);
    return runs;
}

void Canvas::text(double x, double y, std::string_view text, const TextStyle& style) {
    const std::vector<TextRun> shown = place_text(x, y, text, style);
    set(style.paint);
    for (const TextRun& run : shown) {
        if (run.face) cairo_set_font_face(cairo(), run.face);
        cairo_show_text(cairo(), run.text.c_str());
    }
    cairo_new_path(cairo());
}

void Canvas::outlined_text(double x, double y, std::string_view text, const TextStyle& style,
                           double thickness, const Paint& outline) {
    for (const TextRun& run : place_text(x, y, text, style)) {
        if (run.face) cairo_set_font_face(cairo(), run.face);
        cairo_text_path(cairo(), run.text.c_str());
    }
    set(outline);
    cairo_set_line_width(cairo(), thickness);
    cairo_stroke_preserve(cairo());
    set(style.paint);
    cairo_fill(cairo());
}

void Canvas::save(const std::filesystem::path& file) {
    check(cairo_status(cairo()), "draw");
    if (format_ == ImageFormat::png) {
        check(cairo_surface_write_to_png_stream(surface_.get(), append, &encoded_), "encode");
    } else {
        cairo_surface_finish(surface_.get());
        check(cairo_surface_status(surface_.get()), "encode");
    }
    write_file(file, encoded_);
}

int Canvas::pixel_width() const {
    return cairo_image_surface_get_width(surface_.get());
}
int Canvas::pixel_height() const {
    return cairo_image_surface_get_height(surface_.get());
}

std::span<const uint32_t> Canvas::row(int y) const {
    const unsigned char* data = cairo_image_surface_get_data(surface_.get());
    const auto stride = static_cast<size_t>(cairo_image_surface_get_stride(surface_.get()));
    return {reinterpret_cast<const uint32_t*>(data + stride * static_cast<size_t>(y)),
            static_cast<size_t>(pixel_width())};
}

void Canvas::flush() {
    cairo_surface_flush(surface_.get());
    check(cairo_status(cairo()), "draw");
}

}  // namespace osu
