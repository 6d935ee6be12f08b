// The table of `styles --csv`.
#pragma once

#include <filesystem>
#include <vector>

#include "data/label_index.h"
#include "model/label_space.h"

namespace osu {

// A table for other programs: CSV, the columns named as in the reference's data frame. What metadata.json
// knows (times, counts, stars) is added where `data` is a dataset folder, the coordinates of the plane where
// there is one (a point for each entry of the index).
void write_styles_table(const std::filesystem::path& file, const LabelIndex& index,
                        const std::vector<size_t>& which, const std::filesystem::path& data,
                        const LabelSpace::Plane* plane);

}  // namespace osu
