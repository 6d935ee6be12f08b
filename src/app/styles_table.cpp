#include "app/styles_table.h"

#include <map>

#include <fmt/format.h>

#include "base/file.h"
#include "data/dataset_folder.h"

namespace osu {

namespace {

std::string csv_text(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"') out += '"';
        out += c == '\n' || c == '\r' ? ' ' : c;
    }
    return out + '"';
}

struct KnownStyle {
    TrackBeatmap map;
    uint32_t track = 0;
    size_t in_set = 0;
};

std::map<int32_t, KnownStyle> facts_of(const std::filesystem::path& data) {
    std::map<int32_t, KnownStyle> facts;
    if (data.empty() || !std::filesystem::is_directory(data)) return facts;
    TrackMetadata track;
    uint32_t number = UINT32_MAX;
    for (const FolderMap& map : find_dataset_folder(data).maps) {
        if (map.track != number) {
            const std::filesystem::path file = data / track_name(map.track) / "metadata.json";
            track = std::filesystem::exists(file) ? parse_track_metadata(read_file(file)) : TrackMetadata{};
            number = map.track;
        }
        const std::string name = std::filesystem::path(map.path).stem().string();
        for (size_t i = 0; i < track.beatmaps.size(); ++i)
            if (track.beatmaps[i].name == name) facts[map.label] = {track.beatmaps[i], map.track, i};
    }
    return facts;
}

std::string columns_of(const KnownStyle& fact) {
    const TrackBeatmap& map = fact.map;
    const auto& stars = map.stars[static_cast<size_t>(map.ruleset) % map.stars.size()];
    const auto plain = stars.find(0);
    return fmt::format(",{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}", fact.track, fact.in_set,
                       map.ruleset, map.md5, map.online_offset, map.drain_time, map.total_time,
                       map.ranked_status, map.circles, map.spinners, map.sliders, map.cs, map.ar, map.od,
                       map.hp, map.slider_velocity, map.stack_leniency,
                       plain == stars.end() ? "" : fmt::format("{}", plain->second));
}

}  // namespace

void write_styles_table(const std::filesystem::path& file, const LabelIndex& index,
                        const std::vector<size_t>& which, const std::filesystem::path& data,
                        const LabelSpace::Plane* plane) {
    const std::map<int32_t, KnownStyle> facts = facts_of(data);
    std::string text = "Class,BeatmapID,BeatmapSetID,Creator,Artist,Title,Difficulty,Tags";
    if (!facts.empty())
        text +=
            ",TrackIndex,SetIndex,Ruleset,MD5Hash,OnlineOffset,DrainTime,TotalTime,RankedStatus,CirclesCount,"
            "SpinnersCount,SlidersCount,CircleSize,ApproachRate,OverallDifficulty,HPDrainRate,SliderVelocity,"
            "StackLeniency,StarRating";
    if (plane) text += ",x,y";
    text += '\n';
    for (const size_t i : which) {
        const LabelEntry& entry = index.entries()[i];
        text += fmt::format("{},{},{},{},{},{},{},{}", entry.label, entry.beatmap_id, entry.set_id,
                            csv_text(entry.creator), csv_text(entry.artist), csv_text(entry.title),
                            csv_text(entry.version), csv_text(entry.tags));
        if (!facts.empty()) {
            const auto fact = facts.find(entry.label);
            text += fact == facts.end() ? std::string(18, ',') : columns_of(fact->second);
        }
        if (plane) text += fmt::format(",{:.6g},{:.6g}", plane->points[i].first, plane->points[i].second);
        text += '\n';
    }
    write_file(file, text);
}

}  // namespace osu
