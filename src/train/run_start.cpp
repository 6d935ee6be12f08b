#include "train/run_start.h"

#include <algorithm>
#include <array>
#include <set>

#include "base/error.h"
#include "train/label_growth.h"
#include "train/label_table_size.h"

namespace osu {

namespace {

// A run that goes on, or begins with the weights of another, has seen what that one has: it goes on not to
// see the rest.
HeldOut held_out(const TrainOptions& options, const CheckpointInfo& resumed, uint64_t seed) {
    if (!options.held_out) return resumed.held_out;
    HeldOut result = *options.held_out;
    result.seed = seed;
    return result;
}

// Rank 0 opens it first: a folder is packed then.
PackedDataset open_together(const std::filesystem::path& path, Communicator& ranks,
                            const Listener& listener) {
    if (!ranks.leads()) ranks.barrier();
    PackedDataset dataset = open_dataset(path, listener, WhenCut::zeros);
    if (ranks.leads()) ranks.barrier();
    return dataset;
}

// The maps that the options ask for.
Split choose_maps(const PackedDataset& dataset, const TrainOptions& options, const HeldOut& held_out) {
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
    Split split = split_held_out(dataset, held_out);
    std::erase_if(split.train, [&](uint32_t index) { return !keep(index); });
    std::erase_if(split.validation, [&](uint32_t index) { return !keep(index); });
    if (split.train.empty())
        fail(Hint{"see --data-start, --data-end, --fine-tune-ids, --held-out and --validation-split"},
             "no map of {} is left to train on", options.data_path.string());
    for (int64_t id : wanted)
        if (!found.contains(id)) fail("the dataset has no map with beatmap ID {}", id);
    return split;
}

std::optional<Checkpoint> start_checkpoint(const TrainOptions& options, const PackedDataset& dataset) {
    if (options.grow_labels && (!options.new_run || options.relearn_embeds))
        fail(Hint{"the optimiser knows nothing of new rows"},
             "--grow-labels goes with --ckpt and --new-run, and not with --relearn-embeds");
    if (options.ckpt.empty()) {
        if (options.new_run) fail(Hint{"without --ckpt every run is new"}, "--new-run goes with --ckpt");
        return std::nullopt;
    }
    Checkpoint checkpoint = read_checkpoint(options.ckpt);
    verify(checkpoint);
    if (options.new_run) {
        checkpoint.exp_avg.clear();
        checkpoint.exp_avg_sq.clear();
    }
    if (options.grow_labels) grow_label_table(checkpoint, label_index(dataset));
    return checkpoint;
}

// What a student keeps of its teacher's steps.
std::vector<int> student_steps(const TrainOptions& options, const CheckpointInfo& resumed) {
    const std::vector<int>& before = resumed.student_steps;
    if (options.teacher.empty()) {
        if (before.empty() || options.new_run) return {};
        fail(Hint{"name its teacher with --distill, or make any network of it with --new-run"},
             "{} is a student of {} steps", options.ckpt.string(), before.size());
    }
    std::vector<int> steps = respace_few(resumed.noise_schedule, options.distill_steps);
    if (!before.empty() && !options.new_run && steps != before)
        fail(Hint{"give the same --steps, or begin a --new-run from its weights"},
             "{} is a student of {} steps, not of {}", options.ckpt.string(), before.size(), steps.size());
    return steps;
}

CheckpointInfo start_info(const TrainOptions& options, const PackedDataset& dataset,
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
    check_label_table(info.config, machine_memory());
    if (options.new_run) info.step = info.samples = 0;
    if (dataset.class_count() > classes)
        fail(Hint{resumed ? "--new-run --grow-labels adds rows for the new maps, --relearn-embeds begins the "
                            "label table anew"
                          : "raise --num-classes"},
             "the dataset has {} classes, the label table only {}", dataset.class_count(), classes);
    info.noise_schedule = options.noise_schedule.value_or(info.noise_schedule);
    info.tokens = options.tokens.value_or(info.window());
    info.seed = options.seed.value_or(options.new_run ? 0 : info.seed);
    info.held_out = held_out(options, info, info.seed);
    const LabelIndex labels = label_index(dataset);
    if (!relearn)
        check_same_maps(
            info.labels, labels, options.ckpt.string(),
            "go on with the dataset that it was trained on (--new-run --grow-labels where that has "
            "got more maps), or begin the label table anew with --relearn-embeds");
    info.labels = labels;
    info.student_steps = student_steps(options, info);
    return info;
}

std::string changed_by(const TrainOptions& options, const std::optional<Checkpoint>& resumed,
                       const CheckpointInfo& info) {
    if (!resumed) return {};
    const CheckpointInfo before = describe(*resumed, 0, false);
    std::string changed;
    const auto compare = [&](const char* flag, const auto& now, const auto& then) {
        if (now != then)
            changed += fmt::format("{}{} {}, which was {}", changed.empty() ? "" : "; ", flag, now, then);
    };
    compare("--noise-schedule", name_of(info.noise_schedule), name_of(before.noise_schedule));
    compare("--seq-len", info.window(), before.window());
    if (!options.new_run && before.samples > 0) compare("--global-seed", info.seed, before.seed);
    return changed;
}

std::vector<std::string> notices_of(const TrainOptions& options, const PackedDataset& dataset,
                                    const std::optional<Checkpoint>& resumed, const CheckpointInfo& info) {
    std::vector<std::string> notices;
    if (options.held_out && !options.held_out->mappers.empty() && !lists_any(*options.held_out, dataset))
        notices.emplace_back(
            "Warning: --held-out lists no mapper of the dataset: a line is the hash of a name in lower case");
    if (const std::string changed = changed_by(options, resumed, info); !changed.empty())
        notices.push_back("Notice: other than in the checkpoint: " + changed);
    return notices;
}

int64_t count_steps(const TrainOptions& options, const WindowLoader& loader) {
    const double windows =
        static_cast<double>(loader.windows_per_epoch()) * static_cast<double>(options.epochs);
    const int64_t by_epochs =
        std::max<int64_t>(1, static_cast<int64_t>(windows / static_cast<double>(options.batch_size)));
    return options.max_steps > 0 ? std::min(options.max_steps, by_epochs) : by_epochs;
}

}  // namespace

RunStart::RunStart(const TrainOptions& options, Communicator& ranks, const Listener& listener)
    : dataset(open_together(options.data_path, ranks, listener)),
      resumed(start_checkpoint(options, dataset)),
      info(start_info(options, dataset, resumed)),
      split(choose_maps(dataset, options, info.held_out)),
      loader(dataset, split.train, window_options(options, info)),
      total_steps(count_steps(options, loader)),
      notices(notices_of(options, dataset, resumed, info)) {
    if (options.batch_size < ranks.size())
        fail(Hint{"start fewer processes, or raise --global-batch-size"},
             "a batch of {} windows cannot be shared by {} processes", options.batch_size, ranks.size());
    if (info.step >= total_steps)
        fail(Hint{"raise --max-steps or --epochs, or begin a --new-run from its weights"},
             "the checkpoint is at step {} already, and the run ends at {}", info.step, total_steps);
}

OpenDevice open_for(DeviceChoice choice, Communicator& ranks) {
    choice.gpu = ranks.rank_here();
    OpenDevice device = open_device(choice);
    if (choice.device != "auto") return device;
    const bool has_gpu = !device.backend->shares_host_memory();
    const std::vector<double> has = ranks.gather(std::array{has_gpu ? 1.0 : 0.0});
    if (!has_gpu || std::find(has.begin(), has.end(), 0.0) == has.end()) return device;
    choice.device = "cpu";
    device = open_device(choice);
    device.notice = "not every process has a GPU: the CPUs do the work";
    return device;
}

Share share_of(int64_t windows, const Communicator& ranks) {
    const int64_t first = windows * ranks.rank() / ranks.size();
    return {first, windows * (ranks.rank() + 1) / ranks.size() - first};
}

WindowOptions window_options(const TrainOptions& options, const CheckpointInfo& info) {
    WindowOptions windows;
    windows.tokens = info.tokens;
    windows.stride = options.stride;
    windows.seed = info.seed;
    windows.label_dropout = options.label_dropout;
    windows.max_time_offset = options.max_time_offset;
    windows.double_time = options.double_time;
    windows.distance_noise = options.distance_noise;
    windows.null_label = info.config.null_label();
    return windows;
}

}  // namespace osu
