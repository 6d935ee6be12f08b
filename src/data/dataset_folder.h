// The reference's dataset folder:
//     Track00012/metadata.json             the set and its maps
//     Track00012/beatmaps/000345M002.osu   class index over the whole dataset, then index in the set
// A map's class index is the number in its file's name; that is what the reference's loader trains with.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "data/map_filter.h"

namespace osu {

// Of classes and tracks that are read; those beyond are no part of a dataset.
constexpr int64_t largest_label = 100'000'000;

// One map of a metadata.json, field for field; where there is no game database the stars are empty and the
// ranked status is 0 (unknown).
struct TrackBeatmap {
    std::string name;  // "000345M002"
    int64_t index = 0, beatmap_id = 0;
    int ruleset = 0;
    std::string md5, difficulty;
    int online_offset = 0, drain_time = 0 /* s */, total_time = 0 /* ms */, ranked_status = 0;
    int circles = 0, spinners = 0, sliders = 0;
    float cs = 0, ar = 0, od = 0, hp = 0;
    double slider_velocity = 0;
    float stack_leniency = 0;
    std::array<std::map<int64_t, double>, 4> stars;  // standard, taiko, catch, mania: mod bits → stars
    bool operator==(const TrackBeatmap&) const = default;
};

struct TrackMetadata {
    int64_t set_id = -1;
    std::string artist, title, source, creator, tags, audio_file, map_dir = "beatmaps";
    std::vector<TrackBeatmap> beatmaps;
    bool operator==(const TrackMetadata&) const = default;
};

std::string to_json(const TrackMetadata& track);
// Fields that are missing keep their defaults; Error when the text is no such object at all.
TrackMetadata parse_track_metadata(std::string_view json);

std::string track_name(uint32_t number);                 // "Track00012"
std::string beatmap_name(int64_t index, size_t in_set);  // "000345M002"

// A map as the folder has it, found by its file; what metadata.json says of it, where it says anything.
struct FolderMap {
    uint32_t track = 0;
    int32_t label = 0;
    int64_t beatmap_id = 0, set_id = -1;
    std::string path;  // relative to the dataset folder
    std::string md5;   // of the map before it came into the dataset
};

struct DatasetFolder {
    std::filesystem::path path;
    std::vector<FolderMap> maps;       // by class index
    std::vector<SkippedMap> problems;  // metadata that cannot be read, maps that are named and missing
    uint32_t tracks = 0, next_track = 0;
    int64_t next_index = 0;
    std::string fingerprint;  // changes when tracks or maps come, go, or change their size or time
};

// Reads names and metadata, no map. Error when the folder holds no track.
DatasetFolder read_dataset_folder(const std::filesystem::path& path);
// The same for a folder that may be empty or missing.
DatasetFolder find_dataset_folder(const std::filesystem::path& path);
// The fingerprint alone, without reading any metadata.
std::string dataset_fingerprint(const std::filesystem::path& path);

}  // namespace osu
