#include "sequence/fitted_timing.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "beatmap/numbers.h"
#include "sequence/line_edit.h"
#include "sequence/sequence.h"

namespace osu {
namespace {

constexpr double slowest = 0.1, fastest = 10;  // multipliers that the game knows
// Steps a millisecond of a green line's beat length: a power of two, so that single precision holds it
// exactly.
constexpr double beat_length_steps = 1024;
constexpr uint8_t kiai = 1;  // the other effects belong to red lines
constexpr int rounding_steps = 64;

bool before(double time, const TimingPoint& point) {
    return time < point.time;
}

}  // namespace

// The line whose velocity and samples count at a time; none before the first.
const TimingPoint* FittedTiming::in_force(double time) const {
    const auto& lines = source_.velocity_lines;
    const auto after = std::upper_bound(lines.begin(), lines.end(), time, [&](double t, uint32_t line) {
        return before(t, source_.timing_points[line]);
    });
    return after == lines.begin() ? nullptr : &source_.timing_points[*(after - 1)];
}

bool FittedTiming::can_fit(uint32_t object) const {
    const auto begins_with = [&](const HitObject& other) {
        return other.kind == ObjectKind::slider && other.start_time == source_.objects[object].start_time;
    };
    if (source_.timing_points.empty()) return false;
    const auto anchors = source_.anchors_of(source_.objects[object]);
    if (anchors.size() < 2 || anchors.back() == anchors[anchors.size() - 2]) return false;
    for (uint32_t i = object; i-- > 0 && source_.objects[i].start_time == source_.objects[object].start_time;)
        if (begins_with(source_.objects[i])) return false;
    for (uint32_t i = object + 1; i < source_.objects.size(); ++i) {
        if (source_.objects[i].start_time != source_.objects[object].start_time) break;
        if (begins_with(source_.objects[i])) return false;
    }
    const TimingPoint* point = in_force(source_.objects[object].start_time);
    return !point || !std::isnan(point->beat_length);
}

double FittedTiming::nearest_length(uint32_t object, double length, double wanted) const {
    const double velocity = source_.objects[object].slider_velocity;
    const double most =
        std::min(length * (fastest / velocity), max_coordinate);  // beyond it the game drops the slider
    return std::clamp(wanted, length * (slowest / velocity), std::max(length, most));
}

double FittedTiming::fit(uint32_t object, double length, double wanted) {
    const HitObject& slider = source_.objects[object];
    const double velocity = slider.slider_velocity * nearest_length(object, length, wanted) / length;
    const double rounded = std::nearbyint(-100 / velocity * beat_length_steps) / beat_length_steps;
    const double new_velocity = TimingPoint{.beat_length = rounded}.velocity_multiplier();
    fits_.push_back({object, fmt::format("{}", rounded)});

    // The neighbouring number that gives the same whole milliseconds. (The game's own rounding of the
    // source's velocity to a float, a ten-millionth of the duration, is not carried over.)
    const double whole = whole_duration(source_, slider, length, slider.slider_velocity);
    const double exact = length * (new_velocity / slider.slider_velocity);
    double up = exact, down = exact;
    for (int i = 0; i < rounding_steps; ++i) {
        if (whole_duration(source_, slider, up, new_velocity) == whole) return up;
        if (whole_duration(source_, slider, down, new_velocity) == whole) return down;
        up = std::nextafter(up, INFINITY), down = std::nextafter(down, 0);
    }
    return exact;
}

// The first moment behind the slider at which the velocity of the source must be in force again.
double FittedTiming::restore_time(size_t fit) const {
    const HitObject& slider = source_.objects[fits_[fit].object];
    double time = std::floor(std::max(slider.start_time, slider.end_time)) + 1;
    const auto& points = source_.timing_points;
    const auto next_point = std::upper_bound(points.begin(), points.end(), slider.start_time, before);
    if (next_point != points.end()) time = std::min(time, next_point->time);
    for (size_t i = fits_[fit].object + 1; i < source_.objects.size(); ++i) {
        if (source_.objects[i].start_time > time) break;
        if (source_.objects[i].kind == ObjectKind::slider)
            return std::min(time, source_.objects[i].start_time);
    }
    return time;
}

std::string FittedTiming::green_line(const TimingPoint* model, double time,
                                     const std::string& beat_length) const {
    const TimingPoint& point = model ? *model : source_.timing_points.front();
    const int effects = model ? point.uninherited ? point.effects & kiai : point.effects : 0;
    return fmt::format("{},{},{},{},{},{},0,{}", time, beat_length, point.meter, point.sample_set,
                       point.sample_index, point.volume, effects);
}

// Behind the last line that is not later.
void FittedTiming::insert(Rewrite& rewrite, double time, std::string line) const {
    const auto& points = source_.timing_points;
    const auto next = std::upper_bound(points.begin(), points.end(), time, before);
    rewrite.insert_before(next == points.begin() ? next->line : (next - 1)->line + 1, std::move(line));
}

void FittedTiming::write(Rewrite& rewrite) const {
    for (size_t i = 0; i < fits_.size(); ++i) {
        const double start = source_.objects[fits_[i].object].start_time;
        const TimingPoint* model = in_force(start);
        // Shortest digits that read as the same number: the sliders behind keep their times to the last bit.
        const std::string old_beat_length =
            model && model->beat_length < 0 ? fmt::format("{}", model->beat_length) : "-100";
        if (model && !model->uninherited && model->time == start) {
            const std::string_view line = source_.line(model->line);
            Fields fields(without_comment(line));
            std::string_view field;
            fields.next(field), fields.next(field);
            LineEdit edit(line);
            edit.replace(trim(field), fits_[i].beat_length);
            rewrite.replace(model->line, edit.text());
        } else {
            insert(rewrite, start, green_line(model, start, fits_[i].beat_length));
        }
        const double end = restore_time(i);
        const auto& points = source_.timing_points;
        const auto next = std::upper_bound(points.begin(), points.end(), start, before);
        const bool sets_itself = next != points.end() && next->time == end;
        const bool next_is_fitted =
            i + 1 < fits_.size() && source_.objects[fits_[i + 1].object].start_time == end;
        if (!sets_itself && !next_is_fitted) insert(rewrite, end, green_line(model, end, old_beat_length));
    }
}

}  // namespace osu
