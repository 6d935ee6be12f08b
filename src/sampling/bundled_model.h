// The model that comes with the program.
#pragma once

#include <filesystem>

namespace osu {

// The .safetensors in `models/`: beside the binary, in the source tree above it, or in share/osu-diffusion of
// the prefix that it is installed in. Error with the places when there is none.
std::filesystem::path bundled_model_path();

}  // namespace osu
