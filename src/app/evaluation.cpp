#include "app/evaluation.h"

#include <algorithm>

#include <fmt/core.h>

#include "evaluation/random_walk.h"
#include "model/parameters.h"

namespace osu {

namespace {

// An untrained network is so far off that fewer maps, once each, show it.
constexpr size_t untrained_share = 4;
constexpr size_t most_flow_maps = 2000;  // to draw the turns of real maps from

size_t untrained_maps(size_t maps) {
    return (maps + untrained_share - 1) / untrained_share;
}

size_t map_count(const Split& split, const EvaluationOptions& options) {
    return std::min(split.validation.size(), options.maps);
}

FlowHistogram flow_of(const PackedDataset& dataset, const std::vector<uint32_t>& maps) {
    FlowHistogram flow{};
    for (const uint32_t index : choose_evenly(maps, most_flow_maps)) {
        const DatasetMap map = dataset.map(index);
        const std::vector<Vec2> position = positions(dataset, map);
        const RealMap real{dataset.type(map), dataset.time(map), dataset.distance(map), position};
        count_turns(make_turn_plan(real), position, flow);
    }
    return flow;
}

class Comparison {
  public:
    Comparison(const PackedDataset& dataset, const Split& split, const EvaluationOptions& options,
               Progress& progress)
        : progress_(progress) {
        for (const uint32_t index : choose_evenly(split.validation, options.maps))
            result_.maps.emplace_back(dataset, index);
        result_.flow = flow_of(dataset, split.train.empty() ? split.validation : split.train);
    }

    void add(const char* key, const char* title, const Placing& placing, size_t maps) {
        Contestant contestant{key, title, {}, {}, {}};
        for (size_t i = 0; i < maps; ++i) {
            progress_.note(fmt::format("{}, map {} of {}", title, i + 1, maps));
            const MeasuredMap& map = result_.maps[i * result_.maps.size() / maps];
            Statistics all;
            const Placements placements = placing(map);
            for (const auto& position : placements) all += measure(map.real, map.plan, position);
            contestant.statistics.push_back(std::move(all));
            contestant.examples.push_back(placements.front());
        }
        result_.contestants.push_back(std::move(contestant));
    }

    // Each against the real maps of the same rhythm, which are contestant `real`.
    Evaluation finish(size_t real) {
        for (Contestant& contestant : result_.contestants) {
            const size_t maps = contestant.statistics.size(), all = result_.maps.size();
            std::vector<Statistics> truth;
            for (size_t i = 0; i < maps; ++i)
                truth.push_back(result_.contestants[real].statistics[i * all / maps]);
            contestant.figures = figures(contestant.statistics, truth, result_.flow);
        }
        return std::move(result_);
    }

  private:
    Evaluation result_;
    Progress& progress_;
};

}  // namespace

std::vector<uint32_t> choose_evenly(const std::vector<uint32_t>& maps, size_t count) {
    if (maps.size() <= count) return maps;
    std::vector<uint32_t> chosen;
    for (size_t i = 0; i < count; ++i) chosen.push_back(maps[i * maps.size() / count]);
    return chosen;
}

MeasuredMap::MeasuredMap(const PackedDataset& dataset, uint32_t index) : index(index) {
    const DatasetMap map = dataset.map(index);
    position = positions(dataset, map);
    real = {dataset.type(map), dataset.time(map), dataset.distance(map), position};
    plan = make_plan(real);
}

Placements place(DitSampler& network, const Guidance& guidance, const RealMap& map, const SamplingRun& run) {
    std::vector<float> time;
    for (const double t : map.time) time.push_back(static_cast<float>(t - map.time[0]));
    const MapFeatures features(std::move(time), {map.distance.begin(), map.distance.end()},
                               {map.type.begin(), map.type.end()});
    const std::vector<float> x = sample_variants(network, guidance, features, run);
    const size_t tokens = map.time.size();
    Placements out(static_cast<size_t>(run.variants), std::vector<Vec2>(tokens));
    for (size_t variant = 0; variant < out.size(); ++variant)
        for (size_t t = 0; t < tokens; ++t)
            out[variant][t] = {x[2 * variant * tokens + t] * playfield_size.x,
                               x[(2 * variant + 1) * tokens + t] * playfield_size.y};
    return out;
}

int64_t evaluation_steps(const Split& split, const EvaluationOptions& options) {
    const size_t maps = map_count(split, options), seeds = static_cast<size_t>(options.sampling.variants);
    return static_cast<int64_t>((maps * seeds + untrained_maps(maps)) * options.sampling.diffusion->steps());
}

Evaluation evaluate(const PackedDataset& dataset, const Split& split, SamplingNetwork& network,
                    Backend& backend, const EvaluationOptions& options, Progress& progress) {
    const size_t maps = map_count(split, options);
    SamplingRun run = options.sampling;
    run.on_step = [&](int, int count, std::span<const float>) { progress.advance(count); };
    Comparison comparison(dataset, split, options, progress);
    const Guidance guidance{{}, network.null_style(), 1};
    comparison.add(
        "model", "model",
        [&](const MeasuredMap& map) { return place(network.network(), guidance, map.real, run); }, maps);
    comparison.add(
        "real", "real maps", [](const MeasuredMap& map) { return Placements{map.position}; }, maps);
    comparison.add(
        "random_walk", "random walk",
        [&](const MeasuredMap& map) {
            Placements walks;
            for (int i = 0; i < run.variants; ++i)
                walks.push_back(random_walk(map.real.distance, run.seed + static_cast<uint64_t>(i)));
            return walks;
        },
        maps);

    const ParameterLayout layout(network.config());
    std::vector<float> values(layout.size());
    initialize(layout, run.seed, values);
    const TensorMap weights = parameter_views(layout, values);
    DitSampler untrained(network.config(), backend, weights);
    const Guidance fresh{{}, label_vector(weights, network.config().null_label()), 1};
    run.variants = 1;
    comparison.add(
        "untrained", "untrained",
        [&](const MeasuredMap& map) { return place(untrained, fresh, map.real, run); }, untrained_maps(maps));
    return comparison.finish(1);
}

}  // namespace osu
