// An evaluation as a table on the terminal and as JSON.
#pragma once

#include <nlohmann/json.hpp>

#include "evaluation/comparison.h"

namespace osu {

void print_evaluation(const Evaluation& evaluation);
// An object of figures by their keys for each contestant, with `intervals` of the same keys, and
// `by_difficulty`.
nlohmann::json evaluation_json(const Evaluation& evaluation);

}  // namespace osu
