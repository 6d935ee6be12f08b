// Maps that any program placed, measured beside their sources: the ruler without a network.
#pragma once

#include <filesystem>

#include "evaluation/comparison.h"

namespace osu {

// Every .osu of the folder and of those in it, with the source of the same name in the same place under
// `sources`. Contestant "model" is whoever placed them. Error when a source is missing, or has other objects
// than the placed map: as many datapoints of the same kinds.
Evaluation evaluate_placed(const std::filesystem::path& placed, const std::filesystem::path& sources);

}  // namespace osu
