// A cairo surface that becomes a PNG or an SVG file, and the strokes that pictures and charts share: text,
// discs, lines. Units are the picture's own; the canvas scales them to pixels.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <cairo.h>

#include "beatmap/beatmap.h"
#include "picture/fonts.h"

namespace osu {

struct Paint {
    double red = 0, green = 0, blue = 0, alpha = 1;  // 0–1
    Paint(double red, double green, double blue, double alpha = 1)
        : red(red), green(green), blue(blue), alpha(alpha) {}
    explicit Paint(Colour colour) : Paint(colour.red / 255.0, colour.green / 255.0, colour.blue / 255.0) {}
    Paint with_alpha(double value) const { return {red, green, blue, value}; }
};
Paint mix(const Paint& from, const Paint& to, double share);  // share 0: from, 1: to

namespace theme {
inline const Paint page{0.055, 0.059, 0.082}, field{0.086, 0.094, 0.129}, frame{0.235, 0.251, 0.337},
    faint{0.40, 0.42, 0.52}, dim{0.60, 0.62, 0.71}, bright{0.93, 0.94, 0.97};
// Of curves and groups of points, the best to tell apart first.
inline const Paint series[] = {{0.36, 0.67, 1.00}, {1.00, 0.66, 0.26}, {0.47, 0.83, 0.53},
                               {0.96, 0.45, 0.56}, {0.73, 0.58, 0.98}, {0.35, 0.82, 0.83},
                               {0.98, 0.88, 0.40}, {0.98, 0.60, 0.82}, {0.62, 0.70, 0.38},
                               {0.80, 0.55, 0.38}, {0.55, 0.62, 0.95}, {0.90, 0.90, 0.92}};
}  // namespace theme

enum class ImageFormat : uint8_t { png, svg, memory };        // memory: pixels only
ImageFormat image_format(const std::filesystem::path& file);  // by the extension; Error for another one

enum class Align : uint8_t { left, centre, right };
struct TextStyle {
    double size = 12;
    Paint paint = theme::bright;
    Align align = Align::left;
    bool bold = false;
    double max_width = 1e9;  // of longer text the middle becomes "…"
};

class Canvas {
  public:
    Canvas(ImageFormat format, double width, double height, double scale);

    cairo_t* cairo() const { return cairo_.get(); }
    double width() const { return width_; }
    double height() const { return height_; }

    void set(const Paint& paint);
    void disc(Vec2 centre, double radius, const Paint& paint);
    void ring(Vec2 centre, double radius, double thickness, const Paint& paint);
    void line(Vec2 from, Vec2 to, double thickness, const Paint& paint);
    void rectangle(double x, double y, double width, double height, const Paint& paint);
    // What is drawn in between, all of it within the rectangle, is laid down translucent as a whole.
    void begin_group(double x, double y, double width, double height);
    void end_group(double alpha);
    // y is the base line. Bytes that are no UTF-8 become replacement characters.
    void text(double x, double y, std::string_view text, const TextStyle& style);
    void outlined_text(double x, double y, std::string_view text, const TextStyle& style, double thickness,
                       const Paint& outline);
    void text_upwards(double x, double y, std::string_view text, const TextStyle& style);  // about (x, y)
    double text_width(std::string_view text, const TextStyle& style);

    void save(const std::filesystem::path& file);  // once, at the end; not in memory
    // Of a canvas in memory: rows of 0x00RRGGBB.
    int pixel_width() const, pixel_height() const;
    std::span<const uint32_t> row(int y) const;
    void flush();

  private:
    struct Destroy {
        void operator()(cairo_surface_t* surface) const { cairo_surface_destroy(surface); }
        void operator()(cairo_t* cairo) const { cairo_destroy(cairo); }
    };
    void choose_size(const TextStyle& style);
    cairo_text_extents_t extents_of(std::span<const TextRun> runs);
    std::vector<TextRun> place_text(double x, double y, std::string_view text, const TextStyle& style);

    ImageFormat format_;
    double width_, height_;
    std::string encoded_;  // what cairo has written so far
    std::unique_ptr<cairo_surface_t, Destroy> surface_;
    std::unique_ptr<cairo_t, Destroy> cairo_;
};

}  // namespace osu
