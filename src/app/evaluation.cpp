#include "app/evaluation.h"

#include <algorithm>
#include <cmath>

#include "beatmap/beatmap.h"

namespace osu {

PlacementFigures measure(const std::string& name, const PackedDataset& dataset,
                         std::span<const uint32_t> maps, const Placement& place) {
    std::vector<double> errors;
    size_t outside = 0;
    for (const uint32_t index : maps) {
        const DatasetMap map = dataset.map(index);
        const std::vector<float> x = place(map);
        const auto asked = dataset.distance(map);
        Vec2 before = playfield_size * 0.5f;
        for (size_t t = 0; t < map.count; ++t) {
            const Vec2 at{x[t] * playfield_size.x, x[map.count + t] * playfield_size.y};
            errors.push_back(std::abs(std::hypot(at.x - before.x, at.y - before.y) - asked[t]));
            outside += at.x < 0 || at.x > playfield_size.x || at.y < 0 || at.y > playfield_size.y;
            before = at;
        }
    }
    PlacementFigures figures{name, 0, 0, 0};
    if (errors.empty()) return figures;
    for (const double error : errors) figures.spacing_mean_px += error / static_cast<double>(errors.size());
    const auto middle = errors.begin() + static_cast<int64_t>(errors.size() / 2);
    std::nth_element(errors.begin(), middle, errors.end());
    figures.spacing_median_px = *middle;
    figures.off_field_share = static_cast<double>(outside) / static_cast<double>(errors.size());
    return figures;
}

}  // namespace osu
