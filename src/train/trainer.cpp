#include "train/trainer.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <numbers>
#include <set>

#include "base/error.h"
#include "base/parallel.h"
#include "base/profile.h"
#include "base/progress.h"
#include "model/network.h"
#include "train/gradient_buckets.h"
#include "train/objective.h"
#include "train/run_start.h"
#include "train/training_state.h"

namespace osu {

namespace fs = std::filesystem;

namespace {

constexpr int64_t validation_windows = 512;
constexpr size_t blamed_maps = 8;  // named when the loss is not finite

// Each process of a host takes a GPU of its own.
OpenDevice open_for(DeviceChoice choice, const Communicator& ranks) {
    if (ranks.size() > 1 && choice.device == "auto") choice.device = "cpu";
    if (ranks.size() > 1 && choice.device == "cuda")
        choice.device = fmt::format("cuda:{}", ranks.rank_here());
    return open_device(choice);
}

// The parts of a run, and the steps over them.
class Run {
  public:
    Run(const TrainOptions& options, const TrainEvents& events, Communicator& ranks);
    TrainOutcome go();

  private:
    const TrainOptions& options_;
    const TrainEvents& events_;
    Communicator& ranks_;
    const PackedDataset dataset_;
    const Split split_;
    const std::optional<Checkpoint> resumed_;
    CheckpointInfo info_;
    const OpenDevice device_;
    Backend* const backend_;
    Dit network_;
    TrainingState state_;
    GradientBuckets buckets_;
    const Diffusion diffusion_;
    Objective objective_;
    const WindowLoader loader_;
    const int64_t total_steps_;
    std::optional<RunFolder> folder_;  // of rank 0
    fs::path last_checkpoint_;
    bool stopped_ = false;

    // Since the last log entry:
    double loss_sum_ = 0, norm_ = 0;
    int64_t steps_logged_ = 0;
    std::chrono::steady_clock::time_point log_start_ = std::chrono::steady_clock::now();

    WindowOptions window_options() const;
    int64_t count_steps() const;
    double learning_rate() const;
    void say(const std::string& message);
    void announce();
    double step(Batch& batch);
    TouchedRows touched_labels(const Batch& batch);
    Objective::Result add_gradients(const Batch& batch);
    void update(double norm);
    [[noreturn]] void blame(const Objective::Result& result, double loss, double norm);
    std::pair<double, double> validate();
    void log(bool with_validation);
    void save();
};

Run::Run(const TrainOptions& options, const TrainEvents& events, Communicator& ranks)
    : options_(options),
      events_(events),
      ranks_(ranks),
      dataset_(open_together(options.data_path, ranks)),
      split_(choose_maps(dataset_, options)),
      resumed_(start_checkpoint(options)),
      info_(start_info(options, dataset_, resumed_)),
      device_(open_for(options.device, ranks)),
      backend_(device_.backend.get()),
      network_(info_.config, *backend_),
      state_(network_.layout(), *backend_),
      buckets_(ranks, *backend_, state_.gradients(), network_.layout().size(),
               backend_->shares_host_memory()),
      diffusion_(options.noise_schedule, respace("1000")),
      objective_(diffusion_, options.l1_loss, options.seed, network_,
                 backend_->tokens_at_once(training_token_bytes(info_.config, backend_->compute_type()))),
      loader_(dataset_, split_.train, window_options()),
      total_steps_(count_steps()) {
    if (options.batch_size < ranks.size())
        fail(Hint{"start fewer processes, or raise --global-batch-size"},
             "a batch of {} windows cannot be shared by {} processes", options.batch_size, ranks.size());
    if (ranks.leads()) folder_.emplace(options.results_dir, info_.config.name());
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

void Run::say(const std::string& message) {
    if (folder_) folder_->say(message);
}

void Run::announce() {
    if (folder_) say("Experiment directory created at " + folder_->path().string());
    say(fmt::format("{} Parameters: {}", info_.config.name(), network_.layout().size()));
    say(fmt::format("Dataset: {} maps to train on, {} held out, {} windows an epoch", split_.train.size(),
                    split_.validation.size(), loader_.windows_per_epoch()));
    if (resumed_)
        say(fmt::format("Restored from checkpoint at {} (step {}{})", options_.ckpt.string(), info_.step,
                        options_.new_run ? ", a new run" : ""));
    if (!device_.notice.empty()) say("Notice: " + device_.notice);
    if (ranks_.size() > 1)
        say(fmt::format("{} processes, {} on this host, {} threads each", ranks_.size(), ranks_.ranks_here(),
                        thread_count()));
    say(fmt::format("Training to step {} ({} a batch, {} on {})", total_steps_, options_.batch_size,
                    name_of(backend_->compute_type()), device_.name));
}

// Rows of the label table that the whole batch has gradients for.
TouchedRows Run::touched_labels(const Batch& batch) {
    if (ranks_.size() == 1) return {};
    const int64_t most = (options_.batch_size + ranks_.size() - 1) / ranks_.size();
    std::vector<double> mine(static_cast<size_t>(most), batch.label[0]);
    std::copy(batch.label.begin(), batch.label.end(), mine.begin());
    const std::vector<double> all = ranks_.gather(mine);
    const std::set<int32_t> labels(all.begin(), all.end());
    const Parameter& table = network_.layout().find(label_table);
    return {table.offset, table.count, static_cast<size_t>(table.shape[1]), {labels.begin(), labels.end()}};
}

// Of all ranks, complete when it returns.
Objective::Result Run::add_gradients(const Batch& batch) {
    state_.zero_gradients();
    buckets_.start(touched_labels(batch));
    const Objective::Result result = objective_.run(
        batch, options_.batch_size, state_.gradients(),
        ranks_.size() > 1 ? [&](size_t first, size_t count) { buckets_.add(first, count); } : GradientsDone(),
        [&] { ranks_.sign_of_life(); });
    buckets_.finish();
    return result;
}

double Run::step(Batch& batch) {
    const ProfileScope scope(first_step_scope);
    ranks_.sign_of_life();
    const Share share = share_of(options_.batch_size, ranks_);
    {
        const ProfileScope loading("windows");
        loader_.load(info_.samples + static_cast<uint64_t>(share.first), share.count, batch);
    }
    const Objective::Result result = add_gradients(batch);
    const bool stop = events_.should_stop && events_.should_stop();
    const auto told = ranks_.gather(std::array{result.loss, state_.gradient_norm(), stop ? 1.0 : 0.0});
    // All take rank 0's norm: another kind of CPU may round it otherwise, and the ranks would drift apart.
    const double norm = told[1];
    double loss = 0;
    for (size_t rank = 0; rank < told.size() / 3; ++rank) {
        loss += told[3 * rank];
        stopped_ = stopped_ || told[3 * rank + 2] > 0;
    }
    if (!std::isfinite(loss) || !std::isfinite(norm)) blame(result, loss, norm);
    update(norm);
    ++info_.step;
    info_.samples += static_cast<uint64_t>(options_.batch_size);
    norm_ = norm;
    return loss;
}

void Run::update(double norm) {
    OptimizerOptions optimizer;
    optimizer.learning_rate = learning_rate();
    optimizer.label_rate_factor = options_.label_rate_factor;
    optimizer.ema_decay = options_.ema_decay;
    optimizer.gradient_clip = options_.gradient_clip;
    const uint64_t epoch = info_.samples / loader_.windows_per_epoch();
    optimizer.label_table_only = epoch < static_cast<uint64_t>(options_.embed_only_epochs);
    state_.update(optimizer, norm);
    network_.load(state_.parameters());
}

// Names the maps of the whole batch, of which this rank knows a part.
void Run::blame(const Objective::Result& result, double loss, double norm) {
    Batch batch;
    loader_.load(info_.samples, options_.batch_size, batch);
    const Share share = share_of(options_.batch_size, ranks_);
    std::vector<double> mine(static_cast<size_t>(options_.batch_size));
    std::copy(result.per_window.begin(), result.per_window.end(), mine.begin() + share.first);
    const std::vector<double> all = ranks_.gather(mine);
    std::set<std::string> maps;
    for (size_t i = 0; i < all.size(); ++i)
        if (!std::isfinite(all[i])) maps.insert(dataset_.map(batch.map[i % mine.size()]).path);
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
         info_.step + 1, loss, norm, named);
}

// The loss of the parameters and of their EMA on the same windows of held-out maps.
std::pair<double, double> Run::validate() {
    WindowOptions windows = window_options();
    windows.augment = false;
    windows.label_dropout = 1;  // nothing is known of a style that was never seen
    const WindowLoader loader(dataset_, split_.validation, windows);
    Batch batch;
    const int64_t all =
        std::min<int64_t>(validation_windows, static_cast<int64_t>(loader.windows_per_epoch()));
    const Share share = share_of(all, ranks_);
    loader.load(static_cast<uint64_t>(share.first), share.count, batch);
    std::array<double, 2> shares;
    shares[0] = objective_.validate(batch, all).loss;
    network_.load(state_.ema());
    shares[1] = objective_.validate(batch, all).loss;
    network_.load(state_.parameters());
    const std::vector<double> told = ranks_.gather(shares);
    double loss = 0, ema_loss = 0;
    for (size_t rank = 0; rank < told.size() / 2; ++rank) {
        loss += told[2 * rank];
        ema_loss += told[2 * rank + 1];
    }
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
    if (folder_) folder_->add(entry);
    loss_sum_ = 0;
    steps_logged_ = 0;
    log_start_ = std::chrono::steady_clock::now();
}

void Run::save() {
    if (!folder_) return;
    Checkpoint checkpoint = state_.checkpoint();
    set_metadata(checkpoint, info_);
    const fs::path path = folder_->checkpoint(info_.step, options_.ckpt_format);
    write_checkpoint(path, checkpoint);
    last_checkpoint_ = path;
    say("Saved checkpoint to " + path.string());
    if (events_.on_checkpoint) events_.on_checkpoint(folder_->path(), folder_->entries());
}

TrainOutcome Run::go() {
    announce();
    if (info_.step >= total_steps_)
        fail(Hint{"raise --max-steps or --epochs, or begin a --new-run from its weights"},
             "the checkpoint is at step {} already, and the run ends at {}", info_.step, total_steps_);
    std::optional<Progress> progress;
    if (ranks_.leads()) progress.emplace("training", total_steps_ - info_.step, "steps");
    Batch batch;
    log_start_ = std::chrono::steady_clock::now();
    while (info_.step < total_steps_ && !stopped_) {
        const double loss = step(batch);
        loss_sum_ += loss;
        ++steps_logged_;
        if (progress) {
            progress->note(fmt::format("loss {:.4f}, {:.1f} windows/s",
                                       loss_sum_ / static_cast<double>(steps_logged_),
                                       progress->rate() * static_cast<double>(options_.batch_size)));
            progress->advance();
        }
        const bool at_checkpoint =
            info_.step % options_.ckpt_every == 0 || info_.step == total_steps_ || stopped_;
        if (info_.step % options_.log_every == 0 || at_checkpoint) {
            ranks_.expect_silence();
            if (progress) progress->clear();
            log(at_checkpoint);
        }
        if (at_checkpoint) save();
    }
    if (progress) progress->finish();
    say(stopped_ ? fmt::format("Stopped at step {}", info_.step) : "Done!");
    return {folder_ ? folder_->path() : fs::path(), last_checkpoint_, info_.step, !stopped_};
}

}  // namespace

TrainOutcome train(const TrainOptions& options, const TrainEvents& events) {
    const auto alone = make_single_process();
    return train(options, events, *alone);
}

TrainOutcome train(const TrainOptions& options, const TrainEvents& events, Communicator& ranks) {
    return Run(options, events, ranks).go();
}

}  // namespace osu
