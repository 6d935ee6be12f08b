#include "studio/scene.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "beatmap/combo.h"
#include "beatmap/game_positions.h"
#include "beatmap/numbers.h"
#include "studio/sounds.h"

namespace osu::studio {

using nlohmann::json;

namespace {

constexpr double whole_fade = 400, fade_from = 450;  // ms: below AR 10 and beyond, objects fade in faster
constexpr size_t most_bookmarks = 5000;

// 9.4 for the float next to it, as the file writes it, and not 9.399999618530273.
double shortest(float value) {
    double number = value;
    read_number(fmt::format("{}", value), number);
    return number;
}

json difficulty_of(const Difficulty& d) {
    const double preempt = approach_time(d), od = std::clamp(shortest(d.od), 0.0, 10.0);
    return {{"hp", shortest(d.hp)},
            {"cs", shortest(d.cs)},
            {"od", shortest(d.od)},
            {"ar", shortest(d.ar)},
            {"radius", 64.0 * circle_scale(d)},
            {"preempt", preempt},
            {"fadeIn", whole_fade * std::min(1.0, preempt / fade_from)},
            {"sliderMultiplier", d.slider_multiplier},
            {"tickRate", d.slider_tick_rate},
            {"hitWindows", {80 - 6 * od, 140 - 8 * od, 200 - 10 * od}}};
}

json timing_of(const Beatmap& map) {
    json timing = json::array();
    for (const uint32_t index : map.red_lines) {
        const TimingPoint& red = map.timing_points[index];
        timing.push_back({{"time", red.time},
                          {"beatLength", map.beat_length_at(red.time)},
                          {"meter", std::max(1, red.meter)}});
    }
    return timing;
}

json kiai_of(const Beatmap& map, double length) {
    json spans = json::array();
    const auto& points = map.timing_points;
    for (size_t i = 0; i < points.size(); ++i) {
        if (!(points[i].effects & 1)) continue;
        const double end = i + 1 < points.size() ? points[i + 1].time : length;
        if (end <= points[i].time) continue;
        if (!spans.empty() && spans.back()[1] >= points[i].time)
            spans.back()[1] = end;
        else
            spans.push_back({points[i].time, end});
    }
    return spans;
}

json bookmarks_of(const Beatmap& map) {
    json marks = json::array();
    Fields fields(value_of(map, Section::editor, "Bookmarks"));
    double time = 0;
    for (std::string_view field; fields.next(field) && marks.size() < most_bookmarks;)
        if (read_number(field, time)) marks.push_back(time);
    return marks;
}

json objects_of(const Beatmap& map) {
    const std::vector<Combo> combos = combos_of(map);
    const SoundReader sounds(map);
    json objects = json::array();
    for (size_t i = 0; i < map.objects.size(); ++i) {
        const HitObject& object = map.objects[i];
        const bool slider = object.kind == ObjectKind::slider;
        json one{{"kind", slider                               ? "slider"
                          : object.kind == ObjectKind::spinner ? "spinner"
                                                               : "circle"},
                 {"time", object.start_time},
                 {"end", std::max(object.start_time, object.end_time)},
                 {"number", combos[i].number},
                 {"colour", combos[i].colour},
                 {"newCombo", !combos[i].follows}};
        const std::vector<double> ticks = ticks_of(map, object);
        if (slider) {
            one["spans"] = object.span_count;
            one["spanDuration"] = object.span_duration;
            one["ticks"] = ticks;
        }
        sounds.write(object, ticks, one);
        objects.push_back(std::move(one));
    }
    return objects;
}

double length_of(const Beatmap& map) {
    double end = 0;
    for (const HitObject& object : map.objects) end = std::max({end, object.start_time, object.end_time});
    return end;
}

std::string shown(const std::string& name) {
    return to_utf8(name);
}

}  // namespace

std::string background_of(const Beatmap& map) {
    for (uint32_t i = 0; i < map.lines.size(); ++i) {
        if (map.lines[i].section != Section::events) continue;
        Fields fields(map.line(i));
        std::string_view kind, time, file;
        if (!fields.next(kind) || !fields.next(time) || !fields.next(file)) continue;
        if (trim(kind) != "0" && trim(kind) != "Background") continue;
        file = trim(file);
        if (file.size() >= 2 && file.front() == '"' && file.back() == '"')
            file = file.substr(1, file.size() - 2);
        return std::string(file);
    }
    return {};
}

json scene_of(const Beatmap& map) {
    const Metadata& about = map.metadata;
    const double length = length_of(map);
    json colours = json::array(), breaks = json::array();
    for (const Colour c : combo_colours(map))
        colours.push_back(fmt::format("#{:02x}{:02x}{:02x}", c.red, c.green, c.blue));
    for (const Break& pause : map.breaks) breaks.push_back({pause.start, pause.end});
    return {{"title", shown(about.title.empty() ? about.title_unicode : about.title)},
            {"artist", shown(about.artist.empty() ? about.artist_unicode : about.artist)},
            {"titleUnicode", shown(about.title_unicode)},
            {"artistUnicode", shown(about.artist_unicode)},
            {"creator", shown(about.creator)},
            {"version", shown(about.version)},
            {"beatmapId", about.beatmap_id},
            {"setId", about.set_id},
            {"formatVersion", map.format_version},
            {"difficulty", difficulty_of(map.difficulty)},
            {"previewTime", map.preview_time},
            {"length", length},
            {"comboColours", std::move(colours)},
            {"timing", timing_of(map)},
            {"kiai", kiai_of(map, length)},
            {"breaks", std::move(breaks)},
            {"bookmarks", bookmarks_of(map)},
            {"objects", objects_of(map)}};
}

}  // namespace osu::studio
