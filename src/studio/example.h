// The example of the project: examples/waltz.osu with music made for it, as a song.
#pragma once

#include <memory>
#include <string>

#include "studio/song.h"

namespace osu::studio {

// `osu_text`: of examples/waltz.osu.
std::shared_ptr<Song> example_song(const std::string& osu_text);

}  // namespace osu::studio
