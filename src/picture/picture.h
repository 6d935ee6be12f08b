// A beatmap as a picture: objects in the game's shapes and sizes, slider bodies, combo colours and numbers.
#pragma once

#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "beatmap/beatmap.h"

namespace osu {

struct PictureOptions {
    double from = 0, width = 2000;  // ms: objects that begin in [from, from + width)
    double scale = 2;               // picture pixels per osu! pixel
    std::string caption;            // empty: artist - title [version], and the time range
};

// Where a picture of this width begins when nobody says: the preview point if objects follow it, else the
// first object.
double picture_start(const Beatmap& map, double width);

// PNG or SVG by the name's extension (Error for another); written beside its place and renamed.
void draw_beatmap(const Beatmap& map, const PictureOptions& options, const std::filesystem::path& file);

// Several maps of one song side by side in one picture, the same time range, a caption each.
void draw_comparison(std::span<const Beatmap* const> maps, std::span<const std::string> captions,
                     const PictureOptions& options, const std::filesystem::path& file);

// A GIF, frame by frame: frame(i) gives the map to draw. hundredths of a second per frame; the last stays two
// seconds.
void animate_beatmaps(size_t frames, const std::function<Beatmap(size_t)>& frame,
                      const PictureOptions& options, int delay_hundredths, const std::filesystem::path& file);

// A chart of training: every curve raw and smoothed, loss on a logarithmic axis where its range wants one;
// PNG or SVG.
struct Curve {
    std::string name;
    std::vector<double> x, y;
};
void draw_chart(std::span<const Curve> curves, const std::string& title, const std::string& x_label,
                const std::string& y_label, const std::filesystem::path& file);

}  // namespace osu
