#include "train/trainer.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <set>

#include "base/error.h"
#include "base/parallel.h"
#include "base/profile.h"
#include "base/progress.h"
#include "model/network.h"
#include "train/checkpoint_writer.h"
#include "train/footing.h"
#include "train/gradient_buckets.h"
#include "train/objective.h"
#include "train/run_start.h"
#include "train/step_results.h"
#include "train/training_state.h"
#include "train/validation.h"

namespace osu {

namespace fs = std::filesystem;

namespace {

// The parts of a run, and the steps over them.
class TrainingRun {
  public:
    TrainingRun(const TrainOptions& options, const TrainEvents& events, Communicator& ranks,
                const DeviceOpener& open);
    TrainOutcome go();

  private:
    TrainOutcome train();

    const TrainOptions& options_;
    const TrainEvents& events_;
    Communicator& ranks_;
    RunStart start_;
    CheckpointInfo& info_ = start_.info;  // of the start, and then of each step
    const OpenDevice device_;
    Backend* const backend_;
    const std::unique_ptr<RankSums> sums_;  // of several processes
    Dit network_;
    TrainingState state_;
    std::optional<GradientBuckets> buckets_;
    StepResults results_;
    const Diffusion diffusion_;
    std::optional<Distillation> distillation_;  // of a student
    Objective objective_;
    std::optional<RunFolder> folder_;  // of rank 0
    std::optional<CheckpointWriter> saving_;
    bool stopped_ = false;

    Footing footing_;

    // Since the last log entry:
    double loss_sum_ = 0, norm_ = 0;
    int64_t steps_logged_ = 0;
    std::optional<Progress> progress_;  // of rank 0
    std::chrono::steady_clock::time_point log_start_ = std::chrono::steady_clock::now();

    int64_t tokens_at_once() const {
        return backend_->tokens_at_once(training_token_bytes(info_.config, backend_->compute_type()));
    }
    std::optional<Distillation> start_distillation();
    bool labels_only() const;  // whether the next step trains the label table alone
    double learning_rate() const { return osu::learning_rate(options_, info_.step, start_.total_steps); }
    fs::path last_checkpoint() const { return saving_ ? saving_->last() : fs::path(); }
    void say(const std::string& message);
    void announce();
    void step(Batch& batch);
    void load(Batch& batch, const Share& share);
    void meet_before_step(const Batch& batch);
    void take_results(bool all);
    void record(const StepResult& result);
    void update();
    [[noreturn]] void blame(const StepResult& result);
    void log(bool with_validation);
};

TrainingRun::TrainingRun(const TrainOptions& options, const TrainEvents& events, Communicator& ranks,
                         const DeviceOpener& open)
    : options_(options),
      events_(events),
      ranks_(ranks),
      start_(options, ranks, events.dataset),
      device_(open()),
      backend_(device_.backend.get()),
      sums_(make_rank_sums(options.distribution, ranks, *backend_)),
      network_(info_.config, *backend_),
      state_(network_.layout(), *backend_, network_.rounded()),
      results_(*backend_),
      diffusion_(info_.noise_schedule, respace("1000")),
      distillation_(start_distillation()),
      objective_(diffusion_, options.l1_loss, info_.seed, network_, tokens_at_once(),
                 distillation_ ? &*distillation_ : nullptr) {
    if (sums_) {
        const Parameter& table = network_.layout().find(label_table);
        const LabelRows rows{table.offset, table.count, static_cast<size_t>(table.shape[1]),
                             options.batch_size};
        buckets_.emplace(*sums_, *backend_, state_.gradients(), rows);
    }
    state_.initialize(info_.seed);
    if (start_.resumed) state_.restore(*start_.resumed, options_.relearn_embeds);
    start_.resumed.reset();  // as large as the state itself
    network_.load(state_.parameters());
    if (ranks.leads()) {
        folder_.emplace(options.results_dir, info_.config.name());
        saving_.emplace(*folder_, options_, events_);
    }
}

std::optional<Distillation> TrainingRun::start_distillation() {
    if (options_.teacher.empty()) return std::nullopt;
    const Checkpoint teacher = read_checkpoint(options_.teacher);
    verify(teacher);
    return std::optional<Distillation>(std::in_place, teacher, info_, network_, tokens_at_once());
}

void TrainingRun::say(const std::string& message) {
    if (folder_) folder_->say(message);
}

void TrainingRun::announce() {
    if (folder_) say("Experiment directory created at " + folder_->path().string());
    say(fmt::format("{} Parameters: {}", info_.config.name(), network_.layout().size()));
    say(fmt::format("Dataset: {} maps to train on, {} held out{}, {} windows an epoch",
                    start_.split.train.size(), start_.split.validation.size(),
                    info_.held_out.any() && !options_.held_out ? " as the checkpoint says" : "",
                    start_.loader.windows_per_epoch()));
    if (!options_.ckpt.empty())
        say(fmt::format("Restored from checkpoint at {} (step {}{})", options_.ckpt.string(), info_.step,
                        options_.new_run ? ", a new run" : ""));
    if (distillation_)
        say(fmt::format("A student of {} steps, taught by {}", distillation_->levels(),
                        options_.teacher.string()));
    for (const std::string& notice : start_.notices) say(notice);
    if (options_.embed_only_epochs > 0 && !labels_only())
        say("Notice: the epochs of --embed-only-epochs are over; --new-run begins them anew");
    if (!device_.notice.empty()) say("Notice: " + device_.notice);
    if (ranks_.size() > 1)
        say(fmt::format("{} processes, {} on this host, {} threads each; {} sums their gradients",
                        ranks_.size(), ranks_.ranks_here(), thread_count(), sums_->name()));
    say(fmt::format("Training to step {} ({} a batch, {} on {})", start_.total_steps, options_.batch_size,
                    name_of(backend_->compute_type()), device_.name));
}

// All ranks hear which rows of the label table the whole batch has gradients for, and who wants to stop.
void TrainingRun::meet_before_step(const Batch& batch) {
    const bool stop = events_.should_stop && events_.should_stop();
    if (!buckets_) {
        stopped_ = stop;
        return;
    }
    const int64_t most = (options_.batch_size + ranks_.size() - 1) / ranks_.size();
    std::vector<double> mine(static_cast<size_t>(1 + most), batch.label[0]);
    mine[0] = stop ? 1 : 0;
    std::copy(batch.label.begin(), batch.label.end(), mine.begin() + 1);
    const std::vector<double> all = ranks_.gather(mine);
    std::set<int32_t> labels;
    for (size_t i = 0; i < all.size(); ++i) {
        if (i % mine.size() == 0)
            stopped_ = stopped_ || all[i] > 0;
        else
            labels.insert(static_cast<int32_t>(all[i]));
    }
    buckets_->touch(std::vector(labels.begin(), labels.end()));
}

// A dataset that is lost ends the run, but not without a checkpoint.
void TrainingRun::load(Batch& batch, const Share& share) {
    try {
        start_.loader.load(info_.samples + static_cast<uint64_t>(share.first), share.count, batch);
    } catch (const Error&) {
        take_results(true);
        if (saving_ && info_.step > 0) saving_->write(state_, info_);
        throw;
    }
}

// Gives the device all of a step, and takes the results of the one before.
void TrainingRun::step(Batch& batch) {
    const ProfileScope scope(first_step_scope);
    ranks_.sign_of_life();
    const Share share = share_of(options_.batch_size, ranks_);
    {
        const ProfileScope loading("windows");
        load(batch, share);
    }
    meet_before_step(batch);
    objective_.run(batch, options_.batch_size, state_.gradients(), &state_.totals()->loss,
                   buckets_ ? &*buckets_ : nullptr, [&] { ranks_.sign_of_life(); });
    state_.measure_gradients();
    if (sums_) sums_->share(state_.totals());
    update();
    results_.push(info_.step + 1, info_.samples, state_.totals());
    ++info_.step;
    info_.samples += static_cast<uint64_t>(options_.batch_size);
    take_results(false);
}

bool TrainingRun::labels_only() const {
    return info_.samples / start_.loader.windows_per_epoch() <
           static_cast<uint64_t>(options_.embed_only_epochs);
}

void TrainingRun::update() {
    OptimizerOptions optimizer;
    optimizer.learning_rate = learning_rate();
    optimizer.label_rate_factor = options_.label_rate_factor;
    optimizer.ema_decay = options_.ema_decay;
    optimizer.gradient_clip = options_.gradient_clip;
    optimizer.label_table_only = labels_only();
    state_.update(optimizer);
    if (!network_.rounded()) network_.load(state_.parameters());
}

void TrainingRun::take_results(bool all) {
    const auto wait = [&](const std::function<bool()>& ready) {
        if (!sums_) return;
        ranks_.wait_until([&] {
            sums_->check();
            return ready();
        });
    };
    while (const auto result = results_.pop(all, wait)) record(*result);
}

void TrainingRun::record(const StepResult& result) {
    if (!is_finite(result.totals)) blame(result);
    const double loss = result.totals.loss / static_cast<double>(options_.batch_size);
    if (const auto lost = footing_.look(result.step, loss)) {
        if (progress_) progress_->clear();
        say("Warning: " + *lost);
    }
    loss_sum_ += loss;
    norm_ = std::sqrt(result.totals.squared_norm);
    ++steps_logged_;
    if (!progress_) return;
    progress_->note(fmt::format("loss {:.4f}, {:.1f} windows/s",
                                loss_sum_ / static_cast<double>(steps_logged_),
                                progress_->rate() * static_cast<double>(options_.batch_size)));
    progress_->advance();
}

// Names the maps of the whole batch, of which this rank knows a part. The step changed nothing, so its losses
// come out once more.
void TrainingRun::blame(const StepResult& result) {
    Batch batch;
    const Share share = share_of(options_.batch_size, ranks_);
    start_.loader.load(result.samples + static_cast<uint64_t>(share.first), share.count, batch);
    const std::vector<float> losses = objective_.losses(batch);
    std::vector<double> mine(static_cast<size_t>(options_.batch_size));
    std::copy(losses.begin(), losses.end(), mine.begin() + share.first);
    const std::vector<double> all = ranks_.gather(mine);
    start_.loader.load(result.samples, options_.batch_size, batch);
    fail(Hint{fmt::format("continue from {} with a lower --lr, with --grad-clip 1, or with --precision f32",
                          last_checkpoint().empty() ? "the start" : last_checkpoint().string())},
         "the loss is not a finite number at step {} (loss {}, gradient norm {}); maps of the batch:{}",
         result.step, result.totals.loss / static_cast<double>(options_.batch_size),
         std::sqrt(result.totals.squared_norm), maps_to_blame(start_.dataset, batch, all));
}

void TrainingRun::log(bool with_validation) {
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - log_start_;
    if (steps_logged_ == 0) return;
    LogEntry entry;
    entry.step = info_.step;
    entry.loss = loss_sum_ / static_cast<double>(steps_logged_);
    entry.learning_rate = learning_rate();
    entry.gradient_norm = norm_;
    entry.steps_per_second = static_cast<double>(steps_logged_) / seconds.count();
    entry.windows_per_second = entry.steps_per_second * static_cast<double>(options_.batch_size);
    if (with_validation && !start_.split.validation.empty()) {
        const ValidationLoss held_out = validate(start_, options_, ranks_, state_, network_, objective_);
        entry.validation_loss = held_out.parameters;
        entry.validation_loss_ema = held_out.ema;
    }
    if (folder_) folder_->add(entry);
    loss_sum_ = 0;
    steps_logged_ = 0;
    log_start_ = std::chrono::steady_clock::now();
}

TrainOutcome TrainingRun::go() {
    try {
        return train();
    } catch (const std::exception& error) {
        if (progress_) progress_->clear();
        // Here, not further out: the device may be in a sum that other ranks never join, and whoever cleans
        // up would wait for it.
        ranks_.give_up(error);
        throw;  // not reached
    }
}

TrainOutcome TrainingRun::train() {
    announce();
    if (ranks_.leads()) progress_.emplace("training", start_.total_steps - info_.step, "steps");
    Batch batch;
    log_start_ = std::chrono::steady_clock::now();
    while (info_.step < start_.total_steps && !stopped_) {
        step(batch);
        const bool at_checkpoint =
            info_.step % options_.ckpt_every == 0 || info_.step == start_.total_steps || stopped_;
        const bool at_log = info_.step % options_.log_every == 0;
        if (at_log || at_checkpoint) {
            take_results(true);
            ranks_.expect_silence();
            if (progress_) progress_->clear();
            log(at_checkpoint && !stopped_);  // who wants to stop does not wait for long
        }
        if (!saving_) continue;
        if (info_.step == start_.total_steps || stopped_)
            saving_->write_last(state_, info_, stopped_);
        else if (at_checkpoint || (at_log && saving_->due()))
            saving_->write(state_, info_);
    }
    if (progress_) progress_->finish();
    say(stopped_ ? fmt::format("Stopped at step {}", info_.step) : "Done!");
    return {folder_ ? folder_->path() : fs::path(), last_checkpoint(), info_.step, !stopped_};
}

}  // namespace

TrainOutcome train(const TrainOptions& options, const TrainEvents& events) {
    const auto alone = make_single_process();
    return train(options, events, *alone);
}

TrainOutcome train(const TrainOptions& options, const TrainEvents& events, Communicator& ranks) {
    return train(options, events, ranks, [&] { return open_for(options.device, ranks); });
}

TrainOutcome train(const TrainOptions& options, const TrainEvents& events, Communicator& ranks,
                   const DeviceOpener& open) {
    TrainOptions begun = options;
    if (!begun.teacher.empty() && begun.ckpt.empty()) {
        begun.ckpt = begun.teacher;
        begun.new_run = true;
    }
    return TrainingRun(begun, events, ranks, open).go();
}

}  // namespace osu
