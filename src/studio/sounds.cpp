#include "studio/sounds.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "beatmap/numbers.h"
#include "beatmap/slider_path.h"
#include "beatmap/timing.h"

namespace osu::studio {

namespace {

constexpr double tick_margin = 10;         // ms before a span's end in which no tick comes
constexpr double tick_length_limit = 1e5;  // px of path that get ticks
constexpr size_t most_ticks = 2000;        // of a slider; only broken maps have more
constexpr double sample_leniency = 5;      // ms: a timing point so much later still says the sample
constexpr std::array<const char*, 4> set_names{"normal", "normal", "soft", "drum"};
enum HitSound : int { whistle = 2, finish = 4, clap = 8 };

// As the file numbers them: 0 for what something else decides.
struct Samples {
    int set = 0, addition = 0, index = 0, volume = 0;
    std::string file;
};

int number(Fields& fields) {
    std::string_view text;
    int32_t value = 0;
    return fields.next(text) && read_number(text, value) ? value : 0;
}

// "set:addition:index:volume:file".
Samples read_samples(std::string_view text) {
    Fields fields(trim(text), ':');
    Samples samples;
    samples.set = number(fields);
    samples.addition = number(fields);
    samples.index = number(fields);
    samples.volume = number(fields);
    std::string_view file;
    if (fields.next(file)) samples.file = to_utf8(trim(file));
    return samples;
}

const TimingPoint* sample_point(const Beatmap& map, double time) {
    const auto& points = map.timing_points;
    const auto after = std::upper_bound(points.begin(), points.end(), time + sample_leniency,
                                        [](double t, const TimingPoint& point) { return t < point.time; });
    if (after != points.begin()) return &*(after - 1);
    return points.empty() ? nullptr : &points.front();
}

int sound_set(int set) {
    return set >= 1 && set <= 3 ? set : 0;
}

// What the file says of an object's sound, field by field.
struct ObjectSound {
    Samples samples;
    std::vector<int> edge_sounds;
    std::vector<Samples> edge_samples;
};

ObjectSound read_sound(const Beatmap& map, const HitObject& object) {
    std::vector<std::string_view> fields;
    Fields reader(map.line(object.line));
    for (std::string_view field; reader.next(field);) fields.push_back(field);
    const auto field = [&](size_t i) { return i < fields.size() ? fields[i] : std::string_view(); };
    ObjectSound sound;
    if (object.kind == ObjectKind::spinner) {
        sound.samples = read_samples(field(6));
    } else if (object.kind != ObjectKind::slider) {
        sound.samples = read_samples(field(5));
    } else {
        sound.samples = read_samples(field(10));
        Fields sounds(field(8), '|'), sets(field(9), '|');
        if (!trim(field(8)).empty())
            for (std::string_view part; sounds.next(part);) {
                int32_t value = 0;
                read_number(part, value);
                sound.edge_sounds.push_back(value);
            }
        if (!trim(field(9)).empty())
            for (std::string_view part; sets.next(part);) sound.edge_samples.push_back(read_samples(part));
    }
    return sound;
}

// What is left open is decided by the timing point, then by the map.
nlohmann::json resolved(const Beatmap& map, int default_set, double time, const Samples& samples) {
    const TimingPoint* point = sample_point(map, time);
    int set = sound_set(samples.set);
    if (!set && point) set = sound_set(point->sample_set);
    if (!set) set = default_set;
    const int addition = sound_set(samples.addition);
    const int index = samples.index ? samples.index : point ? point->sample_index : 0;
    const int volume = samples.volume ? samples.volume : point ? point->volume : 100;
    return {{"set", set_names[set]},
            {"addition", set_names[addition ? addition : set]},
            {"index", std::max(0, index)},
            {"volume", std::clamp(volume, 0, 100)}};
}

nlohmann::json hit(nlohmann::json sound, double time, int bits, const std::string& file) {
    sound["time"] = time;
    sound["whistle"] = (bits & whistle) != 0;
    sound["finish"] = (bits & finish) != 0;
    sound["clap"] = (bits & clap) != 0;
    if (!file.empty()) sound["file"] = file;
    return sound;
}

}  // namespace

std::string_view value_of(const Beatmap& map, Section section, std::string_view key) {
    for (uint32_t i = 0; i < map.lines.size(); ++i) {
        if (map.lines[i].section != section) continue;
        const std::string_view line = map.line(i);
        const size_t colon = line.find(':');
        if (colon != std::string_view::npos && trim(line.substr(0, colon)) == key)
            return trim(line.substr(colon + 1));
    }
    return {};
}

std::vector<double> ticks_of(const Beatmap& map, const HitObject& slider) {
    std::vector<double> ticks;
    const double span = slider.span_duration;
    if (slider.kind != ObjectKind::slider || !(span > 0)) return ticks;
    const double length = std::min(
        tick_length_limit, slider.pixel_length > 0 ? slider.pixel_length : SliderPath(map, slider).length());
    const double velocity = length / span, end = length - tick_margin * velocity;
    const double step = std::min(tick_distance(map, slider, velocity), length);
    if (!(step > 0)) return ticks;
    for (int s = 0; s < slider.span_count; ++s) {
        const size_t first = ticks.size();
        for (double d = step; d < end && ticks.size() < most_ticks; d += step)
            ticks.push_back(slider.start_time + (s + (s % 2 ? 1 - d / length : d / length)) * span);
        if (s % 2) std::reverse(ticks.begin() + static_cast<std::ptrdiff_t>(first), ticks.end());
    }
    return ticks;
}

SoundReader::SoundReader(const Beatmap& map) : map_(map), default_set_(1) {
    const std::string_view name = value_of(map, Section::general, "SampleSet");
    if (equal_but_for_case(name, "Soft")) default_set_ = 2;
    if (equal_but_for_case(name, "Drum")) default_set_ = 3;
}

void SoundReader::write(const HitObject& object, const std::vector<double>& ticks,
                        nlohmann::json& json) const {
    const ObjectSound sound = read_sound(map_, object);
    const auto resolve = [&](double time, const Samples& samples) {
        return resolved(map_, default_set_, time, samples);
    };
    nlohmann::json sounds = nlohmann::json::array();
    if (object.kind != ObjectKind::slider) {
        const double time = object.kind == ObjectKind::spinner ? object.end_time : object.start_time;
        sounds.push_back(hit(resolve(time, sound.samples), time, object.hit_sound, sound.samples.file));
        json["sounds"] = std::move(sounds);
        return;
    }
    const int edges = static_cast<int>(std::min<size_t>(object.span_count + 1, most_ticks));
    for (size_t edge = 0; edge < static_cast<size_t>(edges); ++edge) {
        const double time = object.start_time + static_cast<double>(edge) * object.span_duration;
        Samples samples = sound.samples;
        if (edge < sound.edge_samples.size()) {
            samples.set = sound.edge_samples[edge].set;
            samples.addition = sound.edge_samples[edge].addition;
        }
        const int bits = edge < sound.edge_sounds.size() ? sound.edge_sounds[edge] : object.hit_sound;
        sounds.push_back(hit(resolve(time, samples), time, bits, ""));
    }
    json["sounds"] = std::move(sounds);
    if (!ticks.empty()) {
        nlohmann::json ticking = nlohmann::json::array();
        for (const double time : ticks) {
            nlohmann::json tick = resolve(time, sound.samples);
            tick["time"] = time;
            tick["tick"] = true;
            ticking.push_back(std::move(tick));
        }
        json["tickSounds"] = std::move(ticking);
    }
    nlohmann::json slide = resolve(object.start_time, sound.samples);
    slide.erase("addition");
    slide["whistle"] = (object.hit_sound & whistle) != 0;
    json["slide"] = std::move(slide);
}

}  // namespace osu::studio
