// The map that a verb is given: a .osu, or one of an .osz or .olz.
#pragma once

#include <memory>
#include <string>

#include "beatmap/beatmap.h"
#include "beatmap/osz.h"

namespace osu {

// A map, and the archive that it came in.
struct SourceMap {
    Beatmap map;
    std::unique_ptr<OszArchive> archive;
    std::string folder;  // of the map in the archive, with a '/' at its end; empty at the root
};

bool is_archive(const std::string& path);  // .osz or .olz, by its content, or its name

// Error that lists the maps of an .osz when the difficulty does not name one. Says on standard error how many
// lines could not be read.
SourceMap read_source(const std::string& path, const std::string& difficulty);

}  // namespace osu
