#include "evaluation/comparison.h"

#include "data/split.h"

namespace osu {

std::vector<uint32_t> choose_evenly(const std::vector<uint32_t>& maps, size_t count) {
    if (maps.size() <= count) return maps;
    std::vector<uint32_t> chosen;
    for (size_t i = 0; i < count; ++i) chosen.push_back(maps[i * maps.size() / count]);
    return chosen;
}

MeasuredMap::MeasuredMap(const PackedDataset& dataset, uint32_t index) : index(index) {
    const DatasetMap map = dataset.map(index);
    position = dataset.positions(map);
    sliders = slider_lengths(dataset.type(map), position);
    real = dataset.datapoints(map, position);
    real.sliders = sliders;
    real.circle_radius = circle_radius;
    plan = make_plan(real);
    mapper = mapper_hash(map.creator);
    tier = tier_of(map.version, plan, {});
    preempt = usual_preempt(tier);
}

}  // namespace osu
