#include "train/divergence.h"

#include <cmath>
#include <set>

#include <fmt/format.h>

namespace osu {

std::string maps_to_blame(const PackedDataset& dataset, const Batch& batch, std::span<const double> losses) {
    constexpr size_t most = 8;
    std::set<std::string> maps;
    for (size_t i = 0; i < losses.size(); ++i)
        if (!std::isfinite(losses[i])) maps.insert(dataset.map(batch.map[i % batch.map.size()]).path);
    if (maps.empty())
        for (uint32_t map : batch.map) maps.insert(dataset.map(map).path);
    std::string named;
    size_t count = 0;
    for (const std::string& map : maps) {
        if (++count > most) break;
        named += "\n  " + map;
    }
    if (maps.size() > most) named += fmt::format("\n  and {} more", maps.size() - most);
    return named;
}

}  // namespace osu
