// metadata.json of a track, in the fields and the order of the reference's tool.
#include <cmath>
#include <cstdlib>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "data/dataset_folder.h"

namespace osu {

namespace {

using Json = nlohmann::ordered_json;

constexpr const char* star_keys[] = {"StandardStarRating", "TaikoStarRating", "CatchStarRating",
                                     "ManiaStarRating"};

// Whole numbers without a point and floats with their own shortest digits (9.3, not 9.300000190734863).
Json number(double value) {
    if (!std::isfinite(value)) return 0;
    if (value == std::floor(value) && std::abs(value) < 1e15) return static_cast<int64_t>(value);
    return value;
}
Json number(float value) {
    return number(std::strtod(fmt::format("{}", value).c_str(), nullptr));
}

template <class T>
void take(const Json& object, const char* key, T& value) {
    const auto found = object.find(key);
    if (found == object.end() || found->is_null()) return;
    if constexpr (std::is_arithmetic_v<T>) {
        if (!found->is_number()) fail("{} is no number", key);
        const double wide = found->template get<double>();
        // A value beyond the type is as good as none; the integers of the format all fit a double.
        if (std::is_floating_point_v<T> || std::abs(wide) < (sizeof(T) == 8 ? 9e15 : 2147483647.0))
            value = static_cast<T>(wide);
    } else {
        if (!found->is_string()) fail("{} is no text", key);
        value = found->template get<std::string>();
    }
}

Json beatmap_to_json(const TrackBeatmap& map) {
    Json json;
    json["Index"] = map.index;
    json["BeatmapId"] = map.beatmap_id;
    json["Ruleset"] = map.ruleset;
    json["MD5Hash"] = map.md5;
    json["Difficulty"] = map.difficulty;
    json["OnlineOffset"] = map.online_offset;
    json["DrainTime"] = map.drain_time;
    json["TotalTime"] = map.total_time;
    json["RankedStatus"] = map.ranked_status;
    json["CirclesCount"] = map.circles;
    json["SpinnersCount"] = map.spinners;
    json["SlidersCount"] = map.sliders;
    json["CircleSize"] = number(map.cs);
    json["ApproachRate"] = number(map.ar);
    json["OverallDifficulty"] = number(map.od);
    json["HPDrain"] = number(map.hp);
    json["SliderVelocity"] = number(map.slider_velocity);
    json["StackLeniency"] = number(map.stack_leniency);
    for (size_t mode = 0; mode < map.stars.size(); ++mode) {
        Json& stars = json[star_keys[mode]] = Json::object();
        for (const auto& [mods, value] : map.stars[mode]) stars[std::to_string(mods)] = number(value);
    }
    return json;
}

TrackBeatmap beatmap_from_json(const std::string& name, const Json& json) {
    if (!json.is_object()) fail("{} is no object", name);
    TrackBeatmap map;
    map.name = name;
    take(json, "Index", map.index);
    take(json, "BeatmapId", map.beatmap_id);
    take(json, "Ruleset", map.ruleset);
    take(json, "MD5Hash", map.md5);
    take(json, "Difficulty", map.difficulty);
    take(json, "OnlineOffset", map.online_offset);
    take(json, "DrainTime", map.drain_time);
    take(json, "TotalTime", map.total_time);
    take(json, "RankedStatus", map.ranked_status);
    take(json, "CirclesCount", map.circles);
    take(json, "SpinnersCount", map.spinners);
    take(json, "SlidersCount", map.sliders);
    take(json, "CircleSize", map.cs);
    take(json, "ApproachRate", map.ar);
    take(json, "OverallDifficulty", map.od);
    take(json, "HPDrain", map.hp);
    take(json, "SliderVelocity", map.slider_velocity);
    take(json, "StackLeniency", map.stack_leniency);
    for (size_t mode = 0; mode < map.stars.size(); ++mode) {
        const auto stars = json.find(star_keys[mode]);
        if (stars == json.end() || !stars->is_object()) continue;
        for (const auto& [mods, value] : stars->items())
            if (value.is_number())
                map.stars[mode][std::strtoll(mods.c_str(), nullptr, 10)] = value.get<double>();
    }
    return map;
}

}  // namespace

std::string to_json(const TrackMetadata& track) {
    Json json;
    json["BeatmapSetId"] = track.set_id;
    json["Artist"] = track.artist;
    json["Title"] = track.title;
    json["Source"] = track.source;
    json["Creator"] = track.creator;
    json["Tags"] = track.tags;
    json["AudioFile"] = track.audio_file;
    json["MapDir"] = track.map_dir;
    Json& maps = json["Beatmaps"] = Json::object();
    for (const TrackBeatmap& map : track.beatmaps) maps[map.name] = beatmap_to_json(map);
    // Old maps have texts that are no UTF-8.
    return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

TrackMetadata parse_track_metadata(std::string_view text) {
    if (text.substr(0, 3) == "\xef\xbb\xbf") text.remove_prefix(3);
    const Json json = Json::parse(text, nullptr, false);
    if (!json.is_object()) fail("metadata.json is not a JSON object");
    TrackMetadata track;
    take(json, "BeatmapSetId", track.set_id);
    take(json, "Artist", track.artist);
    take(json, "Title", track.title);
    take(json, "Source", track.source);
    take(json, "Creator", track.creator);
    take(json, "Tags", track.tags);
    take(json, "AudioFile", track.audio_file);
    take(json, "MapDir", track.map_dir);
    if (const auto maps = json.find("Beatmaps"); maps != json.end() && maps->is_object())
        for (const auto& [name, map] : maps->items()) track.beatmaps.push_back(beatmap_from_json(name, map));
    return track;
}

}  // namespace osu
