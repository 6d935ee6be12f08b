// Which maps a verb is given: .osu files, maps of an .osz or .olz, folders of them.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace osu {

// One map of those that were asked for.
struct MapChoice {
    std::string path, difficulty;  // of an archive its entry, else empty
};

struct ChosenMaps {
    std::vector<MapChoice> maps;
    size_t results = 0;               // of this program, which folders had, and which are left out
    std::vector<std::string> unread;  // what folders had and nobody could look into: "PATH: why"
};

// `difficulty`: as of read_source(); "all": every osu!standard map of an archive. A folder stands for all
// standard maps below it whose names have the difficulty as a part, but for results of this program: what is
// named as one, and what lies in the folder `results` where that is below. Those that cannot be read are
// among the maps: it is told where they are placed. Error where a path gives none.
ChosenMaps choose_maps(std::span<const std::string> paths, const std::string& difficulty,
                       const std::filesystem::path& results);

}  // namespace osu
