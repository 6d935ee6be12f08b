// Which file of a song a map means by a name. The game of today keeps a set's files by names of its own, and
// maps that it exports name their audio without the folder it lies in; archives that it writes lose letters
// that Japanese Windows does not have. So a name is looked for in turn beside the map, from the set's root,
// anywhere by its last part, and, for audio, as the only one of its kind.
#pragma once

#include <string>
#include <string_view>

#include "studio/song.h"

namespace osu::studio {

// "a/b/" of "a/b/c.osu"; empty at the root.
std::string folder_of(std::string_view file);

// As Song::names() has it; empty where there is none. `map`: the map's own name in the song.
std::string file_meant(const Song& song, std::string_view map, std::string_view name);
// The same for what a map names as its audio.
std::string audio_meant(const Song& song, std::string_view map, std::string_view name);

// Audio by its name: .mp3, .ogg, ….
bool is_audio_name(std::string_view name);

}  // namespace osu::studio
