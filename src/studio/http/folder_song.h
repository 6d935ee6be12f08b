// A song in a folder of the disk, as the game keeps it.
#pragma once

#include <filesystem>
#include <memory>

#include "studio/song.h"

namespace osu::studio {

// Error where it is no folder.
std::shared_ptr<Song> open_folder_song(const std::filesystem::path& folder);

// Writes a map beside the others, under a name that no file has; returns where. Error where it cannot.
std::filesystem::path save_beside(const std::filesystem::path& folder, const std::string& name,
                                  const std::string& text);

}  // namespace osu::studio
