// metadata.json of a track, in the fields and the order of the reference's tool.
#include <cmath>
#include <cstdlib>
#include <set>

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
template <class T>
Json field(const T& value) {
    if constexpr (std::is_floating_point_v<T>) {
        if (!std::isfinite(value)) return 0;
        const double shortest = std::strtod(fmt::format("{}", value).c_str(), nullptr);
        if (shortest == std::floor(shortest) && std::abs(shortest) < 1e15)
            return static_cast<int64_t>(shortest);
        return shortest;
    } else {
        return value;
    }
}

template <class T>
void read_field(const Json& object, const char* key, T& value) {
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

// The fields of a map or a track, but for names and what lies below them: for reading and for writing.
template <class Map, class Visit>
void each_field_of_map(Map& map, const Visit& visit) {
    visit("Index", map.index);
    visit("BeatmapId", map.beatmap_id);
    visit("Ruleset", map.ruleset);
    visit("MD5Hash", map.md5);
    visit("Difficulty", map.difficulty);
    visit("OnlineOffset", map.online_offset);
    visit("DrainTime", map.drain_time);
    visit("TotalTime", map.total_time);
    visit("RankedStatus", map.ranked_status);
    visit("CirclesCount", map.circles);
    visit("SpinnersCount", map.spinners);
    visit("SlidersCount", map.sliders);
    visit("CircleSize", map.cs);
    visit("ApproachRate", map.ar);
    visit("OverallDifficulty", map.od);
    visit("HPDrain", map.hp);
    visit("SliderVelocity", map.slider_velocity);
    visit("StackLeniency", map.stack_leniency);
}

template <class Track, class Visit>
void each_field_of_track(Track& track, const Visit& visit) {
    visit("BeatmapSetId", track.set_id);
    visit("Artist", track.artist);
    visit("Title", track.title);
    visit("Source", track.source);
    visit("Creator", track.creator);
    visit("Tags", track.tags);
    visit("AudioFile", track.audio_file);
    visit("MapDir", track.map_dir);
}

Json beatmap_to_json(const TrackBeatmap& map) {
    Json json;
    each_field_of_map(map, [&](const char* key, const auto& value) { json[key] = field(value); });
    for (size_t mode = 0; mode < map.stars.size(); ++mode) {
        Json& stars = json[star_keys[mode]] = Json::object();
        for (const auto& [mods, value] : map.stars[mode]) stars[std::to_string(mods)] = field(value);
    }
    return json;
}

TrackBeatmap beatmap_from_json(const std::string& name, const Json& json) {
    if (!json.is_object()) fail("{} is no object", name);
    TrackBeatmap map;
    map.name = name;
    each_field_of_map(map, [&](const char* key, auto& value) { read_field(json, key, value); });
    for (size_t mode = 0; mode < map.stars.size(); ++mode) {
        const auto stars = json.find(star_keys[mode]);
        if (stars == json.end() || !stars->is_object()) continue;
        for (const auto& [mods, value] : stars->items())
            if (value.is_number())
                map.stars[mode][std::strtoll(mods.c_str(), nullptr, 10)] = value.get<double>();
    }
    return map;
}

// What of the text becomes objects of the JSON library, which take eight times their letters and look through
// all of their keys at each new one: the fields that are known, of no more maps than a set can have, and no
// lists.
class WantedFields {
  public:
    WantedFields() {
        TrackMetadata track;
        each_field_of_track(track, [&](const char* key, auto&) { of_track_.emplace(key); });
        of_track_.emplace("Beatmaps");
        TrackBeatmap map;
        each_field_of_map(map, [&](const char* key, auto&) { of_map_.emplace(key); });
        of_map_.insert(std::begin(star_keys), std::end(star_keys));
    }

    bool operator()(int depth, Json::parse_event_t event, const Json& value) {
        constexpr int deepest = 8;
        constexpr size_t most_maps = 1000, most_stars = 200;
        if (depth > deepest) fail("metadata.json is nested too deeply");
        if (event == Json::parse_event_t::array_start) return false;
        if (event == Json::parse_event_t::object_start && depth == 3) stars_ = 0;
        if (event != Json::parse_event_t::key) return true;
        if (depth == 1) return of_track_.contains(value.get_ref<const std::string&>());
        if (depth == 3) return of_map_.contains(value.get_ref<const std::string&>());
        if (depth > 3) return ++stars_ <= most_stars;
        if (++maps_ > most_maps) fail("metadata.json names more maps than any set has");
        return true;
    }

  private:
    std::set<std::string> of_track_, of_map_;
    size_t maps_ = 0, stars_ = 0;  // the latter of one map and mode
};

}  // namespace

std::string to_json(const TrackMetadata& track) {
    Json json;
    each_field_of_track(track, [&](const char* key, const auto& value) { json[key] = field(value); });
    Json& maps = json["Beatmaps"] = Json::object();
    for (const TrackBeatmap& map : track.beatmaps) maps[map.name] = beatmap_to_json(map);
    // Old maps have texts that are no UTF-8.
    return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

TrackMetadata parse_track_metadata(std::string_view text) {
    if (text.substr(0, 3) == "\xef\xbb\xbf") text.remove_prefix(3);
    const Json json = Json::parse(text, WantedFields(), false);
    if (!json.is_object()) fail("metadata.json is not a JSON object");
    TrackMetadata track;
    each_field_of_track(track, [&](const char* key, auto& value) { read_field(json, key, value); });
    if (const auto maps = json.find("Beatmaps"); maps != json.end() && maps->is_object())
        for (const auto& [name, map] : maps->items()) track.beatmaps.push_back(beatmap_from_json(name, map));
    return track;
}

}  // namespace osu
