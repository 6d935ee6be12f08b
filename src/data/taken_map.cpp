#include "data/taken_map.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "beatmap/osz.h"
#include "beatmap/rewrite.h"
#include "data/digest.h"

namespace osu {

namespace fs = std::filesystem;

namespace {

// As in the game's database (osu-20210316.db): up to the last object, of a slider to its head.
int total_milliseconds(const Beatmap& map) {
    double last = 0;
    for (const HitObject& object : map.objects)
        last = std::max(last, object.kind == ObjectKind::slider ? object.start_time : object.end_time);
    constexpr double longest = 1e9;  // eleven days
    return static_cast<int>(std::clamp(last, -longest, longest));
}

TrackBeatmap facts_of(const Beatmap& map) {
    TrackBeatmap facts;
    facts.beatmap_id = std::max<int64_t>(0, map.metadata.beatmap_id);
    facts.ruleset = static_cast<int>(map.mode);
    facts.difficulty = map.metadata.version;
    for (const HitObject& object : map.objects) {
        if (object.kind == ObjectKind::circle) ++facts.circles;
        if (object.kind == ObjectKind::slider) ++facts.sliders;
        if (object.kind == ObjectKind::spinner) ++facts.spinners;
    }
    facts.total_time = total_milliseconds(map);
    facts.drain_time = drain_seconds(map);
    facts.cs = map.difficulty.cs;
    facts.ar = map.difficulty.ar;
    facts.od = map.difficulty.od;
    facts.hp = map.difficulty.hp;
    facts.slider_velocity = map.difficulty.slider_multiplier;
    facts.stack_leniency = static_cast<float>(map.stack_leniency);
    return facts;
}

// From a map, or from what the game's database says of it.
template <class Facts>
void describe_set(const Facts& facts, const std::string& audio, TrackMetadata& set) {
    set.artist = facts.artist;
    set.title = facts.title;
    set.creator = facts.creator;
    set.source = facts.source;
    set.tags = facts.tags;
    set.audio_file = "audio" + lower_extension(audio);
}

// What no file says.
void add_known_alone(const DatabaseBeatmap& known, TrackBeatmap& facts) {
    if (facts.beatmap_id <= 0) facts.beatmap_id = std::max<int64_t>(0, known.beatmap_id);
    facts.online_offset = known.online_offset;
    facts.ranked_status = static_cast<int>(known.status);
    for (size_t mode = 0; mode < known.stars.size(); ++mode)
        facts.stars[mode].insert(known.stars[mode].begin(), known.stars[mode].end());
}

// The database of before 2014 has whole difficulty values, and no stars.
void add_known(const DatabaseBeatmap& known, TakenMap& map) {
    TrackBeatmap& facts = map.facts;
    add_known_alone(known, facts);
    facts.beatmap_id = std::max<int64_t>(0, known.beatmap_id);
    facts.difficulty = known.version;
    facts.drain_time = known.drain_time;
    facts.total_time = known.total_time;
    facts.circles = known.circles;
    facts.spinners = known.spinners;
    facts.sliders = known.sliders;
    const bool with_stars =
        std::any_of(known.stars.begin(), known.stars.end(), [](const auto& s) { return !s.empty(); });
    if (with_stars) {
        facts.cs = known.cs;
        facts.ar = known.ar;
        facts.od = known.od;
        facts.hp = known.hp;
    }
    facts.slider_velocity = known.slider_velocity;
    facts.stack_leniency = known.stack_leniency;
    describe_set(known, known.audio_file, map.set);
}

std::string_view trim_left(std::string_view text, const char* what) {
    return text.substr(std::min(text.find_first_not_of(what), text.size()));
}

// Of [Events] the background, the breaks and comments stay: the rest is storyboard, its commands, and video.
bool is_storyboard(std::string_view line) {
    const std::string_view event = trim_left(line, " _\t");
    if (event.empty() || event.starts_with("//") || event.starts_with('[')) return false;
    const std::string_view type = event.substr(0, event.find(','));
    return type != "0" && type != "Background" && type != "2" && type != "Break";
}

std::string dataset_text(const Beatmap& map, int64_t beatmap_id, int64_t set_id) {
    Rewrite rewrite(map);
    // The reference's loader stops at a map without that section.
    if (std::none_of(map.lines.begin(), map.lines.end(),
                     [](const Line& line) { return line.section == Section::metadata; })) {
        rewrite.set_value(Section::metadata, "Version", map.metadata.version);
        return dataset_text(parse_beatmap(rewrite.utf8_text()), beatmap_id, set_id);
    }
    for (uint32_t i = 0; i < map.lines.size(); ++i)
        if (map.lines[i].section == Section::events && is_storyboard(map.line(i))) rewrite.remove(i);
    if (beatmap_id != map.metadata.beatmap_id && beatmap_id > 0)
        rewrite.set_value(Section::metadata, "BeatmapID", std::to_string(beatmap_id));
    if (set_id != map.metadata.set_id && set_id > 0)
        rewrite.set_value(Section::metadata, "BeatmapSetID", std::to_string(set_id));
    return rewrite.utf8_text();  // which is all that the reference's loader reads
}

// Where the file really is.
MapPlace resolve(const MapCandidate& candidate) {
    if (!candidate.known) return candidate.place;
    const DatabaseBeatmap& entry = candidate.known->entry;
    const fs::path& songs = candidate.known->songs;
    const fs::path file = find_named(songs, entry.folder + "/" + entry.osu_file);
    if (file.empty() || entry.osu_file.empty()) throw CannotTake("the file is missing", "");
    return {file.string(), {}};
}

Beatmap read_candidate(const MapCandidate& candidate, bool& changed) {
    std::string text;
    try {
        text = resolve(candidate).read(beatmap_size_limit);
    } catch (const Error& error) {
        throw CannotTake("cannot be read", error.what());
    }
    changed = !candidate.md5.empty() && md5_of(text) != candidate.md5;
    if (changed && !candidate.known) throw CannotTake("changed while it was read", "");
    if (changed && !candidate.known->take_changed) throw CannotTake(changed_since_database, "");
    try {
        Beatmap map = parse_beatmap(std::move(text));
        if (map.objects.empty())
            throw CannotTake("no hit objects",
                             map.warning_count ? fmt::format("bad lines: {}", map.warning_count) : "");
        return map;
    } catch (const Error& error) {
        throw CannotTake("not a beatmap", error.what());
    }
}

}  // namespace

Sequence finite_sequence(const Beatmap& map) {
    Sequence sequence = to_sequence(map);
    if (sequence.size() == 0) fail("no hit objects");
    for (size_t i = 0; i < sequence.size(); ++i)
        if (!std::isfinite(sequence.position[i].x) || !std::isfinite(sequence.position[i].y) ||
            !std::isfinite(sequence.time[i]))
            fail("datapoint {} has no finite place or time", i);
    return sequence;
}

TakenMap take_map(const MapCandidate& candidate, TakeSequence with_sequence) {
    bool changed = false;
    const Beatmap map = read_candidate(candidate, changed);
    TakenMap taken;
    taken.facts = facts_of(map);
    taken.facts.md5 = candidate.md5.empty() ? md5_of(Rewrite(map).text()) : candidate.md5;
    taken.set.set_id = candidate.set_id;
    describe_set(map.metadata, map.audio_filename, taken.set);
    // By the database's MD5 the map is known again at the next run, changed or not.
    if (changed)
        add_known_alone(candidate.known->entry, taken.facts);
    else if (candidate.known)
        add_known(candidate.known->entry, taken);
    if (with_sequence == TakeSequence::no) {
        taken.text = dataset_text(map, taken.facts.beatmap_id, taken.set.set_id);
        return taken;
    }
    try {
        taken.sequence = finite_sequence(map);
        taken.distance = distances(taken.sequence);
    } catch (const Error& error) {
        throw CannotTake("no sequence", error.what());
    }
    return taken;
}

std::optional<MapPlace> find_audio(const MapCandidate& candidate) {
    try {
        const MapPlace place = resolve(candidate);
        if (place.entry.empty() && lower_extension(place.file) != ".osu") return std::nullopt;
        const std::string name = parse_beatmap(place.read(beatmap_size_limit)).audio_filename;
        if (place.entry.empty()) {
            const fs::path file = find_named(fs::path(place.file).parent_path(), name);
            std::error_code ignored;
            if (file.empty() || !fs::is_regular_file(file, ignored)) return std::nullopt;
            return MapPlace{file.string(), {}};
        }
        const std::string folder = place.entry.substr(0, place.entry.rfind('/') + 1);
        const OszArchive archive(place.file);
        for (const OszEntry& entry : archive.entries())
            if (equal_but_for_case(entry.name, folder + name)) return MapPlace{place.file, entry.name};
    } catch (const std::exception&) {
    }
    return std::nullopt;
}

}  // namespace osu
