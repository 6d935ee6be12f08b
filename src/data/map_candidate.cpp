#include "data/map_candidate.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <chrono>
#include <cmath>
#include <fstream>
#include <set>

#include <fmt/format.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "beatmap/encoding.h"
#include "beatmap/osz.h"
#include "beatmap/rewrite.h"
#include "data/digest.h"

namespace osu {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view first_words = "osu file format v";

// The game names folders and archives "SET_ID Artist - Title", mirrors "SET_ID.osz"; maps older than v10 do
// not know their set otherwise.
int64_t set_id_of_name(const std::string& name) {
    int64_t id = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), id);
    if (error != std::errc() || id <= 0) return -1;
    const std::string_view rest(end, name.data() + name.size());
    const bool only_number = equal_but_for_case(rest, ".osz") || equal_but_for_case(rest, ".olz");
    return rest.starts_with(' ') || only_number ? id : -1;
}

int year_of(int64_t seconds) {  // since 1970
    constexpr int64_t year_10000 = 253402300800;
    if (seconds <= 0 || seconds >= year_10000) return 0;
    const std::chrono::sys_seconds time{std::chrono::seconds(seconds)};
    return static_cast<int>(std::chrono::year_month_day(std::chrono::floor<std::chrono::days>(time)).year());
}

int64_t modified(const fs::path& file) {
    struct stat status {};
    return ::stat(file.c_str(), &status) == 0 ? static_cast<int64_t>(status.st_mtime) : 0;
}

// .NET counts 100 ns since the year 1.
int64_t from_dotnet(int64_t ticks) {
    constexpr int64_t ticks_a_second = 10'000'000, seconds_to_1970 = 62'135'596'800;
    return ticks / ticks_a_second - seconds_to_1970;
}

MapCandidate candidate_of(MapPlace place, const MapSummary& summary) {
    MapCandidate candidate;
    candidate.place = std::move(place);
    candidate.md5 = summary.md5;
    candidate.set_id = summary.set_id;
    if (summary.set_id < 0) candidate.names = summary.artist + '\n' + summary.title + '\n' + summary.creator;
    candidate.density = summary.density;
    candidate.stars = summary.stars;
    return candidate;
}

MapSummary summary_of(const Beatmap& map, const MapPlace& place) {
    MapSummary summary{map.metadata};
    summary.md5 = md5_of(Rewrite(map).text());
    const fs::path file = place.file, named = place.entry.empty() ? file.parent_path() : file;
    summary.set_id =
        map.metadata.set_id > 0 ? map.metadata.set_id : set_id_of_name(named.filename().string());
    summary.mode = map.mode;
    summary.objects = map.objects.size();
    summary.density = static_cast<double>(map.objects.size()) / std::max(1, drain_seconds(map));
    return summary;
}

void examine_text(std::string text, MapPlace place, int64_t seconds, ExaminedFile& file) {
    const auto skip = [&](const char* reason, std::string detail) {
        file.skipped.push_back({place.name(), reason, std::move(detail)});
    };
    try {
        const Beatmap map = parse_beatmap(std::move(text));
        if (map.objects.empty())
            return skip("no hit objects",
                        map.warning_count ? fmt::format("bad lines: {}", map.warning_count) : "");
        MapSummary summary = summary_of(map, place);
        summary.year = year_of(seconds);
        MapCandidate candidate = candidate_of(std::move(place), summary);
        file.maps.push_back({std::move(candidate), std::move(summary)});
    } catch (const std::exception& error) {
        skip("not a beatmap", error.what());
    }
}

void examine_archive(const std::string& path, ExaminedFile& file) {
    const OszArchive archive(path);
    std::set<std::string_view> seen;
    for (size_t i = 0; i < archive.entries().size(); ++i) {
        const OszEntry& entry = archive.entries()[i];
        if (!is_map_name(entry.name)) continue;
        MapPlace place{path, entry.name};
        if (!seen.insert(entry.name).second) {  // by that name the first one is read
            file.skipped.push_back({place.name(), "duplicate", "the archive has two entries of that name"});
            continue;
        }
        try {
            examine_text(archive.read(i), std::move(place), entry.modified, file);
        } catch (const std::exception& error) {
            file.skipped.push_back({MapPlace{path, entry.name}.name(), "cannot be read", error.what()});
        }
    }
}

// Of the game's many files without a name only the first bytes are read.
bool begins_like_a_map(const fs::path& path) {
    char bytes[128];
    std::error_code ignored;
    if (!fs::is_regular_file(path, ignored)) return false;
    std::ifstream file(path, std::ios::binary);
    file.read(bytes, sizeof bytes);
    std::string content(bytes, static_cast<size_t>(file.gcount()));
    if (const Encoding encoding = encoding_of(content); encoding != Encoding::utf8)
        content = from_utf16(content, encoding);
    std::string_view text = content;
    if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
    text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
    return text.starts_with(first_words);
}

// 64 digits, below folders named after the first and the first two.
bool is_lazer_name(const fs::path& path) {
    const std::string name = path.filename().string();
    return name.size() == 64 && name.find_first_not_of("0123456789abcdef") == std::string::npos;
}

}  // namespace

std::string MapPlace::name() const {
    return entry.empty() ? file : file + ":" + entry;
}

std::string MapPlace::read(size_t limit) const {
    return entry.empty() ? read_file(file, limit) : OszArchive(file).read(entry, limit);
}

// The game's database (osu-20210316.db) counts from the first object's start to the last one's, without the
// breaks.
int drain_seconds(const Beatmap& map) {
    double drain = map.objects.back().start_time - map.objects.front().start_time;
    for (const Break& pause : map.breaks) drain -= std::max(0.0, pause.end - pause.start);
    constexpr double longest = 1e9;  // ms; eleven days
    return static_cast<int>(std::clamp(drain, 0.0, longest) / 1000);
}

std::vector<std::string> find_map_files(const MapSource& source, const fs::path& except,
                                        std::vector<SkippedMap>& unread) {
    const bool nameless = source.kind == SourceKind::lazer;
    const auto wanted = [&](const fs::path& file) {
        if (nameless) return is_lazer_name(file);
        const std::string name = file.filename().string();
        return is_map_name(name) || (is_archive_name(file) && !name.starts_with("._"));
    };
    std::error_code error;
    if (!fs::is_directory(source.maps, error)) {
        if (wanted(source.maps) || looks_like_osz(source.maps) || begins_like_a_map(source.maps))
            return {source.maps.string()};
        fail("{} is neither a folder nor a .osu, .osz or .olz file", source.maps.string());
    }
    std::vector<std::string> files;
    // A folder that is in itself, by a link, is the end of that way; two ways to one folder are one.
    std::set<std::pair<dev_t, ino_t>> seen;
    const auto is_new = [&](const fs::path& folder) {
        struct stat status {};
        return ::stat(folder.c_str(), &status) == 0 && seen.emplace(status.st_dev, status.st_ino).second;
    };
    is_new(source.maps);
    fs::recursive_directory_iterator walk(
        source.maps,
        fs::directory_options::skip_permission_denied | fs::directory_options::follow_directory_symlink,
        error),
        end;
    if (error) fail("cannot read {}: {}", source.maps.string(), error.message());
    for (; walk != end; walk.increment(error)) {
        std::error_code ignored;
        if (walk->is_directory(ignored)) {
            if (!is_new(walk->path()) || walk->path().filename() == "__MACOSX" ||
                fs::equivalent(walk->path(), except, ignored)) {
                walk.disable_recursion_pending();
            } else if (std::string why = why_unreadable(walk->path()); !why.empty()) {
                unread.push_back({walk->path().string(), "folder cannot be read", std::move(why)});
                walk.disable_recursion_pending();
            }
        } else if (wanted(walk->path())) {
            files.push_back(walk->path().string());
        }
    }
    if (error) fail("cannot read below {}: {}", source.maps.string(), error.message());
    std::sort(files.begin(), files.end());
    return files;
}

ExaminedFile examine_file(const std::string& path) {
    ExaminedFile file;
    try {
        const std::string extension = lower_extension(path);
        if (std::error_code ignored; fs::exists(path, ignored) && !fs::is_regular_file(path, ignored))
            fail("it is a pipe, a socket or a device");
        const bool named_archive = is_archive_name(path);
        if (looks_like_osz(path) || (named_archive && !begins_like_a_map(path)))
            examine_archive(path, file);
        else if (named_archive || extension == ".osu" || begins_like_a_map(path))
            examine_text(read_file(path, beatmap_size_limit), {path, {}}, modified(path), file);
    } catch (const std::exception& error) {
        file.skipped.push_back({path, "cannot be read", error.what()});
    }
    return file;
}

ExaminedFile examine_entry(const MapSource& source, DatabaseBeatmap entry, bool take_changed) {
    ExaminedFile file;
    MapSummary summary{entry};
    summary.md5 = entry.md5;
    summary.set_id = entry.set_id > 0 ? entry.set_id : -1;
    summary.mode = entry.mode;
    summary.objects = uint64_t{entry.circles} + entry.sliders + entry.spinners;
    summary.density = static_cast<double>(summary.objects) / std::max(1, entry.drain_time);
    for (const auto& [mods, stars] : entry.stars[static_cast<size_t>(entry.mode)])
        if (mods == 0 && std::isfinite(stars)) summary.stars = stars;
    summary.status = entry.status;
    summary.year = year_of(from_dotnet(entry.modified));
    MapCandidate candidate =
        candidate_of({(source.maps / entry.folder / entry.osu_file).string(), {}}, summary);
    candidate.known = std::make_shared<const KnownMap>(KnownMap{std::move(entry), source.maps, take_changed});
    file.maps.push_back({std::move(candidate), std::move(summary)});
    return file;
}

}  // namespace osu
