// An animation as a GIF: one palette for all frames, and of each frame only the rectangle that changed, in
// which unchanged pixels are transparent. Scenes are drawn twice, once to count colours and once to write, so
// that memory holds two frames however many there are.
#include <algorithm>
#include <memory>

#include <gif_lib.h>

#include "base/error.h"
#include "base/file.h"
#include "picture/canvas.h"
#include "picture/painter.h"
#include "picture/palette.h"
#include "picture/picture.h"

namespace osu {

namespace {

constexpr int transparent = 255;
constexpr int last_delay = 200;            // hundredths of a second
constexpr double largest_gif_side = 8192;  // px; the format ends at 65535, viewers long before

struct Rectangle {
    int x = 0, y = 0, width = 1, height = 1;
};

using Indices = std::vector<uint8_t>;

class GifWriter {
  public:
    GifWriter(int width, int height, std::span<const Colour> palette) : width_(width), height_(height) {
        int error = 0;
        gif_ = EGifOpen(&encoded_, append, &error);
        if (!gif_) fail("cannot begin a GIF: {}", reason(error));
        EGifSetGifVersion(gif_, true);
        GifColorType colours[256] = {};
        for (size_t i = 0; i < palette.size(); i++)
            colours[i] = {palette[i].red, palette[i].green, palette[i].blue};
        const std::unique_ptr<ColorMapObject, decltype(&GifFreeMapObject)> map(GifMakeMapObject(256, colours),
                                                                               &GifFreeMapObject);
        check(map && EGifPutScreenDesc(gif_, width, height, 8, 0, map.get()) == GIF_OK);
        repeat_for_ever();
    }
    ~GifWriter() {
        if (gif_) EGifCloseFile(gif_, nullptr);
    }
    GifWriter(const GifWriter&) = delete;
    GifWriter& operator=(const GifWriter&) = delete;

    void frame(const Indices& pixels, const Indices& before, int delay) {
        const Rectangle changed =
            before.empty() ? Rectangle{0, 0, width_, height_} : difference(pixels, before);
        GraphicsControlBlock control{DISPOSE_DO_NOT, false, delay,
                                     before.empty() ? NO_TRANSPARENT_COLOR : transparent};
        GifByteType extension[4];
        EGifGCBToExtension(&control, extension);
        check(EGifPutExtension(gif_, GRAPHICS_EXT_FUNC_CODE, 4, extension) == GIF_OK);
        check(EGifPutImageDesc(gif_, changed.x, changed.y, changed.width, changed.height, false, nullptr) ==
              GIF_OK);
        Indices line(static_cast<size_t>(changed.width));
        for (int y = changed.y; y < changed.y + changed.height; y++) {
            const size_t row = static_cast<size_t>(y) * width_ + changed.x;
            for (int x = 0; x < changed.width; x++) {
                const bool same = !before.empty() && pixels[row + x] == before[row + x];
                line[x] = same ? transparent : pixels[row + x];
            }
            check(EGifPutLine(gif_, line.data(), changed.width) == GIF_OK);
        }
    }

    std::string finish() {
        int error = 0;
        if (EGifCloseFile(std::exchange(gif_, nullptr), &error) != GIF_OK)
            fail("cannot end a GIF: {}", reason(error));
        return std::move(encoded_);
    }

  private:
    static int append(GifFileType* gif, const GifByteType* data, int size) {
        try {
            static_cast<std::string*>(gif->UserData)->append(reinterpret_cast<const char*>(data), size);
            return size;
        } catch (const std::bad_alloc&) {  // must not unwind through giflib
            return 0;
        }
    }

    static const char* reason(int error) {
        const char* text = GifErrorString(error);
        return text ? text : "unknown reason";
    }

    void check(bool done) const {
        if (!done) fail("cannot write a GIF: {}", reason(gif_->Error));
    }

    void repeat_for_ever() {
        const GifByteType count[] = {1, 0, 0};
        check(EGifPutExtensionLeader(gif_, APPLICATION_EXT_FUNC_CODE) == GIF_OK &&
              EGifPutExtensionBlock(gif_, 11, "NETSCAPE2.0") == GIF_OK &&
              EGifPutExtensionBlock(gif_, 3, count) == GIF_OK && EGifPutExtensionTrailer(gif_) == GIF_OK);
    }

    // The smallest rectangle around all changes; one pixel where there is none, since a frame must have one.
    Rectangle difference(const Indices& pixels, const Indices& before) const {
        int left = width_, right = -1, top = height_, bottom = -1;
        for (int y = 0; y < height_; y++) {
            const auto row = pixels.begin() + static_cast<ptrdiff_t>(y) * width_;
            const auto old = before.begin() + static_cast<ptrdiff_t>(y) * width_;
            const auto first = std::mismatch(row, row + width_, old).first;
            if (first == row + width_) continue;
            left = std::min(left, static_cast<int>(first - row));
            int last = width_ - 1;
            while (row[last] == old[last]) last--;
            right = std::max(right, last);
            top = std::min(top, y);
            bottom = y;
        }
        if (right < 0) return {};
        return {left, top, right - left + 1, bottom - top + 1};
    }

    int width_, height_;
    std::string encoded_;
    GifFileType* gif_ = nullptr;
};

Canvas draw(const Scene& scene, double scale) {
    Canvas canvas(ImageFormat::memory, panel_width, panel_height, scale);
    paint_scene(canvas, scene, 0, 0);
    canvas.flush();
    return canvas;
}

void index_pixels(const Canvas& canvas, const PaletteIndex& index, Indices& pixels) {
    pixels.clear();
    for (int y = 0; y < canvas.pixel_height(); y++)
        for (const uint32_t pixel : canvas.row(y)) pixels.push_back(index[pixel]);
}

}  // namespace

void animate_beatmaps(size_t frames, const std::function<Beatmap(size_t)>& frame,
                      const PictureOptions& options, int delay_hundredths,
                      const std::filesystem::path& file) {
    if (file.extension() != ".gif")
        fail(Hint{"name the animation .gif"}, "cannot draw {}: an animation is a GIF", file.string());
    if (frames == 0) fail("there is no frame to draw in {}", file.string());
    if (panel_width * options.scale > largest_gif_side)
        fail(Hint{"choose a smaller scale"}, "an animation {:.0f} pixels wide is too large",
             panel_width * options.scale);
    std::vector<Scene> scenes;
    ColourCount colours;
    int width = 0, height = 0;
    for (size_t i = 0; i < frames; i++) {
        scenes.push_back(make_scene(frame(i), options));
        const Canvas canvas = draw(scenes.back(), options.scale);
        width = canvas.pixel_width(), height = canvas.pixel_height();
        for (int y = 0; y < height; y++) colours.add(canvas.row(y));
    }
    const std::vector<Colour> palette = colours.palette(transparent);
    const PaletteIndex index(colours, palette);
    GifWriter gif(width, height, palette);
    Indices before, pixels;
    for (size_t i = 0; i < frames; i++) {
        index_pixels(draw(scenes[i], options.scale), index, pixels);
        // Viewers slow frames shorter than two hundredths down to ten.
        gif.frame(pixels, before, i + 1 == frames ? last_delay : std::clamp(delay_hundredths, 2, 6000));
        before.swap(pixels);
    }
    write_file(file, gif.finish());
}

}  // namespace osu
