// What a picture shows of a map: the objects of a range of time, placed, coloured and numbered as in the
// game. It stands apart from the drawing so that an animation can keep many scenes and draw each twice.
#pragma once

#include <string>
#include <vector>

#include "beatmap/beatmap.h"
#include "picture/picture.h"

namespace osu {

struct Shape {
    ObjectKind kind = ObjectKind::circle;
    Vec2 start, end;                      // where it is hit and where it is left; stacked, osu! pixels
    double start_time = 0, end_time = 0;  // ms
    Colour colour;
    int number = 1;          // in its combo
    bool follows = false;    // the shape before it belongs to the same combo
    int32_t span_count = 1;  // sliders
    std::vector<Vec2> path;  // of a slider's first span
};

struct BeatMark {
    double time = 0;
    bool downbeat = false;
};

struct Span {
    double from = 0, to = 0;  // ms
};

struct Scene {
    double radius = 0;                   // of a circle, osu! pixels
    double from = 0, width = 0;          // ms
    std::string title, version, detail;  // of the caption: its first line in two parts, its second
    std::vector<Shape> shapes;           // in the order of time
    std::vector<BeatMark> beats;
    std::vector<Span> kiai;
};

Scene make_scene(const Beatmap& map, const PictureOptions& options);

// As an editor shows it: minutes:seconds.milliseconds.
std::string clock_time(double milliseconds);

}  // namespace osu
