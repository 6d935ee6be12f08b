#include "picture/scene.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/error.h"
#include "beatmap/combo.h"
#include "beatmap/game_positions.h"
#include "beatmap/slider_path.h"
#include "picture/fonts.h"

namespace osu {

namespace {

constexpr size_t most_shapes = 20000;  // a picture of more is a blot; broken maps have millions
constexpr size_t most_beats = 256;     // more would be a grey bar

// Far beyond the playfield nothing is seen; cairo's coordinates and dashes want to stay small.
Vec2 near_field(Vec2 point) {
    const auto limit = [](float value) {
        return std::isfinite(value) ? std::clamp(value, -3000.0f, 3500.0f) : 0.0f;
    };
    return {limit(point.x), limit(point.y)};
}

Shape make_shape(const Beatmap& map, const HitObject& object, Vec2 stacked) {
    Shape shape;
    shape.kind = object.kind;
    shape.start = shape.end = near_field(object.position + stacked);
    shape.start_time = object.start_time;
    shape.end_time = std::max(object.start_time, object.end_time);
    if (object.kind == ObjectKind::slider) {
        const SliderPath path(map, object);
        shape.span_count = std::max(1, object.span_count);
        for (const Vec2 point : path.points()) shape.path.push_back(near_field(point + stacked));
        if (shape.path.empty()) shape.path.push_back(shape.start);
        shape.end = shape.span_count % 2 == 1 ? shape.path.back() : shape.path.front();
    }
    return shape;
}

void mark_beats(const Beatmap& map, Scene& scene) {
    const double to = scene.from + scene.width;
    const auto& points = map.timing_points;
    const auto is_red = [](const TimingPoint& point) { return point.uninherited; };
    auto red = std::find_if(points.begin(), points.end(), is_red);
    while (red != points.end() && red->time < to) {
        const auto next = std::find_if(red + 1, points.end(), is_red);
        const double end = next == points.end() ? to : std::min(to, next->time);
        const double beat = red->beat_length;
        // Maps put lines of absurd tempo to stop or blur the scroll; they are no rhythm.
        if (beat >= 20 && end > scene.from) {
            const double first = std::max(0.0, std::ceil((scene.from - red->time) / beat));
            for (double i = first; red->time + i * beat < end && scene.beats.size() < most_beats; i++)
                scene.beats.push_back({red->time + i * beat, std::fmod(i, std::max(1, red->meter)) == 0});
        }
        red = next;
    }
}

void mark_kiai(const Beatmap& map, Scene& scene) {
    const double to = scene.from + scene.width;
    const auto& points = map.timing_points;
    for (size_t i = 0; i < points.size(); i++) {
        if (!(points[i].effects & 1)) continue;
        const double end = i + 1 < points.size() ? points[i + 1].time : to;
        const Span span{std::max(points[i].time, scene.from), std::min(end, to)};
        if (span.to <= span.from) continue;
        if (!scene.kiai.empty() && scene.kiai.back().to >= span.from)
            scene.kiai.back().to = span.to;
        else
            scene.kiai.push_back(span);
    }
}

std::string counted(size_t count, const char* noun) {
    return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string describe(const Scene& scene) {
    size_t circles = 0, sliders = 0, spinners = 0;
    for (const Shape& shape : scene.shapes) {
        circles += shape.kind == ObjectKind::circle || shape.kind == ObjectKind::hold;
        sliders += shape.kind == ObjectKind::slider;
        spinners += shape.kind == ObjectKind::spinner;
    }
    std::string text = fmt::format("{} – {}", clock_time(scene.from), clock_time(scene.from + scene.width));
    if (circles) text += "  ·  " + counted(circles, "circle");
    if (sliders) text += "  ·  " + counted(sliders, "slider");
    if (spinners) text += "  ·  " + counted(spinners, "spinner");
    if (scene.shapes.empty()) text += "  ·  no objects";
    return text;
}

// As it is written in its own language where a font has that, romanised otherwise.
const std::string& shown_name(const std::string& own, const std::string& romanised) {
    return romanised.empty() || (!own.empty() && can_draw(own)) ? own : romanised;
}

}  // namespace

std::string clock_time(double milliseconds) {
    const double whole = std::clamp(std::round(milliseconds), -1e12, 1e12);
    const auto value = static_cast<int64_t>(std::abs(whole));
    return fmt::format("{}{}:{:02}.{:03}", whole < 0 ? "−" : "", value / 60000, value / 1000 % 60,
                       value % 1000);
}

Scene make_scene(const Beatmap& map, const PictureOptions& options) {
    if (!std::isfinite(options.from) || !std::isfinite(options.width) || options.width <= 0)
        fail(Hint{"give the width of the shown time in milliseconds, above 0"},
             "a picture from {} ms with a width of {} ms cannot be drawn", options.from, options.width);
    Scene scene;
    scene.radius = std::clamp(64.0 * circle_scale(map.difficulty), 2.0, 120.0);
    scene.from = options.from;
    scene.width = options.width;
    const std::vector<Combo> combos = combos_of(map);
    const std::vector<Colour> colours = combo_colours(map);
    const std::vector<Vec2> stacked = stack_offsets(map);
    for (size_t i = 0; i < map.objects.size(); i++) {
        const HitObject& object = map.objects[i];
        if (object.start_time < scene.from || object.start_time >= scene.from + scene.width) continue;
        if (scene.shapes.size() == most_shapes) break;
        Shape shape = make_shape(map, object, stacked[i]);
        shape.colour = colours[combos[i].colour];
        shape.number = combos[i].number;
        shape.follows = combos[i].follows && !scene.shapes.empty();
        scene.shapes.push_back(std::move(shape));
    }
    mark_beats(map, scene);
    mark_kiai(map, scene);
    const Metadata& about = map.metadata;
    const std::string& title = shown_name(about.title_unicode, about.title);
    const std::string& artist = shown_name(about.artist_unicode, about.artist);
    scene.title = options.caption.empty() ? fmt::format("{} – {}", artist, title) : options.caption;
    if (options.caption.empty()) scene.version = fmt::format(" [{}]", about.version);
    scene.detail = describe(scene);
    return scene;
}

}  // namespace osu
