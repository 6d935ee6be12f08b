#include "evaluation/evaluation.h"

#include <algorithm>
#include <limits>
#include <map>
#include <optional>

#include <fmt/core.h>

#include "evaluation/best_of.h"
#include "evaluation/loss.h"
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
        const std::vector<Vec2> position = dataset.positions(map);
        count_turns(make_turn_plan(dataset.datapoints(map, position)), position, flow);
    }
    return flow;
}

struct Cancelled {};

// How far the work is, for whoever watches it.
class Report {
  public:
    Report(const OnProgress& to, int64_t steps) : to_(to), progress_{0, steps, {}} {}
    void say(std::string what) {
        progress_.what = std::move(what);
        tell();
    }
    bool step(const SamplingStep& step) {
        progress_.done += step.count;
        return !to_ || to_(progress_);
    }

  private:
    const OnProgress& to_;
    EvaluationProgress progress_;
    void tell() const {
        if (to_ && !to_(progress_)) throw Cancelled();
    }
};

}  // namespace

Placements place(SamplingNetwork& network, std::span<const int32_t> style, const Datapoints& map,
                 const SamplingOptions& options, const OnStep& on_step) {
    const Placement placement = osu::place(network, map, style, options, {}, on_step);
    if (placement.cancelled) throw Cancelled();
    Placements placements;
    for (int i = 0; i < placement.variants; ++i) placements.push_back(placement.pixels(i));
    return placements;
}

namespace {

// The same network before any training.
struct UntrainedNetwork {
    UntrainedNetwork(const CheckpointInfo& info, Backend& backend, uint64_t seed)
        : layout(info.config),
          values(initialized(layout, seed)),
          network(checkpoint(info), "an untrained network", {.with_labels = false}, backend) {}
    ParameterLayout layout;
    std::vector<float> values;
    SamplingNetwork network;

    static std::vector<float> initialized(const ParameterLayout& layout, uint64_t seed) {
        std::vector<float> values(layout.size());
        initialize(layout, seed, values);
        return values;
    }
    Checkpoint checkpoint(CheckpointInfo info) const {
        Checkpoint made;
        made.model = parameter_views(layout, values);
        info.labels = {};
        set_metadata(made, info);
        return made;
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

// All that is compared, and what it is measured by.
class Evaluator {
  public:
    Evaluator(const PackedDataset& dataset, const Split& split, SamplingNetwork& network, Backend& backend,
              const EvaluationOptions& options, const OnProgress& on_progress)
        : dataset_(dataset),
          split_(split),
          network_(network),
          backend_(backend),
          options_(options),
          maps_(std::min(split.validation.size(), options.maps)),
          mappers_(known_mappers(dataset, split, network.info(), options.style_maps > 0 ? most_styles : 0)),
          report_(on_progress, steps()),
          on_step_([this](const SamplingStep& step) { return report_.step(step); }) {}

    Evaluation run() {
        std::vector<MeasuredMap> maps;
        for (const uint32_t index : choose_evenly(split_.validation, options_.maps))
            maps.emplace_back(dataset_, index);
        Comparison comparison(std::move(maps),
                              flow_of(dataset_, split_.train.empty() ? split_.validation : split_.train),
                              [this](const std::string& what) { report_.say(what); });
        add_model_and_real(comparison);
        SamplingOptions once = options_.sampling;
        once.variants = 1;
        if (options_.best_of > 1) add_best(comparison);
        UntrainedNetwork untrained(network_.info(), backend_, once.seed);
        comparison.add(
            "untrained", "untrained",
            [&](const MeasuredMap& map) { return place(untrained.network, {}, map.real, once, on_step_); },
            evenly(maps_, untrained_maps(maps_)));
        std::optional<StyleTrial> trial;
        if (styles() > 0) {
            trial.emplace(dataset_, mappers_);
            comparison.add(
                "styled", "in styles",
                [&](const MeasuredMap& map) { return trial->place(map, network_, once, on_step_); },
                middling(comparison.maps(), options_.style_maps));
        }
        Evaluation evaluation = comparison.finish();
        if (trial) add_style(evaluation, *trial);
        report_.say("loss");
        add_loss(evaluation, loss(network_.weights(), loss_windows),
                 loss(untrained.network.weights(), loss_windows / untrained_share));
        report_.say("");
        return evaluation;
    }

  private:
    size_t styles() const { return mappers_.size() > 1 ? mappers_.size() : 0; }
    int64_t steps() const {
        const size_t best = options_.best_of > 1 ? static_cast<size_t>(options_.best_of) : 0;
        const size_t placements = maps_ * (static_cast<size_t>(options_.sampling.variants) + best) +
                                  untrained_maps(maps_) + styles() * std::min(maps_, options_.style_maps);
        return static_cast<int64_t>(placements * sampling_steps(options_.sampling, network_.info()).steps());
    }
    std::vector<Figure> loss(const TensorMap& weights, size_t windows) {
        return denoising_loss(dataset_, split_.validation, network_.info(), weights, backend_, windows);
    }

    void add_model_and_real(Comparison& comparison) {
        const SamplingOptions& sampling = options_.sampling;
        const std::vector<size_t> all = evenly(maps_, maps_);
        comparison.add(
            "model", "model",
            [&](const MeasuredMap& map) { return place(network_, {}, map.real, sampling, on_step_); }, all);
        comparison.add_real_and_walks(sampling.variants, sampling.seed);
    }

    void add_best(Comparison& comparison) {
        SamplingOptions several = options_.sampling;
        several.variants = options_.best_of;
        comparison.add(
            "best", "best of them",
            [&, several](const MeasuredMap& map) {
                Placements placed = place(network_, {}, map.real, several, on_step_);
                std::swap(placed.front(), placed[fewest_objections(map.real, map.preempt, placed)]);
                placed.resize(1);
                return placed;
            },
            evenly(maps_, maps_));
    }

    const PackedDataset& dataset_;
    const Split& split_;
    SamplingNetwork& network_;
    Backend& backend_;
    const EvaluationOptions& options_;
    const size_t maps_;
    const std::vector<KnownMapper> mappers_;
    Report report_;
    const OnStep on_step_;
};

}  // namespace

std::optional<Evaluation> evaluate(const PackedDataset& dataset, const Split& split, SamplingNetwork& network,
                                   Backend& backend, const EvaluationOptions& options,
                                   const OnProgress& on_progress) {
    try {
        return Evaluator(dataset, split, network, backend, options, on_progress).run();
    } catch (const Cancelled&) {
        return std::nullopt;
    }
}

}  // namespace osu
