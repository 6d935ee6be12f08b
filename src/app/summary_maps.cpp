#include "app/summary_maps.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>

#include "app/counted.h"
#include "base/error.h"
#include "base/file.h"
#include "base/progress.h"
#include "beatmap/beatmap.h"
#include "beatmap/collection_db.h"
#include "beatmap/database_kind.h"
#include "beatmap/osu_db.h"
#include "beatmap/osz.h"
#include "data/dataset_folder.h"
#include "data/label_index.h"
#include "data/set_counter.h"
#include "sequence/sequence.h"

namespace osu {

namespace {

constexpr size_t most_lines = 100;  // of a list

void add_objects(const Beatmap& map, Facts& facts) {
    std::array<size_t, 4> counts{};
    for (const HitObject& object : map.objects) ++counts[static_cast<size_t>(object.kind)];
    constexpr std::array<const char*, 4> kinds = {"circles", "sliders", "spinners", "holds"};
    std::vector<std::string> parts;
    nlohmann::json numbers{{"all", map.objects.size()}};
    for (size_t i = 0; i < kinds.size(); ++i) {
        if (counts[i] > 0) parts.push_back(fmt::format("{} {}", counts[i], kinds[i]));
        numbers[kinds[i]] = counts[i];
    }
    facts.add_value("objects", numbers, "{}{}", map.objects.size(),
                    parts.empty() ? "" : fmt::format(" ({})", listed(parts)));
}

void add_timing(const Beatmap& map, Facts& facts) {
    if (map.red_lines.empty()) return facts.add("tempo", "no timing point: 60 BPM, as in the game");
    std::set<int> tempi;
    for (uint32_t index : map.red_lines)
        tempi.insert(
            static_cast<int>(std::lround(60000 / map.beat_length_at(map.timing_points[index].time))));
    const std::string range = tempi.size() == 1 ? std::to_string(*tempi.begin())
                                                : fmt::format("{}–{}", *tempi.begin(), *tempi.rbegin());
    facts.add_value("tempo",
                    {{"lowest_bpm", *tempi.begin()},
                     {"highest_bpm", *tempi.rbegin()},
                     {"timing_points", map.timing_points.size()}},
                    "{} BPM, {}", range, counted(map.timing_points.size(), "timing point"));
}

void add_warnings(const Beatmap& map, Facts& facts) {
    if (map.warning_count == 0) return;
    nlohmann::json lines = nlohmann::json::array();
    for (const auto& warning : map.warnings)
        lines.push_back({{"line", warning.line}, {"message", warning.message}});
    facts.add_value("warnings", {{"count", map.warning_count}, {"lines", lines}}, "{}", map.warning_count);
    for (size_t i = 0; i < std::min<size_t>(map.warnings.size(), 10); ++i)
        facts.add("", "line {}: {}", map.warnings[i].line, map.warnings[i].message);
}

void summarize_collections(const std::filesystem::path& path, Facts& facts) {
    const CollectionDatabase database = read_collection_database(path);
    size_t maps = 0;
    for (const Collection& collection : database.collections) maps += collection.md5.size();
    facts.add("kind", "collections of the game (collection.db), version {}", database.version);
    nlohmann::json all = nlohmann::json::array();
    for (const Collection& collection : database.collections)
        all.push_back({{"name", collection.name}, {"maps", collection.md5.size()}});
    facts.add_value("collections", all, "{} with {}", database.collections.size(), counted(maps, "map"));
    for (size_t i = 0; i < std::min(database.collections.size(), most_lines); ++i)
        facts.add("", "{} ({})", database.collections[i].name, database.collections[i].md5.size());
}

void add_database(const OsuDatabase& database, Facts& facts) {
    facts.add("kind", "maps of the game (osu!.db), version {}", database.version);
    facts.add("player", "{}", database.player);
    std::map<GameMode, size_t> modes;
    std::map<RankedStatus, size_t> states;
    std::set<int64_t> sets;
    for (const DatabaseBeatmap& map : database.beatmaps) {
        ++modes[map.mode];
        ++states[map.status];
        sets.insert(map.set_id);
    }
    nlohmann::json counts{{"all", database.beatmaps.size()},
                          {"sets", sets.size()},
                          {"folders", std::max(database.folder_count, 0)}};
    for (const auto& [mode, count] : modes) counts["by_mode"][name_of(mode)] = count;
    facts.add_value("maps", counts, "{} in {} and {}", database.beatmaps.size(), counted(sets.size(), "set"),
                    counted(static_cast<uint64_t>(std::max(database.folder_count, 0)), "folder"));
    for (const auto& [mode, count] : modes) facts.add("", "{} {}", count, name_of(mode));
    constexpr std::array<const char*, 8> names = {"unknown", "unsubmitted", "pending",   "unused",
                                                  "ranked",  "approved",    "qualified", "loved"};
    std::vector<std::string> parts;
    nlohmann::json by_status = nlohmann::json::object();
    for (const auto& [state, count] : states) {
        const char* const name = names[std::min<size_t>(static_cast<size_t>(state), 7)];
        parts.push_back(fmt::format("{} {}", count, name));
        by_status[name] = count;
    }
    facts.add_value("status", by_status, "{}", listed(parts));
}

}  // namespace

void summarize_beatmap(const std::filesystem::path& path, Facts& facts) {
    const Beatmap map = read_beatmap(path);
    facts.add("kind", "beatmap, {}, format v{}", name_of(map.mode), map.format_version);
    facts.add("map", "{} - {} [{}]", map.metadata.artist, map.metadata.title, map.metadata.version);
    facts.add("mapper", "{}", map.metadata.creator);
    facts.add_value("IDs", {{"beatmap", map.metadata.beatmap_id}, {"set", map.metadata.set_id}},
                    "beatmap {}, set {}", map.metadata.beatmap_id, map.metadata.set_id);
    add_objects(map, facts);
    if (!map.objects.empty()) {
        double end = 0;
        for (const HitObject& object : map.objects) end = std::max(end, object.end_time);
        const double seconds = (end - map.objects.front().start_time) / 1000;
        facts.add_value("length", seconds, "{}", format_duration(seconds));
    }
    const Difficulty& difficulty = map.difficulty;
    facts.add_value("difficulty",
                    {{"CS", difficulty.cs},
                     {"AR", difficulty.ar},
                     {"OD", difficulty.od},
                     {"HP", difficulty.hp},
                     {"slider_multiplier", difficulty.slider_multiplier},
                     {"tick_rate", difficulty.slider_tick_rate}},
                    "CS {}, AR {}, OD {}, HP {}, slider multiplier {}, tick rate {}", difficulty.cs,
                    difficulty.ar, difficulty.od, difficulty.hp, difficulty.slider_multiplier,
                    difficulty.slider_tick_rate);
    add_timing(map, facts);
    if (map.mode == GameMode::standard) facts.add_number("datapoints", to_sequence(map).size());
    add_warnings(map, facts);
}

void summarize_osz(const std::filesystem::path& path, Facts& facts) {
    const OszArchive archive(path);
    const std::vector<OszMap> maps = archive.maps();
    if (maps.empty()) fail("{} is a zip archive, but holds no map", path.string());
    uint64_t size = 0;
    for (const OszEntry& entry : archive.entries()) size += entry.size;
    facts.add("kind", "beatmap archive (.osz)");
    facts.add_value("files", {{"count", archive.entries().size()}, {"unpacked_bytes", size}},
                    "{}, {} unpacked", archive.entries().size(), format_bytes(static_cast<double>(size)));
    nlohmann::json all = nlohmann::json::array();
    for (const OszMap& map : maps) {
        all.push_back({{"file", map.file_name}});
        if (map.problem.empty())
            all.back().update(
                {{"version", map.version}, {"mode", name_of(map.mode)}, {"beatmap_id", map.beatmap_id}});
        else
            all.back()["problem"] = map.problem;
    }
    facts.add_value("maps", all, "{}", maps.size());
    for (size_t i = 0; i < std::min(maps.size(), most_lines); ++i) {
        if (maps[i].problem.empty())
            facts.add("", "[{}] {}, beatmap {}", maps[i].version, name_of(maps[i].mode), maps[i].beatmap_id);
        else
            facts.add("", "{}: {}", maps[i].file_name, maps[i].problem);
    }
}

void summarize_database(const std::filesystem::path& path, Facts& facts) {
    switch (database_kind(MappedFile(path).bytes())) {
        case DatabaseKind::maps: return add_database(read_osu_database(path), facts);
        case DatabaseKind::collections: return summarize_collections(path, facts);
        case DatabaseKind::scores:
            return facts.add("kind", "scores of the game (scores.db): they are not read");
        case DatabaseKind::presence:
            return facts.add("kind", "players that the game has seen (presence.db): they are not read");
        case DatabaseKind::unknown: break;
    }
    fail("{} begins like a database of the game, and is neither osu!.db nor collection.db", path.string());
}

void summarize_index(const std::filesystem::path& path, Facts& facts) {
    const std::string content = read_file(path);
    if (content.find("\"BeatmapSetId\"") != std::string::npos) {
        const TrackMetadata track = parse_track_metadata(content);
        facts.add("kind", "metadata of a track in a dataset folder");
        facts.add("set", "{} - {}, by {}, set {}", track.artist, track.title, track.creator, track.set_id);
        facts.add_number("maps", track.beatmaps.size());
        return;
    }
    LabelIndex index;
    try {
        index = parse_label_index(content);
    } catch (const Error& error) {
        fail(Hint{error.hint()}, "{}: {}", path.string(), error.what());
    }
    std::set<std::string> mappers;
    for (const std::string& mapper : index.mappers())
        if (!mapper.empty()) mappers.insert(mapper);
    facts.add("kind", "index of beatmaps: beatmap ID to class");
    facts.add_number("maps", index.entries().size());
    facts.add_number("classes", index.class_count());
    if (!mappers.empty()) facts.add_number("mappers", mappers.size());
    const auto ids = index.by_beatmap_id();
    if (!ids.empty())
        facts.add_value("beatmap IDs", {{"lowest", ids.begin()->first}, {"highest", ids.rbegin()->first}},
                        "{} to {}", ids.begin()->first, ids.rbegin()->first);
}

void summarize_dataset(const std::filesystem::path& folder, Facts& facts) {
    const DatasetFolder dataset = read_dataset_folder(folder);
    SetCounter sets;
    for (const FolderMap& map : dataset.maps) sets.add(map);
    facts.add("kind", "dataset folder");
    facts.add_number("tracks", dataset.tracks);
    facts.add_value("maps", {{"all", dataset.maps.size()}, {"sets", sets.size()}}, "{} in {}",
                    dataset.maps.size(), counted(sets.size(), "set"));
    facts.add_number("classes", dataset.next_index);
    if (std::filesystem::exists(folder / "dataset.pack"))
        facts.add("packed", "{}", (folder / "dataset.pack").string());
    if (dataset.problems.empty()) return;
    nlohmann::json problems = nlohmann::json::array();
    for (const auto& problem : dataset.problems)
        problems.push_back({{"file", problem.path}, {"reason", problem.reason}});
    facts.add_value("problems", problems, "{}", dataset.problems.size());
    for (size_t i = 0; i < std::min<size_t>(dataset.problems.size(), 10); ++i)
        facts.add("", "{}: {}", dataset.problems[i].path, dataset.problems[i].reason);
}

}  // namespace osu
