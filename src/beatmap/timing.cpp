#include "beatmap/timing.h"

#include <algorithm>
#include <cmath>

#include "beatmap/slider_path.h"

namespace osu {

namespace {

double effective_beat_length(const TimingPoint& red) {
    return std::clamp(red.beat_length, 6.0, 60000.0);
}

// The last of `lines` at or before a time; lines.size() when there is none.
size_t last_until(const Beatmap& map, const std::vector<uint32_t>& lines, double time) {
    const auto after = std::upper_bound(lines.begin(), lines.end(), time, [&](double t, uint32_t index) {
        return t < map.timing_points[index].time;
    });
    return after == lines.begin() ? lines.size() : static_cast<size_t>(after - lines.begin()) - 1;
}

// px from head to end. The game does not lengthen a path that ends in two equal points, so there the file's
// pixel length is not to be trusted, and a path of one point has none (duplicate-last-position-slider,
// zero-length-sliders).
double slider_length(const Beatmap& map, const HitObject& slider) {
    const auto anchors = map.anchors_of(slider);
    if (anchors.size() < 2) return 0;
    if (slider.pixel_length > 0 && anchors.back() != anchors[anchors.size() - 2]) return slider.pixel_length;
    return SliderPath(map, slider).length();
}

}  // namespace

double TimingPoint::velocity_multiplier() const {
    return beat_length < 0 ? std::clamp(100 / -beat_length, 0.1, 10.0) : 1;  // NaN: 1
}

double Beatmap::beat_length_at(double time) const {
    if (red_lines.empty()) return 1000;
    const size_t index = last_until(*this, red_lines, time);
    return effective_beat_length(timing_points[red_lines[index < red_lines.size() ? index : 0]]);
}

double Beatmap::velocity_multiplier_at(double time) const {
    const size_t index = last_until(*this, velocity_lines, time);
    return index < velocity_lines.size() ? timing_points[velocity_lines[index]].velocity_multiplier() : 1;
}

void sort_timing_points(Beatmap& map) {
    const auto earlier = [](const TimingPoint& a, const TimingPoint& b) { return a.time < b.time; };
    auto& points = map.timing_points;
    if (!std::is_sorted(points.begin(), points.end(), earlier))
        std::stable_sort(points.begin(), points.end(), earlier);
    for (uint32_t first = 0, end = 0; first < points.size(); first = end) {
        uint32_t first_red = UINT32_MAX, red = UINT32_MAX, green = UINT32_MAX;
        for (end = first; end < points.size() && points[end].time == points[first].time; ++end) {
            (points[end].uninherited ? red : green) = end;
            if (first_red == UINT32_MAX) first_red = red;
        }
        if (red != UINT32_MAX) map.red_lines.push_back(red);
        map.velocity_lines.push_back(green != UINT32_MAX ? green : first_red);
    }
}

void time_sliders(Beatmap& map) {
    size_t red = 0, velocity = 0;  // how many lines have begun: objects are in time order
    const auto advance = [&](const std::vector<uint32_t>& lines, size_t& count, double time) {
        while (count < lines.size() && map.timing_points[lines[count]].time <= time) ++count;
    };
    for (HitObject& slider : map.objects) {
        if (slider.kind != ObjectKind::slider) continue;
        advance(map.red_lines, red, slider.start_time);
        advance(map.velocity_lines, velocity, slider.start_time);
        const double beat_length =
            map.red_lines.empty()
                ? 1000
                : effective_beat_length(map.timing_points[map.red_lines[red ? red - 1 : 0]]);
        if (velocity)
            slider.slider_velocity =
                map.timing_points[map.velocity_lines[velocity - 1]].velocity_multiplier();
        // The old client rounds the multiplier's inverse to a float on the way, and the game keeps that.
        const double stretch =
            std::clamp(static_cast<float>(100 / slider.slider_velocity), 10.0f, 1000.0f) / 100.0;
        const double px_per_ms = 100 * map.difficulty.slider_multiplier / (beat_length * stretch);
        const double length = slider_length(map, slider);
        slider.span_duration = length / px_per_ms;
        slider.end_time = slider.start_time + slider.span_count * length / px_per_ms;
    }
}

double tick_distance(const Beatmap& map, const HitObject& slider, double velocity) {
    // By a beat length that is no number maps say that sliders have no ticks.
    const size_t index = last_until(map, map.velocity_lines, slider.start_time);
    if (index < map.velocity_lines.size() &&
        std::isnan(map.timing_points[map.velocity_lines[index]].beat_length))
        return 0;
    const double distance =
        velocity * map.beat_length_at(slider.start_time) / map.difficulty.slider_tick_rate;
    // Before format 8 ticks keep their distance where green lines change the speed.
    return map.format_version < 8 ? distance / slider.slider_velocity : distance;
}

}  // namespace osu
