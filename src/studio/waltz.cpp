#include "studio/waltz.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <numbers>
#include <span>
#include <vector>

namespace osu::studio {

namespace {

constexpr double tail = 2500, longest = 600'000;  // ms of sound behind the last object, and in all
constexpr std::array melody_scale{57, 60, 62, 64, 67, 69,
                                  72, 74, 76, 79, 81, 84};  // A minor's five tones, as MIDI counts

struct Chord {
    int bass;
    std::array<int, 3> tones;
};
// Two times four bars: A minor, F, C, G; A minor, F, G, C.
constexpr std::array<Chord, 8> progression{{{45, {57, 60, 64}},
                                            {41, {57, 60, 65}},
                                            {48, {55, 60, 64}},
                                            {43, {55, 59, 62}},
                                            {45, {57, 60, 64}},
                                            {41, {57, 60, 65}},
                                            {43, {55, 59, 62}},
                                            {48, {55, 60, 64}}}};

// The partials of an instrument: loudness, and how much faster each fades than the one below.
struct Instrument {
    std::array<double, 4> partials;
    double fade;    // of the lowest, in s
    double attack;  // s
};
constexpr Instrument bass{{1, 0.5, 0.2, 0.08}, 0.7, 0.006};
constexpr Instrument strings{{1, 0.35, 0.25, 0.1}, 0.28, 0.012};
constexpr Instrument bells{{1, 0.12, 0.3, 0.06}, 0.55, 0.003};

class Sound {
  public:
    explicit Sound(double length) : samples_(static_cast<size_t>(length / 1000 * waltz_rate)) {}

    // Each partial turns a vector about a circle, which is a sine without its cost.
    void play(const Instrument& instrument, double time, int note, double volume) {
        const double frequency = 440 * std::pow(2, (note - 69) / 12.0);
        const auto first = static_cast<int64_t>(time / 1000 * waltz_rate);
        for (size_t p = 0; p < instrument.partials.size(); ++p) {
            const double fade = instrument.fade / (1 + 0.8 * static_cast<double>(p));
            const auto count = static_cast<int64_t>(5 * fade * waltz_rate);
            const double turn = 2 * std::numbers::pi * frequency * static_cast<double>(p + 1) / waltz_rate;
            const auto cosine = static_cast<float>(std::cos(turn)), sine = static_cast<float>(std::sin(turn));
            const auto decay = static_cast<float>(std::exp(-1 / (fade * waltz_rate)));
            const float rise = static_cast<float>(1 / (instrument.attack * waltz_rate));
            float x = static_cast<float>(volume * instrument.partials[p]), y = 0, attack = 0;
            for (int64_t i = first; i < first + count && i < static_cast<int64_t>(samples_.size()); ++i) {
                if (i >= 0) samples_[static_cast<size_t>(i)] += y * std::min(attack, 1.0f);
                attack += rise;
                const float turned = (x * cosine - y * sine) * decay;
                y = (x * sine + y * cosine) * decay;
                x = turned;
            }
        }
    }

    // A little of a hall: what was played comes again, softer, from a few walls.
    void add_hall() {
        for (const auto& [delay, share] : {std::pair(0.031, 0.18f), {0.047, 0.15f}, {0.083, 0.12f}}) {
            const auto back = static_cast<size_t>(delay * waltz_rate);
            for (size_t i = back; i < samples_.size(); ++i) samples_[i] += samples_[i - back] * share;
        }
    }

    std::span<const float> samples() const { return samples_; }

  private:
    std::vector<float> samples_;
};

bool in_kiai(const Beatmap& map, double time) {
    bool kiai = false;
    for (const TimingPoint& point : map.timing_points)
        if (point.time <= time + 1) kiai = point.effects & 1;
    return kiai;
}

size_t bar_at(const Beatmap& map, double time) {
    const TimingPoint* red = nullptr;
    for (const uint32_t index : map.red_lines)
        if (!red || map.timing_points[index].time <= time + 1) red = &map.timing_points[index];
    if (!red) return 0;
    const double bar = map.beat_length_at(red->time) * std::max(1, red->meter);
    return static_cast<size_t>(std::max(0.0, std::floor((time + 1 - red->time) / bar)));
}

// One on the bass, the others on the strings.
void play_beats(const Beatmap& map, double end, Sound& sound) {
    for (size_t r = 0; r < map.red_lines.size(); ++r) {
        const TimingPoint& red = map.timing_points[map.red_lines[r]];
        const double until =
            std::min(end, r + 1 < map.red_lines.size() ? map.timing_points[map.red_lines[r + 1]].time : end);
        const double beat = std::max(100.0, map.beat_length_at(red.time));
        const int meter = std::max(1, red.meter);
        int count = 0;
        for (double time = red.time; time < until; time += beat, ++count) {
            const Chord& chord = progression[bar_at(map, time) % progression.size()];
            const double loud = in_kiai(map, time) ? 1.25 : 1;
            if (count % meter == 0) {
                sound.play(bass, time, chord.bass, 0.5 * loud);
                continue;
            }
            for (const int tone : chord.tones) sound.play(strings, time, tone, 0.13 * loud);
        }
    }
}

int tone_at(float y) {
    const double height = 1 - std::clamp(y / playfield_size.y, 0.0f, 1.0f);
    const double last = melody_scale.size() - 1.0;
    return melody_scale[static_cast<size_t>(std::lround(height * last))];
}

void play_melody(const Beatmap& map, double end, Sound& sound) {
    for (const HitObject& object : map.objects) {
        const double loud = in_kiai(map, object.start_time) ? 0.42 : 0.34;
        const int octave = in_kiai(map, object.start_time) ? 12 : 0;
        if (object.kind == ObjectKind::spinner) continue;
        const int spans = object.kind == ObjectKind::slider ? std::min(object.span_count, 16) : 0;
        for (int i = 0; i <= spans; ++i) {
            const double time = object.start_time + i * object.span_duration;
            const auto anchors = map.anchors_of(object);
            const Vec2 place = i % 2 == 1 && !anchors.empty() ? anchors.back() : object.position;
            if (time < end) sound.play(bells, time, tone_at(place.y) + octave, loud * (i ? 0.6 : 1));
        }
    }
}

template <class Value>
void put(std::string& bytes, Value value) {  // little-endian, as this machine's
    char raw[sizeof value];
    std::memcpy(raw, &value, sizeof value);
    bytes.append(raw, sizeof value);
}

std::string as_wav(std::span<const float> samples) {
    float most = 1e-6f;
    for (const float value : samples) most = std::max(most, std::abs(value));
    const auto bytes = static_cast<uint32_t>(samples.size() * 2);
    std::string wav = "RIFF";
    put(wav, uint32_t{36 + bytes});
    wav += "WAVEfmt ";
    put(wav, uint32_t{16});
    put(wav, uint16_t{1});  // whole numbers
    put(wav, uint16_t{1});  // mono
    put(wav, uint32_t{waltz_rate});
    put(wav, uint32_t{waltz_rate * 2});
    put(wav, uint16_t{2});
    put(wav, uint16_t{16});
    wav += "data";
    put(wav, bytes);
    for (const float value : samples) put(wav, static_cast<int16_t>(std::lround(value / most * 30000)));
    return wav;
}

}  // namespace

std::string synthesise_waltz(const Beatmap& map) {
    double end = 0;
    for (const HitObject& object : map.objects) end = std::max(end, object.end_time);
    end = std::min(end, longest - tail);
    Sound sound(end + tail);
    play_beats(map, end, sound);
    play_melody(map, end, sound);
    sound.add_hall();
    return as_wav(sound.samples());
}

}  // namespace osu::studio
