// An evaluation as a picture: generated beside real maps, and how what is counted is spread.
#pragma once

#include <filesystem>
#include <string>

#include "evaluation/comparison.h"

namespace osu {

// PNG or SVG by the name's extension.
void draw_evaluation(const Evaluation& evaluation, const std::string& title,
                     const std::filesystem::path& file);

}  // namespace osu
