#include "picture/cover.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>
#include <span>

#include <cairo.h>

#include "picture/painter.h"

namespace osu {

namespace {

constexpr int width = static_cast<int>(panel_width), height = static_cast<int>(panel_height);
constexpr float seen_from = 1 / 32.0f;  // of a colour: eight steps of 255

struct Box {
    int left = 0, top = 0, right = 0, bottom = 0;  // pixels of the panel, the last ones not included
};

// Bodies as masks, a byte a pixel, one after the other in the same place.
class Mask {
  public:
    Mask()
        : surface_(cairo_image_surface_create(CAIRO_FORMAT_A8, width, height), cairo_surface_destroy),
          cairo_(cairo_create(surface_.get()), cairo_destroy) {
        cairo_t* cr = cairo_.get();
        cairo_translate(cr, field_origin.x, field_origin.y);
        cairo_set_line_cap(cr, CAIRO_LINE_CAP_ROUND);
        cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
    }

    // Of a path of one point a disc.
    Box draw(std::span<const Vec2> path, double radius) {
        cairo_t* cr = cairo_.get();
        cairo_new_path(cr);
        for (const Vec2 point : path) cairo_line_to(cr, point.x, point.y);
        if (path.size() == 1) cairo_close_path(cr);
        cairo_set_line_width(cr, 2 * radius);
        cairo_stroke(cr);
        cairo_surface_flush(surface_.get());
        return box_ = box_of(path, radius);
    }
    uint8_t* row(int y) {
        return cairo_image_surface_get_data(surface_.get()) +
               y * cairo_image_surface_get_stride(surface_.get());
    }
    void clear() {
        for (int y = box_.top; y < box_.bottom; ++y)
            std::memset(row(y) + box_.left, 0, static_cast<size_t>(box_.right - box_.left));
        cairo_surface_mark_dirty(surface_.get());
    }

  private:
    std::unique_ptr<cairo_surface_t, void (*)(cairo_surface_t*)> surface_;
    std::unique_ptr<cairo_t, void (*)(cairo_t*)> cairo_;
    Box box_;

    static Box box_of(std::span<const Vec2> path, double radius) {
        Vec2 low = path[0], high = path[0];
        for (const Vec2 point : path) {
            low = {std::min(low.x, point.x), std::min(low.y, point.y)};
            high = {std::max(high.x, point.x), std::max(high.y, point.y)};
        }
        const auto pixel = [](double value, int most) {
            return static_cast<int>(std::clamp(value, 0.0, static_cast<double>(most)));
        };
        const double margin = radius + 2;
        Box box{pixel(low.x + field_origin.x - margin, width), pixel(low.y + field_origin.y - margin, height),
                pixel(high.x + field_origin.x + margin, width),
                pixel(high.y + field_origin.y + margin, height)};
        box.right = std::max(box.right, box.left);
        box.bottom = std::max(box.bottom, box.top);
        return box;
    }
};

// What comes through all that lies on top, by pixel.
class Cover {
  public:
    explicit Cover(double radius) : radius_(radius), light_(static_cast<size_t>(width * height), 1.0f) {}

    // Whether anything of it is seen, and then it covers the others.
    bool lay(std::span<const Vec2> path, float opacity) {
        const Box box = mask_.draw(path, radius_);
        float most = 0;
        for (int y = box.top; y < box.bottom; ++y) {
            const uint8_t* body = mask_.row(y);
            const float* light = light_.data() + y * width;
            for (int x = box.left; x < box.right; ++x)
                most = std::max(most, light[x] * static_cast<float>(body[x]));
        }
        const bool seen = most * opacity / 255 > seen_from;
        for (int y = box.top; seen && y < box.bottom; ++y) {
            const uint8_t* body = mask_.row(y);
            float* light = light_.data() + y * width;
            for (int x = box.left; x < box.right; ++x)
                light[x] *= 1 - opacity * static_cast<float>(body[x]) / 255;
        }
        mask_.clear();
        return seen;
    }

  private:
    Mask mask_;
    double radius_;
    std::vector<float> light_;
};

}  // namespace

std::vector<bool> hidden_shapes(const Scene& scene) {
    std::vector<bool> hidden(scene.shapes.size());
    Cover cover(scene.radius);
    for (size_t i = 0; i < scene.shapes.size(); ++i) {
        const Shape& shape = scene.shapes[i];
        if (shape.kind == ObjectKind::spinner) continue;
        const bool circle = cover.lay({&shape.start, 1}, 1);
        const bool body = !shape.path.empty() && cover.lay(shape.path, body_opacity);
        hidden[i] = !circle && !body;
    }
    return hidden;
}

}  // namespace osu
