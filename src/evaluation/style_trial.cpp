#include "evaluation/style_trial.h"

#include <algorithm>
#include <map>

#include <fmt/core.h>

#include "evaluation/random_walk.h"

namespace osu {

namespace {

constexpr size_t least_maps = 3;  // of a mapper: one is judged by the others
constexpr size_t most_maps = 40;  // more would change a mapper's centre little
constexpr int resamples = 1000;

// The checkpoint's class of a map, −1 where it knows none.
int32_t class_of(const DatasetMap& map, const CheckpointInfo& info) {
    const auto& entries = info.labels.entries();
    // A checkpoint of the reference knows no names; its dataset's order is all there is to go by.
    if (entries.empty()) return map.label < info.config.num_classes ? map.label : -1;
    const auto same = std::lower_bound(entries.begin(), entries.end(), map.label,
                                       [](const LabelEntry& e, int32_t label) { return e.label < label; });
    if (same != entries.end() && same->label == map.label && same->creator == map.creator &&
        same->title == map.title && same->version == map.version)
        return map.label;
    return map.beatmap_id > 0 ? info.labels.find(map.beatmap_id) : -1;
}

StyleJudge make_judge(const PackedDataset& dataset, std::span<const KnownMapper> mappers) {
    std::vector<StyleJudge::RealStyle> real;
    for (size_t mapper = 0; mapper < mappers.size(); ++mapper)
        for (const uint32_t index : choose_evenly(mappers[mapper].maps, most_maps)) {
            const MeasuredMap map(dataset, index);
            real.push_back({mapper, count_style(map.real, map.plan, map.position)});
        }
    return StyleJudge(std::move(real));
}

}  // namespace

std::vector<KnownMapper> known_mappers(const PackedDataset& dataset, const Split& split,
                                       const CheckpointInfo& info, size_t count) {
    std::map<std::string, KnownMapper> by_name;
    for (const uint32_t index : split.train) {
        const DatasetMap map = dataset.map(index);
        const int32_t label = class_of(map, info);
        if (map.creator.empty() || label < 0) continue;
        KnownMapper& mapper = by_name[mapper_hash(map.creator)];
        mapper.maps.push_back(index);
        mapper.labels.push_back(label);
    }
    std::vector<KnownMapper> all;
    for (auto& [name, mapper] : by_name)
        if (mapper.maps.size() >= least_maps) all.push_back(std::move(mapper));
    std::stable_sort(all.begin(), all.end(), [](const KnownMapper& a, const KnownMapper& b) {
        return a.maps.size() > b.maps.size();
    });
    all.resize(std::min(all.size(), count));
    return all;
}

StyleFigures style_figures(const std::vector<size_t>& ranks, size_t mappers) {
    const auto accuracy = [](const std::vector<size_t>& of) {
        return static_cast<double>(std::count(of.begin(), of.end(), 0)) / static_cast<double>(of.size());
    };
    const auto rank = [&](const std::vector<size_t>& of) {
        double sum = 0;
        for (const size_t nearer : of) sum += static_cast<double>(nearer);
        return 1 - sum / static_cast<double>(of.size() * (mappers - 1));
    };
    std::vector<double> accuracies, means;
    for (int i = 0; i < resamples; ++i) {
        const auto times = resample(ranks.size(), static_cast<uint64_t>(i));
        std::vector<size_t> drawn;
        for (size_t k = 0; k < ranks.size(); ++k) drawn.insert(drawn.end(), times[k], ranks[k]);
        accuracies.push_back(accuracy(drawn));
        means.push_back(rank(drawn));
    }
    return {with_interval(accuracy(ranks), accuracies), with_interval(rank(ranks), means)};
}

StyleTrial::StyleTrial(const PackedDataset& dataset, std::span<const KnownMapper> mappers)
    : mappers_(mappers), judge_(make_judge(dataset, mappers)) {}

Placements StyleTrial::place(const MeasuredMap& map, SamplingNetwork& network, const SamplingOptions& options,
                             const OnStep& on_step) {
    SamplingOptions once = options;
    once.variants = 1;
    Placements placements;
    std::vector<StyleCounts> placed, walked;
    for (size_t mapper = 0; mapper < mappers(); ++mapper) {
        once.seed = options.seed + mapper;
        placements.push_back(osu::place(network, mappers_[mapper].labels, map.real, once, on_step).front());
        placed.push_back(count_style(map.real, map.plan, placements.back()));
        walked.push_back(count_style(map.real, map.plan, random_walk(map.real, once.seed)));
    }
    for (const size_t rank : judge_.ranks(placed)) ranks_.push_back(rank);
    for (const size_t rank : judge_.ranks(walked)) walk_ranks_.push_back(rank);
    return placements;
}

}  // namespace osu
