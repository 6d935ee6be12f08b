// The model that is inside the program, so that the program alone places maps.
#pragma once

#include <string>

#include "archive/checkpoint.h"

namespace osu {

// What stands for it where a checkpoint is named: `convert bundled FILE.safetensors` writes it, to be trained
// on from.
constexpr const char* bundled_model = "bundled";

// A checkpoint's file, or the model inside the program for "bundled" and for no name at all.
Checkpoint open_checkpoint(const std::string& name);
// How messages call it.
std::string checkpoint_name(const std::string& name);

}  // namespace osu
