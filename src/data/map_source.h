// Beatmaps lying about: .osu files and .osz archives below a folder, and what a dataset wants to know of each
// map.
#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "beatmap/beatmap.h"
#include "data/dataset_folder.h"

namespace osu {

// Where a map's text is: a .osu file, or an entry of a .osz.
struct MapPlace {
    std::filesystem::path file;
    std::string entry;  // empty for a .osu
    std::string name() const;
};

// A map that a dataset may take; its text stays on the disk.
struct MapCandidate {
    MapPlace place;
    TrackBeatmap facts;  // all but name and index
    int64_t set_id = -1;
    std::string artist, title, creator, source, tags, audio_file;
    double density = 0;  // objects a second of drain time: the order in a set where no stars are known
};

struct SourceMaps {
    std::vector<MapCandidate> candidates;
    std::vector<SkippedMap> skipped;
};

// The .osu and .osz files below the folders (or these files themselves), sorted; nothing below `except`.
std::vector<std::filesystem::path> find_map_files(const std::vector<std::filesystem::path>& from,
                                                  const std::filesystem::path& except);

// Every map of one file. Never throws for what is wrong with the file: that is a skip with its reason.
SourceMaps examine_file(const std::filesystem::path& file, const std::set<GameMode>& modes);

// The text as a dataset holds it: without storyboard and video, with beatmap and set ID. Every other byte
// stays.
std::string dataset_text(const MapCandidate& map);

}  // namespace osu
