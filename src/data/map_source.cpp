#include "data/map_source.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>

#include <fmt/format.h>
#include <openssl/evp.h>

#include "base/error.h"
#include "base/file.h"
#include "beatmap/osz.h"
#include "beatmap/rewrite.h"

namespace osu {

namespace fs = std::filesystem;

namespace {

std::string lower(std::string text) {
    for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return text;
}

std::string extension_of(const fs::path& file) {
    return lower(file.extension().string());
}

std::string md5_of(std::string_view text) {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    if (EVP_Digest(text.data(), text.size(), digest, &size, EVP_md5(), nullptr) != 1)
        fail("MD5 is not available");
    std::string hex;
    for (unsigned i = 0; i < size; ++i) fmt::format_to(std::back_inserter(hex), "{:02x}", digest[i]);
    return hex;
}

// The game names folders and archives "SET_ID Artist - Title"; maps older than v10 do not know their set
// otherwise.
int64_t set_id_of_name(const std::string& name) {
    int64_t id = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), id);
    return error == std::errc() && end != name.data() + name.size() && *end == ' ' && id > 0 ? id : -1;
}

// Times as the game's database has them (osu-20210316.db): the total up to the last object, of a slider its
// head; the drain time from the first object's start to the last one's, without the breaks.
void fill_times(const Beatmap& map, TrackBeatmap& facts) {
    double last = 0;
    for (const HitObject& object : map.objects)
        last = std::max(last, object.kind == ObjectKind::slider ? object.start_time : object.end_time);
    double drain = map.objects.back().start_time - map.objects.front().start_time;
    for (const Break& pause : map.breaks) drain -= std::max(0.0, pause.end - pause.start);
    constexpr double longest = 1e9;  // ms; eleven days
    facts.total_time = static_cast<int>(std::clamp(last, -longest, longest));
    facts.drain_time = static_cast<int>(std::clamp(drain, 0.0, longest) / 1000);
}

TrackBeatmap facts_of(const Beatmap& map) {
    TrackBeatmap facts;
    facts.beatmap_id = std::max<int64_t>(0, map.metadata.beatmap_id);
    facts.ruleset = static_cast<int>(map.mode);
    facts.md5 = md5_of(map.text);
    facts.difficulty = map.metadata.version;
    for (const HitObject& object : map.objects) {
        if (object.kind == ObjectKind::circle) ++facts.circles;
        if (object.kind == ObjectKind::slider) ++facts.sliders;
        if (object.kind == ObjectKind::spinner) ++facts.spinners;
    }
    fill_times(map, facts);
    facts.cs = map.difficulty.cs;
    facts.ar = map.difficulty.ar;
    facts.od = map.difficulty.od;
    facts.hp = map.difficulty.hp;
    facts.slider_velocity = map.difficulty.slider_multiplier;
    facts.stack_leniency = static_cast<float>(map.stack_leniency);
    return facts;
}

MapCandidate candidate_of(const Beatmap& map, MapPlace place) {
    MapCandidate candidate;
    candidate.facts = facts_of(map);
    candidate.set_id = map.metadata.set_id > 0 ? map.metadata.set_id : -1;
    if (candidate.set_id < 0)
        candidate.set_id = set_id_of_name(place.entry.empty() ? place.file.parent_path().filename().string()
                                                              : place.file.filename().string());
    candidate.place = std::move(place);
    candidate.artist = map.metadata.artist;
    candidate.title = map.metadata.title;
    candidate.creator = map.metadata.creator;
    candidate.source = map.metadata.source;
    candidate.tags = map.metadata.tags;
    candidate.audio_file = "audio" + extension_of(map.audio_filename);
    candidate.density = static_cast<double>(map.objects.size()) / std::max(1, candidate.facts.drain_time);
    return candidate;
}

void examine_text(std::string text, MapPlace place, const std::set<GameMode>& modes, SourceMaps& maps) {
    const auto skip = [&](const char* reason, std::string detail) {
        maps.skipped.push_back({place.name(), reason, std::move(detail)});
    };
    try {
        const Beatmap map = parse_beatmap(std::move(text));
        if (!modes.count(map.mode))
            skip("another mode", fmt::format("mode {}", static_cast<int>(map.mode)));
        else if (map.objects.empty())
            skip("no hit objects", map.warning_count ? fmt::format("bad lines: {}", map.warning_count) : "");
        else
            maps.candidates.push_back(candidate_of(map, place));
    } catch (const std::exception& error) {
        skip("not a beatmap", error.what());
    }
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

std::string read_text(const MapPlace& place) {
    return place.entry.empty() ? read_file(place.file, beatmap_size_limit)
                               : OszArchive(place.file).read(place.entry);
}

}  // namespace

std::string MapPlace::name() const {
    return entry.empty() ? file.string() : file.string() + ":" + entry;
}

std::vector<fs::path> find_map_files(const std::vector<fs::path>& from, const fs::path& except) {
    const auto wanted = [](const fs::path& file) {
        const std::string extension = extension_of(file);
        return extension == ".osu" || extension == ".osz";
    };
    std::vector<fs::path> files;
    std::error_code error;
    for (const fs::path& root : from) {
        if (!fs::exists(root)) fail("{} does not exist", root.string());
        if (!fs::is_directory(root)) {
            if (!wanted(root)) fail("{} is neither a folder nor a .osu or .osz file", root.string());
            files.push_back(root);
            continue;
        }
        fs::recursive_directory_iterator walk(root, fs::directory_options::skip_permission_denied, error),
            end;
        if (error) fail("cannot read {}: {}", root.string(), error.message());
        for (; walk != end; walk.increment(error)) {
            std::error_code ignored;
            if (walk->is_directory(ignored)) {
                if (fs::equivalent(walk->path(), except, ignored)) walk.disable_recursion_pending();
            } else if (wanted(walk->path())) {
                files.push_back(walk->path());
            }
        }
        if (error) fail("cannot read below {}: {}", root.string(), error.message());
    }
    std::sort(files.begin(), files.end());
    files.erase(std::unique(files.begin(), files.end()), files.end());
    return files;
}

SourceMaps examine_file(const fs::path& file, const std::set<GameMode>& modes) {
    SourceMaps maps;
    try {
        if (extension_of(file) == ".osu") {
            examine_text(read_file(file, beatmap_size_limit), {file, {}}, modes, maps);
            return maps;
        }
        const OszArchive archive(file);
        for (const OszEntry& entry : archive.entries()) {
            if (extension_of(entry.name) != ".osu") continue;
            try {
                examine_text(archive.read(entry.name), {file, entry.name}, modes, maps);
            } catch (const std::exception& error) {
                maps.skipped.push_back({MapPlace{file, entry.name}.name(), "cannot be read", error.what()});
            }
        }
    } catch (const std::exception& error) {
        maps.skipped.push_back({file.string(), "cannot be read", error.what()});
    }
    return maps;
}

std::string dataset_text(const MapCandidate& candidate) {
    const Beatmap map = parse_beatmap(read_text(candidate.place));
    if (md5_of(map.text) != candidate.facts.md5)
        fail("{} has changed while it was read", candidate.place.name());
    Rewrite rewrite(map);
    for (uint32_t i = 0; i < map.lines.size(); ++i)
        if (map.lines[i].section == Section::events && is_storyboard(map.line(i))) rewrite.remove(i);
    if (candidate.facts.beatmap_id != map.metadata.beatmap_id && candidate.facts.beatmap_id > 0)
        rewrite.set_value(Section::metadata, "BeatmapID", std::to_string(candidate.facts.beatmap_id));
    if (candidate.set_id != map.metadata.set_id && candidate.set_id > 0)
        rewrite.set_value(Section::metadata, "BeatmapSetID", std::to_string(candidate.set_id));
    return rewrite.text();
}

}  // namespace osu
