// A map that a verb is given, .osu or of an .osz or .olz; and which of its objects are generated anew.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "beatmap/beatmap.h"
#include "beatmap/osz.h"

namespace osu {

// A map, and the archive that it came in.
struct SourceMap {
    std::string path;
    Beatmap map;
    std::unique_ptr<OszArchive> archive;
    std::string folder;  // of the map in the archive, with a '/' at its end; empty at the root
};

bool is_archive(const std::string& path);  // .osz or .olz, by its content, or its name

// Error that lists the maps of an .osz when the difficulty does not name one. Says on standard error how many
// lines could not be read.
SourceMap read_source(const std::string& path, const std::string& difficulty);

struct Selection {
    std::optional<double> from_ms, to_ms;  // objects that start within, ends included
    std::string section;                   // "A..B", or as the editor copies objects: 01:02:345 (1,2,3) -
    std::string objects;  // "3,10-20": numbers from 1, in the order of time; or as the editor copies them
    bool all() const { return !from_ms && !to_ms && objects.empty() && section.empty(); }
};

// For each object of the map 1 where it is selected; by all ways that are given. Error when none is.
std::vector<uint8_t> select_objects(const Beatmap& map, const Selection& selection);

}  // namespace osu
