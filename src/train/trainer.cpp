#include "train/trainer.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numbers>
#include <set>

#include "base/error.h"
#include "base/profile.h"
#include "base/progress.h"
#include "data/packed_dataset.h"
#include "data/split.h"
#include "train/checkpoint_metadata.h"
#include "train/objective.h"
#include "train/training_state.h"

namespace osu {

namespace fs = std::filesystem;

namespace {

constexpr int64_t validation_windows = 512;
constexpr size_t blamed_maps = 8;  // named when the loss is not finite

HeldOut held_out(const TrainOptions& options) {
    HeldOut result = options.held_out;
    result.seed = options.seed;
    return result;
}

Split choose_maps(const PackedDataset& dataset, const TrainOptions& options) {
    const std::set<int64_t> wanted(options.fine_tune_ids.begin(), options.fine_tune_ids.end());
    std::set<int64_t> found;
    const auto keep = [&](uint32_t index) {
        const DatasetMap map = dataset.map(index);
        if (map.track < options.data_start || (options.data_end >= 0 && map.track >= options.data_end))
            return false;
        if (wanted.empty()) return true;
        if (wanted.contains(map.beatmap_id)) found.insert(map.beatmap_id);
        return wanted.contains(map.beatmap_id);
    };
    Split split = split_held_out(dataset, held_out(options));
    std::erase_if(split.train, [&](uint32_t index) { return !keep(index); });
    std::erase_if(split.validation, [&](uint32_t index) { return !keep(index); });
    if (split.train.empty())
        fail(Hint{"see --data-start, --data-end, --fine-tune-ids, --held-out and --validation-split"},
             "no map of {} is left to train on", options.data_path.string());
    for (int64_t id : wanted)
        if (!found.contains(id)) fail("the dataset has no map with beatmap ID {}", id);
    return split;
}

// The parts of a run, and the steps over them.
class Run {
  public:
    Run(const TrainOptions& options, const TrainEvents& events);
    TrainOutcome go();

  private:
    const TrainOptions& options_;
    const TrainEvents& events_;
    const PackedDataset dataset_;
    const Split split_;
    const std::optional<Checkpoint> resumed_;
    CheckpointInfo info_;
    const std::unique_ptr<Backend> backend_;
    Dit network_;
    TrainingState state_;
    const Diffusion diffusion_;
    Objective objective_;
    const WindowLoader loader_;
    const int64_t total_steps_;
    RunFolder folder_;
    fs::path last_checkpoint_;

    // Since the last log entry:
    double loss_sum_ = 0, norm_ = 0;
    int64_t steps_logged_ = 0;
    std::chrono::steady_clock::time_point log_start_ = std::chrono::steady_clock::now();

    static CheckpointInfo start_info(const TrainOptions& options, const PackedDataset& dataset,
                                     const std::optional<Checkpoint>& resumed);
    WindowOptions window_options() const;
    int64_t count_steps() const;
    double learning_rate() const;
    void announce();
    double step(Batch& batch);
    [[noreturn]] void blame(const Batch& batch, const Objective::Result& result, double norm) const;
    std::pair<double, double> validate();
    void log(bool with_validation);
    void save();
};

CheckpointInfo Run::start_info(const TrainOptions& options, const PackedDataset& dataset,
                               const std::optional<Checkpoint>& resumed) {
    CheckpointInfo info;
    if (resumed) info = describe(*resumed);
    const bool relearn = !resumed || options.relearn_embeds;
    const int stored = resumed ? info.config.num_classes : 0;
    int classes = options.num_classes;
    if (classes == 0) classes = relearn ? dataset.class_count() : stored;
    info.config =
        resumed ? info.config : dit_config(options.model.empty() ? "DiT-B" : options.model, classes);
    if (resumed && !options.model.empty() && options.model != info.config.name())
        fail(Hint{"leave --model out, or name the one of the checkpoint"},
             "--model {} was asked for, but {} holds a {}", options.model, options.ckpt.string(),
             info.config.name());
    if (!relearn && classes != stored)
        fail(Hint{"--relearn-embeds begins the label table anew"},
             "--num-classes {} was asked for, but the checkpoint has {}", classes, stored);
    info.config.num_classes = classes;
    if (dataset.class_count() > classes)
        fail(Hint{resumed ? "--relearn-embeds begins the label table anew" : "raise --num-classes"},
             "the dataset has {} classes, the label table only {}", dataset.class_count(), classes);
    info.noise_schedule = options.noise_schedule;
    info.tokens = options.tokens;
    info.held_out = held_out(options);
    info.seed = options.seed;
    info.labels = label_index(dataset);
    return info;
}

Run::Run(const TrainOptions& options, const TrainEvents& events)
    : options_(options),
      events_(events),
      dataset_(open_dataset(options.data_path)),
      split_(choose_maps(dataset_, options)),
      resumed_(options.ckpt.empty() ? std::nullopt : std::optional(read_checkpoint(options.ckpt))),
      info_(start_info(options, dataset_, resumed_)),
      backend_(make_cpu_backend(options.precision)),
      network_(info_.config, *backend_),
      state_(network_.layout(), *backend_),
      diffusion_(options.noise_schedule, respace("1000")),
      objective_(diffusion_, options.l1_loss, options.seed, network_),
      loader_(dataset_, split_.train, window_options()),
      total_steps_(count_steps()),
      folder_(options.results_dir, info_.config.name()) {
    state_.initialize(options_.seed);
    if (resumed_) state_.restore(*resumed_, options_.relearn_embeds);
    network_.load(state_.parameters());
}

WindowOptions Run::window_options() const {
    WindowOptions windows;
    windows.tokens = options_.tokens;
    windows.stride = options_.stride;
    windows.seed = options_.seed;
    windows.label_dropout = options_.label_dropout;
    windows.max_time_offset = options_.max_time_offset;
    windows.double_time = options_.double_time;
    windows.distance_noise = options_.distance_noise;
    windows.null_label = info_.config.null_label();
    return windows;
}

int64_t Run::count_steps() const {
    const double windows =
        static_cast<double>(loader_.windows_per_epoch()) * static_cast<double>(options_.epochs);
    const int64_t by_epochs =
        std::max<int64_t>(1, static_cast<int64_t>(windows / static_cast<double>(options_.batch_size)));
    return options_.max_steps > 0 ? std::min(options_.max_steps, by_epochs) : by_epochs;
}

double Run::learning_rate() const {
    const double step = static_cast<double>(info_.step);
    double rate = options_.learning_rate;
    if (options_.warmup_steps > 0)
        rate *= std::min(1.0, (step + 1) / static_cast<double>(options_.warmup_steps));
    if (options_.rate_schedule == RateSchedule::cosine)
        rate *=
            0.5 * (1 + std::cos(std::numbers::pi * std::min(1.0, step / static_cast<double>(total_steps_))));
    return rate;
}

void Run::announce() {
    folder_.say("Experiment directory created at " + folder_.path().string());
    folder_.say(fmt::format("{} Parameters: {}", info_.config.name(), network_.layout().size()));
    folder_.say(fmt::format("Dataset: {} maps to train on, {} held out, {} windows an epoch",
                            split_.train.size(), split_.validation.size(), loader_.windows_per_epoch()));
    if (resumed_)
        folder_.say(
            fmt::format("Restored from checkpoint at {} (step {})", options_.ckpt.string(), info_.step));
    folder_.say(fmt::format("Training to step {} ({} a batch, {})", total_steps_, options_.batch_size,
                            name_of(backend_->compute_type())));
}

double Run::step(Batch& batch) {
    const ProfileScope scope(first_step_scope);
    {
        const ProfileScope loading("windows");
        loader_.load(info_.samples, options_.batch_size, batch);
    }
    state_.zero_gradients();
    const Objective::Result result = objective_.run(batch, state_.gradients());
    const double norm = state_.gradient_norm();
    if (!std::isfinite(result.loss) || !std::isfinite(norm)) blame(batch, result, norm);
    OptimizerOptions optimizer;
    optimizer.learning_rate = learning_rate();
    optimizer.label_rate_factor = options_.label_rate_factor;
    optimizer.ema_decay = options_.ema_decay;
    optimizer.gradient_clip = options_.gradient_clip;
    const uint64_t epoch = info_.samples / loader_.windows_per_epoch();
    optimizer.label_table_only = epoch < static_cast<uint64_t>(options_.embed_only_epochs);
    state_.update(optimizer, norm);
    network_.load(state_.parameters());
    ++info_.step;
    info_.samples += static_cast<uint64_t>(options_.batch_size);
    norm_ = norm;
    return result.loss;
}

void Run::blame(const Batch& batch, const Objective::Result& result, double norm) const {
    std::set<std::string> maps;
    for (size_t i = 0; i < result.per_window.size(); ++i)
        if (!std::isfinite(result.per_window[i])) maps.insert(dataset_.map(batch.map[i]).path);
    if (maps.empty())
        for (uint32_t map : batch.map) maps.insert(dataset_.map(map).path);
    std::string named;
    size_t count = 0;
    for (const std::string& map : maps) {
        if (++count > blamed_maps) break;
        named += "\n  " + map;
    }
    if (maps.size() > blamed_maps) named += fmt::format("\n  and {} more", maps.size() - blamed_maps);
    fail(Hint{fmt::format("continue from {} with a lower --lr, with --grad-clip 1, or with --precision f32",
                          last_checkpoint_.empty() ? "the start" : last_checkpoint_.string())},
         "the loss is not a finite number at step {} (loss {}, gradient norm {}); maps of the batch:{}",
         info_.step + 1, result.loss, norm, named);
}

// The loss of the parameters and of their EMA on the same windows of held-out maps.
std::pair<double, double> Run::validate() {
    WindowOptions windows = window_options();
    windows.augment = false;
    windows.label_dropout = 1;  // nothing is known of a style that was never seen
    const WindowLoader loader(dataset_, split_.validation, windows);
    Batch batch;
    loader.load(0, std::min<int64_t>(validation_windows, static_cast<int64_t>(loader.windows_per_epoch())),
                batch);
    const double loss = objective_.validate(batch).loss;
    network_.load(state_.ema());
    const double ema_loss = objective_.validate(batch).loss;
    network_.load(state_.parameters());
    return {loss, ema_loss};
}

void Run::log(bool with_validation) {
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - log_start_;
    if (steps_logged_ == 0) return;
    LogEntry entry;
    entry.step = info_.step;
    entry.loss = loss_sum_ / static_cast<double>(steps_logged_);
    entry.learning_rate = learning_rate();
    entry.gradient_norm = norm_;
    entry.steps_per_second = static_cast<double>(steps_logged_) / seconds.count();
    entry.windows_per_second = entry.steps_per_second * static_cast<double>(options_.batch_size);
    if (with_validation && !split_.validation.empty())
        std::tie(entry.validation_loss, entry.validation_loss_ema) = validate();
    folder_.add(entry);
    loss_sum_ = 0;
    steps_logged_ = 0;
    log_start_ = std::chrono::steady_clock::now();
}

void Run::save() {
    Checkpoint checkpoint = state_.checkpoint();
    set_metadata(checkpoint, info_);
    const fs::path path = folder_.checkpoint(info_.step, options_.ckpt_format);
    write_checkpoint(path, checkpoint);
    last_checkpoint_ = path;
    folder_.say("Saved checkpoint to " + path.string());
    if (events_.on_checkpoint) events_.on_checkpoint(folder_.path(), folder_.entries());
}

TrainOutcome Run::go() {
    announce();
    if (info_.step >= total_steps_)
        fail(Hint{"raise --max-steps or --epochs"},
             "the checkpoint is at step {} already, and the run ends at {}", info_.step, total_steps_);
    Progress progress("training", total_steps_ - info_.step, "steps");
    Batch batch;
    bool stopped = false;
    log_start_ = std::chrono::steady_clock::now();
    while (info_.step < total_steps_ && !stopped) {
        const double loss = step(batch);
        loss_sum_ += loss;
        ++steps_logged_;
        progress.note(fmt::format("loss {:.4f}, {:.1f} windows/s",
                                  loss_sum_ / static_cast<double>(steps_logged_),
                                  progress.rate() * static_cast<double>(options_.batch_size)));
        progress.advance();
        stopped = events_.should_stop && events_.should_stop();
        const bool at_checkpoint =
            info_.step % options_.ckpt_every == 0 || info_.step == total_steps_ || stopped;
        if (info_.step % options_.log_every == 0 || at_checkpoint) {
            progress.clear();
            log(at_checkpoint);
        }
        if (at_checkpoint) save();
    }
    progress.finish();
    folder_.say(stopped ? fmt::format("Stopped at step {}", info_.step) : "Done!");
    return {folder_.path(), last_checkpoint_, info_.step, !stopped};
}

}  // namespace

TrainOutcome train(const TrainOptions& options, const TrainEvents& events) {
    return Run(options, events).go();
}

}  // namespace osu
