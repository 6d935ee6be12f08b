#include "evaluation/evaluation.h"

#include <algorithm>
#include <limits>
#include <map>
#include <optional>

#include <fmt/core.h>

#include "evaluation/loss.h"
#include "evaluation/random_walk.h"
#include "evaluation/style_trial.h"
#include "model/parameters.h"

namespace osu {

namespace {

// An untrained network is so far off that fewer maps, once each, show it.
constexpr size_t untrained_share = 4;
constexpr size_t most_styles = 20;
constexpr size_t loss_windows = 640;
constexpr size_t most_flow_maps = 2000;  // to draw the turns of real maps from

size_t untrained_maps(size_t maps) {
    return (maps + untrained_share - 1) / untrained_share;
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

    const std::vector<MeasuredMap>& maps() const { return result_.maps; }

    // `maps`: which of them are to be placed.
    void add(const char* key, const char* title, const Placing& placing, const std::vector<size_t>& maps) {
        Contestant contestant{key, title, maps, {}, {}, {}};
        for (const size_t i : maps) {
            progress_.note(
                fmt::format("{}, map {} of {}", title, contestant.examples.size() + 1, maps.size()));
            const MeasuredMap& map = result_.maps[i];
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
            std::vector<Statistics> truth;
            for (const size_t i : contestant.maps) truth.push_back(result_.contestants[real].statistics[i]);
            contestant.figures = figures(contestant.statistics, truth, result_.flow);
        }
        result_.kinds.assign(figure_kinds().begin(), figure_kinds().end());
        return std::move(result_);
    }

  private:
    Evaluation result_;
    Progress& progress_;
};

}  // namespace

Placements place(DitSampler& network, const Guidance& guidance, const RealMap& map, const SamplingRun& run) {
    MapFeatures features;
    for (const double t : map.time) features.time.push_back(static_cast<float>(t - map.time[0]));
    features.distance.assign(map.distance.begin(), map.distance.end());
    features.type.assign(map.type.begin(), map.type.end());
    features.circle_radius = circle_radius;
    features.sliders = slider_lengths(map.type, map.position);
    const std::vector<float> x = sample_variants(network, guidance, features, run);
    const size_t tokens = map.time.size();
    Placements out(static_cast<size_t>(run.variants), std::vector<Vec2>(tokens));
    for (size_t variant = 0; variant < out.size(); ++variant)
        for (size_t t = 0; t < tokens; ++t)
            out[variant][t] = {x[2 * variant * tokens + t] * playfield_size.x,
                               x[(2 * variant + 1) * tokens + t] * playfield_size.y};
    return out;
}

namespace {

// The same network before any training.
struct UntrainedNetwork {
    UntrainedNetwork(const DitConfig& config, Backend& backend, uint64_t seed)
        : layout(config),
          values(initialized(layout, seed)),
          weights(parameter_views(layout, values)),
          network(config, backend, weights),
          guidance{{}, label_vector(weights, config.null_label()), 1} {}
    ParameterLayout layout;
    std::vector<float> values;
    TensorMap weights;
    DitSampler network;
    Guidance guidance;

    static std::vector<float> initialized(const ParameterLayout& layout, uint64_t seed) {
        std::vector<float> values(layout.size());
        initialize(layout, seed, values);
        return values;
    }
};

void add_figure(Evaluation& evaluation, const FigureKind& kind, const std::map<std::string, Figure>& known) {
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    evaluation.kinds.push_back(kind);
    for (Contestant& contestant : evaluation.contestants) {
        const auto found = known.find(contestant.key);
        contestant.figures.push_back(found == known.end() ? Figure{nan, nan, nan} : found->second);
    }
}

std::vector<size_t> evenly(size_t all, size_t count) {
    std::vector<size_t> chosen;
    for (size_t i = 0; i < count; ++i) chosen.push_back(i * all / count);
    return chosen;
}

// Rhythms of middling length, so that there is something to judge and not too much to wait for.
std::vector<size_t> middling(const std::vector<MeasuredMap>& maps, size_t count) {
    std::vector<size_t> sorted = evenly(maps.size(), maps.size());
    std::stable_sort(sorted.begin(), sorted.end(),
                     [&](size_t a, size_t b) { return maps[a].position.size() < maps[b].position.size(); });
    count = std::min(count, sorted.size());
    const auto first = sorted.begin() + static_cast<int64_t>((sorted.size() - count) / 2);
    return {first, first + static_cast<int64_t>(count)};
}

void add_style(Evaluation& evaluation, const StyleTrial& trial) {
    evaluation.styles = trial.mappers();
    const StyleFigures styled = trial.of_placed(), real = trial.of_real(), walk = trial.of_random_walks();
    add_figure(evaluation,
               {"style_accuracy", fmt::format("style known among {}", trial.mappers()), FigureUnit::share},
               {{"model", styled.accuracy},
                {"styled", styled.accuracy},
                {"real", real.accuracy},
                {"random_walk", walk.accuracy}});
    add_figure(
        evaluation, {"style_rank", "  other mappers further off", FigureUnit::share},
        {{"model", styled.rank}, {"styled", styled.rank}, {"real", real.rank}, {"random_walk", walk.rank}});
}

void add_loss(Evaluation& evaluation, const std::vector<Figure>& model,
              const std::vector<Figure>& untrained) {
    add_figure(evaluation, {"loss", "denoising loss", FigureUnit::ratio},
               {{"model", model[0]}, {"untrained", untrained[0]}});
    for (size_t i = 0; i < loss_deciles; ++i)
        add_figure(evaluation,
                   {fmt::format("loss_decile_{}", i), fmt::format("  t from {}", i * 100), FigureUnit::ratio},
                   {{"model", model[i + 1]}, {"untrained", untrained[i + 1]}});
}

}  // namespace

Evaluation evaluate(const PackedDataset& dataset, const Split& split, SamplingNetwork& network,
                    Backend& backend, const EvaluationOptions& options) {
    const size_t maps = std::min(split.validation.size(), options.maps), few = untrained_maps(maps);
    const auto mappers =
        known_mappers(dataset, split, network.info(), options.style_maps > 0 ? most_styles : 0);
    const size_t styles = mappers.size() > 1 ? mappers.size() : 0;
    SamplingRun run = options.sampling;
    Progress progress("evaluating",
                      static_cast<int64_t>((maps * static_cast<size_t>(run.variants) + few +
                                            styles * std::min(maps, options.style_maps)) *
                                           run.diffusion->steps()),
                      "steps");
    run.on_step = [&](int, int count, std::span<const float>) { progress.advance(count); };

    Comparison comparison(dataset, split, options, progress);
    const std::vector<size_t> all = evenly(maps, maps);
    const Guidance guidance{{}, network.null_style(), 1};
    comparison.add(
        "model", "model",
        [&](const MeasuredMap& map) { return place(network.network(), guidance, map.real, run); }, all);
    comparison.add(
        "real", "real maps", [](const MeasuredMap& map) { return Placements{map.position}; }, all);
    comparison.add(
        "random_walk", "random walk",
        [&](const MeasuredMap& map) {
            Placements walks;
            for (int i = 0; i < run.variants; ++i)
                walks.push_back(random_walk(map.real.distance, run.seed + static_cast<uint64_t>(i)));
            return walks;
        },
        all);
    UntrainedNetwork untrained(network.config(), backend, run.seed);
    run.variants = 1;
    comparison.add(
        "untrained", "untrained",
        [&](const MeasuredMap& map) { return place(untrained.network, untrained.guidance, map.real, run); },
        evenly(maps, few));
    std::optional<StyleTrial> trial;
    if (styles > 0) {
        trial.emplace(dataset, mappers);
        comparison.add(
            "styled", "in styles",
            [&](const MeasuredMap& map) { return trial->place(map, network, options.guidance_scale, run); },
            middling(comparison.maps(), options.style_maps));
    }
    Evaluation evaluation = comparison.finish(1);
    if (trial) add_style(evaluation, *trial);
    progress.note("loss");
    add_loss(
        evaluation,
        denoising_loss(dataset, split.validation, network.info(), network.weights(), backend, loss_windows),
        denoising_loss(dataset, split.validation, network.info(), untrained.weights, backend,
                       loss_windows / untrained_share));
    progress.note("");
    return evaluation;
}

}  // namespace osu
