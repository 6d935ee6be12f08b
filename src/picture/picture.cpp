#include "picture/picture.h"

#include <cmath>

#include "base/error.h"
#include "picture/canvas.h"
#include "picture/painter.h"

namespace osu {

double picture_start(const Beatmap& map, double width) {
    const double preview = map.preview_time;
    for (const HitObject& object : map.objects)
        if (object.start_time >= preview && object.start_time < preview + width && preview > 0)
            return preview;
    return map.objects.empty() ? 0 : map.objects.front().start_time;
}

void draw_beatmap(const Beatmap& map, const PictureOptions& options, const std::filesystem::path& file) {
    const ImageFormat format = image_format(file);
    const Scene scene = make_scene(map, options);
    Canvas canvas(format, panel_width, panel_height, options.scale);
    paint_scene(canvas, scene, 0, 0);
    canvas.save(file);
}

void draw_comparison(std::span<const Beatmap* const> maps, std::span<const std::string> captions,
                     const PictureOptions& options, const std::filesystem::path& file) {
    const ImageFormat format = image_format(file);
    if (maps.empty()) fail("there is no map to draw in {}", file.string());
    // Up to three in one row, more in a block that is about as wide as high.
    const size_t columns = maps.size() <= 3
                               ? maps.size()
                               : static_cast<size_t>(std::ceil(std::sqrt(static_cast<double>(maps.size()))));
    const size_t rows = (maps.size() + columns - 1) / columns;
    Canvas canvas(format, panel_width * static_cast<double>(columns),
                  panel_height * static_cast<double>(rows), options.scale);
    for (size_t i = 0; i < maps.size(); i++) {
        PictureOptions panel = options;
        panel.caption = i < captions.size() ? captions[i] : "";
        paint_scene(canvas, make_scene(*maps[i], panel), panel_width * static_cast<double>(i % columns),
                    panel_height * static_cast<double>(i / columns));
    }
    canvas.save(file);
}

}  // namespace osu
