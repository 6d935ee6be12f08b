// Beatmap's text side: lines, sections and the values of each section. A section a function; each returns
// what is wrong with the line, nullptr when nothing is.
#include "beatmap/beatmap.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/error.h"
#include "base/file.h"
#include "beatmap/hit_object_reader.h"
#include "beatmap/numbers.h"
#include "beatmap/timing.h"

namespace osu {

namespace {

constexpr size_t kept_warnings = 200;
constexpr int latest_version = 14;  // what the game assumes where the first line does not say
constexpr std::string_view magic = "osu file format v", byte_order_mark = "\xef\xbb\xbf";

const char* const no_number = "the value is not a number";
const char* const no_whole_number = "the value is not a whole number";
const char* const too_few_fields = "the line has too few fields";

class Reader {
  public:
    explicit Reader(Beatmap& map) : map_(map) {}
    void read();

  private:
    Beatmap& map_;
    Section section_ = Section::none;
    uint32_t line_ = 0;         // index of the line being read
    bool header_read_ = false;  // the first line that is not blank has been seen
    bool header_missing_ = false;
    bool has_sections_ = false;  // of those that a beatmap cannot do without
    bool has_approach_rate_ = false;
    int32_t default_sample_set_ = 0, default_volume_ = 100;

    void split_line(size_t begin, size_t end);
    void warn(std::string message);
    void read_header(std::string_view text);
    void read_line(std::string_view text);
    void open_section(std::string_view name);
    const char* general(std::string_view key, std::string_view value);
    const char* metadata(std::string_view key, std::string_view value);
    const char* difficulty(std::string_view key, std::string_view value);
    const char* event(std::string_view text);
    const char* timing_point(std::string_view text);
    const char* colour(std::string_view key, std::string_view value);
    void finish();
};

void Reader::read() {
    const std::string& text = map_.text;
    map_.lines.reserve(text.size() / 32 + 16);
    size_t begin = std::string_view(text).starts_with(byte_order_mark) ? byte_order_mark.size() : 0;
    while (begin < text.size()) {
        const void* feed = std::memchr(text.data() + begin, '\n', text.size() - begin);
        const size_t end =
            feed ? static_cast<size_t>(static_cast<const char*>(feed) - text.data()) : text.size();
        split_line(begin, feed && end > begin && text[end - 1] == '\r' ? end - 1 : end);
        begin = end + 1;
    }
    if (!header_read_ || (header_missing_ && !has_sections_))
        fail(Hint{"A beatmap is a text file that begins with 'osu file format v14'."}, "this is no beatmap");
    finish();
}

// A line without its line feed; a carriage return within it ends a line as well.
void Reader::split_line(size_t begin, size_t end) {
    const char* const text = map_.text.data();
    for (;;) {
        const void* found = std::memchr(text + begin, '\r', end - begin);
        const size_t stop = found ? static_cast<size_t>(static_cast<const char*>(found) - text) : end;
        line_ = static_cast<uint32_t>(map_.lines.size());
        map_.lines.push_back({static_cast<uint32_t>(begin), static_cast<uint32_t>(stop - begin), section_});
        read_line({text + begin, stop - begin});
        map_.lines.back().section = section_;
        if (!found) return;
        begin = stop + 1;
        if (begin == map_.text.size()) return;
    }
}

void Reader::warn(std::string message) {
    if (map_.warnings.size() < kept_warnings) map_.warnings.push_back({line_ + 1, std::move(message)});
    ++map_.warning_count;
}

void Reader::read_header(std::string_view text) {
    header_read_ = true;
    text = trim(text);
    if (text.starts_with(magic)) {
        int32_t version;
        if (text == magic) {
            map_.format_version = latest_version;
            return warn(fmt::format("'{}' has no number; the file is read as v{}", magic, latest_version));
        }
        if (!read_number(text.substr(text.rfind('v') + 1), version))
            fail("the first line, '{}', names no version of the format", to_utf8(text.substr(0, 60)));
        map_.format_version = version;
        return;
    }
    header_missing_ = true;
    map_.format_version = latest_version;
    warn(fmt::format("'{}…' is missing; the file is read as v{}", magic, latest_version));
}

void Reader::read_line(std::string_view text) {
    text = trim_end(text);
    if (text.empty()) return;
    if (!header_read_) read_header(text);
    if (text[0] == '/' || text[0] <= ' ')
        if (trim(text).starts_with("//")) return;
    if (section_ != Section::metadata) {  // where "//" may belong to a title
        for (size_t slash = text.find('/'); slash < text.size(); slash = text.find('/', slash + 1)) {
            if (!text.substr(slash).starts_with("//")) continue;
            text = trim_end(text.substr(0, slash));
            break;
        }
        if (text.empty()) return;
    }
    if (text.front() == '[' && text.back() == ']') return open_section(text.substr(1, text.size() - 2));

    const auto pair = [&](auto reader) {
        const size_t colon = std::min(text.find(':'), text.size());
        const std::string_view value = colon < text.size() ? text.substr(colon + 1) : std::string_view{};
        return (this->*reader)(trim(text.substr(0, colon)), trim(value));
    };
    const char* problem = nullptr;
    switch (section_) {
        case Section::none:
        case Section::general: problem = pair(&Reader::general); break;
        case Section::metadata: problem = pair(&Reader::metadata); break;
        case Section::difficulty: problem = pair(&Reader::difficulty); break;
        case Section::events: problem = event(text); break;
        case Section::timing_points: problem = timing_point(text); break;
        case Section::colours: problem = pair(&Reader::colour); break;
        case Section::hit_objects: problem = read_hit_object(text, line_, map_); break;
        case Section::editor:  // nothing that the game plays
        case Section::unknown: break;
    }
    if (problem) warn(problem);
}

void Reader::open_section(std::string_view name) {
    constexpr std::string_view names[] = {"General", "Editor",       "Metadata", "Difficulty",
                                          "Events",  "TimingPoints", "Colours",  "HitObjects"};
    name = trim(name);
    const auto found = std::find(std::begin(names), std::end(names), name);
    section_ = Section::unknown;
    if (found != std::end(names)) {
        section_ = static_cast<Section>(found - std::begin(names) + 1);
        has_sections_ |=
            section_ != Section::events && section_ != Section::colours;  // those stand in .osb files too
    } else if (name != "Variables" && name != "Fonts" && name != "CatchTheBeat" && name != "Mania") {
        warn(fmt::format("[{}] is no section of a beatmap", to_utf8(name.substr(0, 40))));
    }
}

std::string standard_path(std::string_view text) {
    std::string path = to_utf8(text);
    std::replace(path.begin(), path.end(), '\\', '/');
    return path;
}

const char* Reader::general(std::string_view key, std::string_view value) {
    int32_t number;
    float real;
    if (key == "AudioFilename") {
        map_.audio_filename = standard_path(value);
    } else if (key == "PreviewTime") {
        return read_number(value, map_.preview_time) ? nullptr : no_whole_number;
    } else if (key == "StackLeniency") {
        if (!read_number(value, real)) return no_number;
        map_.stack_leniency = real;
    } else if (key == "Mode") {
        if (!read_number(value, number) || number < 0 || number > 3) return "the mode is not 0, 1, 2 or 3";
        map_.mode = static_cast<GameMode>(number);
    } else if (key == "SampleSet") {
        constexpr std::string_view names[] = {"None", "Normal", "Soft", "Drum"};
        const auto found = std::find(std::begin(names), std::end(names), value);
        if (found != std::end(names))
            default_sample_set_ = static_cast<int32_t>(found - names);
        else if (!read_number(value, default_sample_set_))
            return "the sample set has no known name";
    } else if (key == "SampleVolume") {
        return read_number(value, default_volume_) ? nullptr : no_whole_number;
    }
    return nullptr;
}

const char* Reader::metadata(std::string_view key, std::string_view value) {
    Metadata& data = map_.metadata;
    const std::pair<std::string_view, std::string*> texts[] = {
        {"Title", &data.title},     {"TitleUnicode", &data.title_unicode},
        {"Artist", &data.artist},   {"ArtistUnicode", &data.artist_unicode},
        {"Creator", &data.creator}, {"Version", &data.version},
        {"Source", &data.source},   {"Tags", &data.tags}};
    for (const auto& [name, text] : texts)
        if (key == name) *text = to_utf8(value);
    const bool is_set = key == "BeatmapSetID";
    if (!is_set && key != "BeatmapID") return nullptr;
    int32_t id;
    if (!read_number(value, id)) return no_whole_number;
    (is_set ? data.set_id : data.beatmap_id) = id;
    return nullptr;
}

const char* Reader::difficulty(std::string_view key, std::string_view value) {
    Difficulty& data = map_.difficulty;
    const auto set = [&](auto& number) { return read_number(value, number) ? nullptr : no_number; };
    if (key == "HPDrainRate") return set(data.hp);
    if (key == "CircleSize") return set(data.cs);
    if (key == "OverallDifficulty") return set(data.od);
    if (key == "SliderMultiplier") return set(data.slider_multiplier);
    if (key == "SliderTickRate") return set(data.slider_tick_rate);
    if (key != "ApproachRate") return nullptr;
    const char* problem = set(data.ar);
    has_approach_rate_ |= problem == nullptr;
    return problem;
}

const char* Reader::event(std::string_view text) {
    Fields fields(text);
    std::string_view type, start, end;
    fields.next(type);
    type = trim(type);
    if (type != "2" && type != "Break") return nullptr;
    if (!fields.next(start) || !fields.next(end)) return too_few_fields;
    Break pause;
    if (!read_number(start, pause.start) || !read_number(end, pause.end)) return no_number;
    pause.end = std::max(pause.start, pause.end);
    map_.breaks.push_back(pause);
    return nullptr;
}

const char* Reader::timing_point(std::string_view text) {
    Fields fields(text);
    std::string_view time, beat_length, field;
    fields.next(time);
    if (!fields.next(beat_length)) return too_few_fields;
    TimingPoint point;
    point.line = line_;
    point.sample_set = default_sample_set_;
    point.volume = default_volume_;
    if (!read_number(time, point.time)) return "the time is not a number";
    if (!read_number(beat_length, point.beat_length, max_value, NaN::allowed))
        return "the beat length is not a number";
    int32_t effects = 0;
    if (fields.next(field)) {
        if (field.empty()) return "the metre is missing";
        if (field[0] != '0' && (!read_number(field, point.meter) || point.meter < 1))
            return "the metre is not a whole number above 0";
    }
    if (fields.next(field) && !read_number(field, point.sample_set))
        return "the sample set is not a whole number";
    if (fields.next(field) && !read_number(field, point.sample_index))
        return "the sample index is not a whole number";
    if (fields.next(field) && !read_number(field, point.volume)) return "the volume is not a whole number";
    if (fields.next(field)) {
        if (field.empty()) return "the field that tells red lines from green ones is empty";
        point.uninherited = field[0] == '1';
    }
    if (fields.next(field) && !read_number(field, effects)) return "the effects are not a whole number";
    point.effects = static_cast<uint8_t>(effects);
    if (point.uninherited && point.beat_length != point.beat_length)
        return "the beat length of a red line is NaN";
    map_.timing_points.push_back(point);
    return nullptr;
}

const char* Reader::colour(std::string_view key, std::string_view value) {
    Fields fields(value);
    int32_t part[4];
    int count = 0;
    for (std::string_view field; fields.next(field); ++count)
        if (count == 4 || !read_number(field, part[count]) || part[count] < 0 || part[count] > 255)
            return "the colour is not made of three numbers from 0 to 255";
    if (count < 3) return "the colour is not made of three numbers from 0 to 255";
    int32_t index;
    if (key.starts_with("Combo") && read_number(key.substr(5), index) && index >= 1 && index <= 8)
        map_.combo_colours.push_back(
            {static_cast<uint8_t>(part[0]), static_cast<uint8_t>(part[1]), static_cast<uint8_t>(part[2])});
    return nullptr;
}

void Reader::finish() {
    Difficulty& data = map_.difficulty;
    if (!has_approach_rate_) data.ar = data.od;
    const bool mania = map_.mode == GameMode::mania;  // there the circle size is the number of keys
    data.hp = std::clamp(data.hp, 0.0f, 10.0f);
    data.cs = mania ? std::clamp(data.cs, 1.0f, 18.0f) : std::clamp(data.cs, 0.0f, 10.0f);
    data.od = std::clamp(data.od, 0.0f, 10.0f);
    data.ar = std::clamp(data.ar, 0.0f, 10.0f);
    data.slider_multiplier = std::clamp(data.slider_multiplier, 0.4, 3.6);
    data.slider_tick_rate = std::clamp(data.slider_tick_rate, 0.5, 8.0);
    sort_timing_points(map_);
    const auto earlier = [](const HitObject& a, const HitObject& b) { return a.start_time < b.start_time; };
    if (!std::is_sorted(map_.objects.begin(), map_.objects.end(), earlier))
        std::stable_sort(map_.objects.begin(), map_.objects.end(), earlier);
    time_sliders(map_);
}

}  // namespace

std::string_view name_of(GameMode mode) {
    constexpr std::string_view names[] = {"osu!", "osu!taiko", "osu!catch", "osu!mania"};
    return names[std::min<size_t>(static_cast<size_t>(mode), 3)];
}

std::string_view Beatmap::line(uint32_t index) const {
    return std::string_view(text).substr(lines[index].offset, lines[index].length);
}

std::span<const Vec2> Beatmap::anchors_of(const HitObject& slider) const {
    return {anchors.data() + slider.first_anchor, slider.anchor_count};
}

std::span<const PathSegment> Beatmap::segments_of(const HitObject& slider) const {
    return {segments.data() + slider.first_segment, slider.segment_count};
}

Beatmap parse_beatmap(std::string text) {
    if (text.size() > beatmap_size_limit)
        fail("the map has {} bytes, more than the {} that can be right", text.size(), beatmap_size_limit);
    Beatmap map;
    map.encoding = encoding_of(text);
    map.text = map.encoding == Encoding::utf8 ? std::move(text) : from_utf16(text, map.encoding);
    Reader(map).read();
    return map;
}

Beatmap read_beatmap(const std::filesystem::path& path) {
    std::string text = read_file(path, beatmap_size_limit);
    try {
        return parse_beatmap(std::move(text));
    } catch (const Error& error) {
        throw Error(fmt::format("cannot read {}: {}", path.string(), error.what()), error.hint());
    }
}

}  // namespace osu
