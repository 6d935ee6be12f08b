// The verb `train`: its flags, and what it says at the end.
#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <thread>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include "app/flag.h"
#include "app/verbs.h"
#include "base/error.h"
#include "base/file.h"
#include "base/parallel.h"
#include "base/profile.h"
#include "base/progress.h"
#include "picture/picture.h"
#include "train/trainer.h"

namespace osu {

namespace {

namespace fs = std::filesystem;

// What stands on the command line and is not yet what the trainer takes.
struct Flags {
    TrainOptions train;
    std::string noise_schedule, rate_schedule = "constant";
    std::string fine_tune_ids, held_out;
    double validation_split = 0;
    CLI::Option *split_flag = nullptr, *held_out_flag = nullptr;
    double max_time_offset = 100;  // s
    bool use_amp = true, profile = false;
    int threads = 0, num_workers = 4;
    std::string dist = "auto";
    double dist_timeout = 45;  // s
};

constexpr int signals[] = {SIGINT, SIGTERM, SIGUSR1, SIGHUP};
volatile std::sig_atomic_t stop_requested = 0;

void request_stop(int signal) {
    constexpr char words[] =
        "\nstopping after this step, with a checkpoint; a second time: at once, without one\n";
    stop_requested = 1;
    std::signal(signal, SIG_DFL);
    if (signal == SIGINT && isatty(STDERR_FILENO))
        static_cast<void>(!write(STDERR_FILENO, words, sizeof(words) - 1));
}

// SIGINT, SIGTERM, SIGHUP (of a terminal that goes away; unless it is ignored, as under nohup) and SIGUSR1
// (which mpirun passes on to its processes without killing them soon after) as a request: work finishes its
// step and saves. A second signal ends the program at once.
class StopSignal {
  public:
    StopSignal() {
        stop_requested = 0;
        for (const int signal : signals)
            if (std::signal(signal, request_stop) == SIG_IGN && signal == SIGHUP)
                std::signal(signal, SIG_IGN);
    }
    ~StopSignal() {
        for (const int signal : signals) std::signal(signal, SIG_DFL);
    }
    StopSignal(const StopSignal&) = delete;
    StopSignal& operator=(const StopSignal&) = delete;
    bool requested() const { return stop_requested != 0; }
};

// IDs separated by commas or spaces, or the path of a file that holds them.
std::vector<int64_t> beatmap_ids(const std::string& text) {
    std::string list = fs::is_regular_file(text) ? read_file(text) : text;
    std::vector<int64_t> ids;
    size_t begin = 0;
    while ((begin = list.find_first_not_of(", \t\r\n[]", begin)) != std::string::npos) {
        const size_t end = std::min(list.find_first_of(", \t\r\n[]", begin), list.size());
        const std::string word = list.substr(begin, end - begin);
        int64_t id = 0;
        const auto [rest, error] = std::from_chars(word.data(), word.data() + word.size(), id);
        if (error != std::errc() || rest != word.data() + word.size())
            fail(Hint{"give numbers separated by commas, or a file that holds them"},
                 "--fine-tune-ids: \"{}\" is neither a beatmap ID nor a file", word);
        ids.push_back(id);
        begin = end;
    }
    return ids;
}

RateSchedule rate_schedule(const std::string& name) {
    if (name == "constant") return RateSchedule::constant;
    if (name == "cosine") return RateSchedule::cosine;
    fail(Hint{"known are constant, cosine"}, "there is no learning rate schedule {}", name);
}

void draw_losses(const fs::path& run, std::span<const LogEntry> log) {
    Curve training{"training", {}, {}}, validation{"validation", {}, {}}, ema{"validation, EMA", {}, {}};
    const auto add = [](Curve& curve, int64_t step, double loss) {
        curve.x.push_back(static_cast<double>(step));
        curve.y.push_back(loss);
    };
    for (const LogEntry& entry : log) {
        add(training, entry.step, entry.loss);
        if (!entry.validation_loss) continue;
        add(validation, entry.step, *entry.validation_loss);
        add(ema, entry.step, *entry.validation_loss_ema);
    }
    std::vector<Curve> curves{training};
    if (!validation.x.empty()) curves.insert(curves.end(), {validation, ema});
    draw_chart(curves, run.filename().string(), "step", "loss", run / "loss.png");
}

// Processes that share a host share its cores, unless the launcher has given each its own, or the user has
// chosen.
void share_cores(int threads, const Communicator& ranks) {
    if (threads == 0 && ranks.ranks_here() > 1) {
        if (std::getenv("OMP_NUM_THREADS")) return;
        const int cores = static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN));
        const int ours = static_cast<int>(std::thread::hardware_concurrency());
        threads = ours < cores ? ours : std::max(1, cores / ranks.ranks_here());
        if (ranks.leads() && ours * ranks.ranks_here() <= cores / 2)
            fmt::print(stderr,
                       "warning: the launcher lets each of {} processes use {} of the {} cores: give mpirun "
                       "--bind-to none, or srun --cpus-per-task\n",
                       ranks.ranks_here(), ours, cores);
    }
    set_thread_count(threads);
}

std::string traffic_line(const Communicator& ranks) {
    const Communicator::Traffic traffic = ranks.traffic();
    if (traffic.bytes == 0) return {};
    return fmt::format(
        "sums of gradients {:.1f} ms beside the work, {:.1f} ms of them waited for; {} a step\n",
        1e3 * traffic.seconds, 1e3 * traffic.waited,
        format_bytes(static_cast<double>(traffic.bytes) / static_cast<double>(traffic.steps)));
}

void train_together(const Flags& flags, Communicator& ranks) {
    share_cores(flags.threads, ranks);
    const Profile profile(flags.profile);
    const StopSignal stop;
    const TrainOutcome outcome =
        train(flags.train, {[&] { return stop.requested(); }, draw_losses, terminal_listener()}, ranks);
    if (!ranks.leads()) return;
    fmt::print("\nlog         {}\nlosses      {}\ncheckpoint  {}\n", (outcome.run / "log.txt").string(),
               (outcome.run / "loss.png").string(), outcome.checkpoint.string());
    if (!outcome.finished) {
        std::vector<std::string> once;
        if (flags.train.new_run) once.push_back("--new-run");
        if (flags.train.relearn_embeds) once.push_back("--relearn-embeds");
        fmt::print("stopped at step {}; go on with the same command and --ckpt {}{}{}\n", outcome.step,
                   outcome.checkpoint.string(), once.empty() ? "" : ", without ", fmt::join(once, " and "));
    }
    fmt::print("{}", profile.table());
    if (flags.profile) fmt::print("{}", traffic_line(ranks));
}

void run(Flags& flags) {
    TrainOptions& options = flags.train;
    if (!flags.noise_schedule.empty()) options.noise_schedule = noise_schedule(flags.noise_schedule);
    options.rate_schedule = rate_schedule(flags.rate_schedule);
    if (!flags.use_amp) options.device.precision = "f32";
    if (!flags.fine_tune_ids.empty()) options.fine_tune_ids = beatmap_ids(flags.fine_tune_ids);

    if (flags.split_flag->count() + flags.held_out_flag->count() > 0) {
        options.held_out.emplace().share = flags.validation_split;
        if (!flags.held_out.empty()) options.held_out->mappers = read_held_out(flags.held_out);
    }
    options.max_time_offset = 1000 * flags.max_time_offset;

    options.distribution = distribution(flags.dist);
    const auto ranks = make_communicator(options.distribution, flags.dist_timeout);
    try {
        train_together(flags, *ranks);
    } catch (const std::exception& error) {
        ranks->give_up(error);
    }
}

void add_data_flags(CLI::App& verb, Flags& flags) {
    TrainOptions& o = flags.train;
    verb.add_option("--data-path,data", o.data_path, "Train on this dataset folder, or packed dataset")
        ->required();
    verb.add_option("--data-start", o.data_start, "Begin with this track folder")->check(at_least(0));
    verb.add_option("--data-end", o.data_end, "Stop before this track folder; -1: take all");
    verb.add_option("--fine-tune-ids", flags.fine_tune_ids,
                    "Train only on these beatmap IDs (a list, or a file)");
    flags.split_flag = verb.add_option("--validation-split", flags.validation_split,
                                       "Hold out the maps of this share of the mappers")
                           ->check(CLI::Range(0.0, 0.9))
                           ->default_str("0, or that of --ckpt");
    flags.held_out_flag =
        verb.add_option("--held-out", flags.held_out, "Hold out the mappers that this file lists as hashes")
            ->check(CLI::ExistingFile);
    verb.add_option("--max-time-offset", flags.max_time_offset,
                    "Put a window at a random time of the song, up to so many seconds")
        ->check(at_least(0));
    verb.add_option("--double-time", o.double_time, "Play this share of windows at 1.5 times the speed")
        ->check(CLI::Range(0.0, 1.0));
    verb.add_option("--distance-noise", o.distance_noise,
                    "Ask for a spacing that is off by about so many pixels, for maps with careless spacing")
        ->check(at_least(0));
    verb.add_option("--seq-len", o.tokens, "Cut windows of so many datapoints")
        ->check(CLI::Range(2, 1 << 16))
        ->default_str("128, or that of --ckpt");
    verb.add_option("--stride", o.stride, "Start a window every so many datapoints")->check(above(0));
    verb.add_option("--num-workers", flags.num_workers,
                    "Accept what old scripts give: loading needs no workers")
        ->check(at_least(0));
}

void add_model_flags(CLI::App& verb, Flags& flags) {
    TrainOptions& o = flags.train;
    verb.add_option("--model", o.model, "Train a DiT-XS, DiT-S, DiT-B, DiT-L or DiT-XL")
        ->default_str("DiT-B, or that of --ckpt");
    verb.add_option("--num-classes", o.num_classes,
                    "Give the label table so many rows; 0: as many as the data has, or --ckpt")
        ->check(CLI::Range(0, 1 << 24));
    verb.add_option("--ckpt", o.ckpt, "Go on from this checkpoint (ours, or a .pt of the reference)")
        ->check(CLI::ExistingFile);
    auto* teacher = verb.add_option("--distill", o.teacher,
                                    "Train a student of this checkpoint, which samples in --steps as it does "
                                    "in many; without --ckpt it begins as its teacher")
                        ->check(CLI::ExistingFile);
    verb.add_option("--steps", o.distill_steps, "Let the student of --distill sample in so many steps")
        ->check(CLI::Range(2, few_steps))
        ->needs(teacher);
    add_truth(verb, "--new-run", o.new_run,
              "Take only the weights of --ckpt: steps, rate, data order and optimiser begin anew");
    add_truth(
        verb, "--grow-labels", o.grow_labels,
        "With --new-run: add a row to the label table for each map that the dataset has more than --ckpt");
    add_truth(verb, "--relearn-embeds", o.relearn_embeds, "Begin the label table of --ckpt anew");
    verb.add_option("--embed-only-epochs", o.embed_only_epochs,
                    "Train the label table alone for so many epochs")
        ->check(at_least(0));
    verb.add_option("--noise-schedule", flags.noise_schedule, "Add noise by squaredcos_cap_v2 or linear")
        ->default_str("squaredcos_cap_v2, or that of --ckpt");
    verb.add_option("--l1-loss", o.l1_loss, "Take the L1 loss; false: the mean square")->expected(0, 1);
}

void add_optimizer_flags(CLI::App& verb, Flags& flags) {
    TrainOptions& o = flags.train;
    verb.add_option("--epochs", o.epochs, "Go so many times through the data")->check(above(0));
    verb.add_option("--max-steps", o.max_steps, "End at this step; 0: when the epochs are through")
        ->check(at_least(0));
    verb.add_option("--global-batch-size", o.batch_size,
                    "Take so many windows a step, of all processes together")
        ->check(above(0));
    verb.add_option("--global-seed", o.seed, "Seed the weights, the order of the data, and the noise")
        ->default_str("0, or that of the run that goes on");
    verb.add_option("--lr", o.learning_rate, "Learn at this rate")->check(at_least(0));
    verb.add_option("--label-lr-factor", o.label_rate_factor,
                    "Learn so much faster in the label table than in the rest: its rows are seldom seen")
        ->check(at_least(0));
    verb.add_option("--lr-schedule", flags.rate_schedule,
                    "Keep the rate constant, or let it fall by cosine (to zero at the last step)");
    verb.add_option("--warmup-steps", o.warmup_steps,
                    "Let the learning rate rise from zero over so many steps")
        ->check(at_least(0));
    verb.add_option("--grad-clip", o.gradient_clip, "Clip the norm of the gradients to this; 0: do not")
        ->check(at_least(0));
    verb.add_option("--ema-decay", o.ema_decay, "Let the averaged weights decay so slowly")
        ->check(CLI::Range(0.0, 1.0));
    verb.add_option("--label-dropout", o.label_dropout, "Train the null class on this share of windows")
        ->check(CLI::Range(0.0, 1.0));
    verb.add_option("--use-amp", flags.use_amp,
                    "Use half the precision where it is faster; false: --precision f32")
        ->expected(0, 1);
    add_device_flags(verb, o.device);
    verb.add_option(
            "--dist", flags.dist,
            "Sum the gradients of the processes of mpirun or srun by nccl (GPUs among themselves), mpi "
            "(in the hosts' memory), auto (nccl where all can), none (each is a run of its own)")
        ->check(CLI::IsMember({"auto", "mpi", "gloo", "nccl", "none"}));
    verb.add_option("--dist-timeout", flags.dist_timeout,
                    "End the run when a process hangs for so many seconds")
        ->check(CLI::Range(1.0, 1e6));
    add_threads(verb, flags.threads,
                "Use so many threads; 0: as many as there are cores, shared by the processes of a host");
}

void add_output_flags(CLI::App& verb, Flags& flags) {
    TrainOptions& o = flags.train;
    verb.add_option("--results-dir", o.results_dir, "Write to NNN-MODEL below this folder");
    verb.add_option("--log-every", o.log_every, "Log every so many steps")->check(above(0));
    verb.add_option("--ckpt-every", o.ckpt_every, "Write a checkpoint every so many steps")->check(above(0));
    verb.add_option("--ckpt-format", o.ckpt_format,
                    "Write checkpoints as safetensors, or pt as the reference has it")
        ->check(CLI::IsMember({"safetensors", "pt"}));
    add_truth(verb, "--profile", flags.profile, "Print time by operation at the end");
}

}  // namespace

void add_train_verb(CLI::App& app) {
    CLI::App* verb = app.add_subcommand("train", "Train a network on a dataset");
    auto flags = std::make_shared<Flags>();
    add_data_flags(*verb, *flags);
    add_model_flags(*verb, *flags);
    add_optimizer_flags(*verb, *flags);
    add_output_flags(*verb, *flags);
    verb->callback([flags] { run(*flags); });
}

}  // namespace osu
