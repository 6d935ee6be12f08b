#include "evaluation/comparison.h"

#include <algorithm>
#include <limits>

#include <fmt/core.h>

#include "beatmap/game_positions.h"
#include "data/split.h"
#include "evaluation/random_walk.h"

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
    preempt = usual_preempt(real);
}

MeasuredMap::MeasuredMap(const Beatmap& map) : source_(std::make_unique<MapDatapoints>(map)) {
    real = source_->view();
    position.assign(real.position.begin(), real.position.end());
    sliders.assign(real.sliders.begin(), real.sliders.end());
    plan = make_plan(real);
    mapper = mapper_hash(map.metadata.creator);
    tier = tier_of(map.metadata.version, plan, map.difficulty.ar);
    preempt = approach_time(map.difficulty);
}

Comparison::Comparison(std::vector<MeasuredMap> maps, const FlowHistogram& flow,
                       std::function<void(const std::string&)> say)
    : say_(std::move(say)) {
    result_.maps = std::move(maps);
    result_.flow = flow;
}

void Comparison::add_real_and_walks(int walks, uint64_t seed) {
    std::vector<size_t> all;
    for (size_t i = 0; i < result_.maps.size(); ++i) all.push_back(i);
    add(
        "real", "real maps", [](const MeasuredMap& map) { return Placements{map.position}; }, all);
    add(
        "random_walk", "random walk",
        [&](const MeasuredMap& map) {
            Placements placements;
            for (int i = 0; i < walks; ++i)
                placements.push_back(random_walk(map.real, seed + static_cast<uint64_t>(i)));
            return placements;
        },
        all);
}

void Comparison::add(const char* key, const char* title, const Placing& placing,
                     const std::vector<size_t>& maps) {
    Contestant contestant;
    contestant.key = key;
    contestant.title = title;
    contestant.maps = maps;
    for (const size_t i : maps) {
        say_(fmt::format("{}, map {} of {}", title, contestant.examples.size() + 1, maps.size()));
        const MeasuredMap& map = result_.maps[i];
        Statistics all;
        const Placements placements = placing(map);
        MarkSums marks;
        for (const auto& position : placements) {
            all += measure(map.real, map.plan, position);
            const Marks noted = note_marks(map.real, map.plan, position, map.preempt);
            marks += noted;
            add_windows(noted, map.mapper, contestant.windows);
        }
        contestant.statistics.push_back(std::move(all));
        contestant.marks.push_back(marks);
        contestant.examples.push_back(placements.front());
    }
    result_.contestants.push_back(std::move(contestant));
}

Evaluation Comparison::finish() {
    const auto is_real = [](const Contestant& contestant) { return contestant.key == "real"; };
    const Contestant& real = *std::find_if(result_.contestants.begin(), result_.contestants.end(), is_real);
    for (Contestant& contestant : result_.contestants) {
        std::vector<Statistics> truth;
        for (const size_t i : contestant.maps) truth.push_back(real.statistics[i]);
        contestant.figures = figures(contestant.statistics, truth, result_.flow);
        add_mapper_figures(contestant);
    }
    result_.kinds.assign(figure_kinds().begin(), figure_kinds().end());
    for (const FigureKind& kind : mapper_figure_kinds()) result_.kinds.push_back(kind);
    tell_apart(real);
    return std::move(result_);
}

void Comparison::tell_apart(const Contestant& real) {
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    result_.kinds.push_back({"told_auc", "told from real maps, AUC", FigureUnit::ratio});
    for (Contestant& contestant : result_.contestants) {
        Told told{{nan, nan, nan}, {}};
        if (&contestant != &real) told = told_apart(contestant.windows, real.windows);
        contestant.figures.push_back(told.auc);
        contestant.told_by = std::move(told.biggest);
    }
}

void Comparison::add_mapper_figures(Contestant& contestant) const {
    for (const Figure& figure : mapper_figures(contestant.marks)) contestant.figures.push_back(figure);
    for (size_t tier = 0; tier < tier_count; ++tier) {
        std::vector<MarkSums> marks;
        for (size_t i = 0; i < contestant.maps.size(); ++i)
            if (result_.maps[contestant.maps[i]].tier == static_cast<Tier>(tier))
                marks.push_back(contestant.marks[i]);
        contestant.tier_maps[tier] = marks.size();
        contestant.tiers[tier] = mapper_figures(marks);
    }
}

}  // namespace osu
