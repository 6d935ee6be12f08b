#include "train/checkpoint_writer.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include <fmt/format.h>

#include "base/error.h"

namespace osu {

using namespace std::chrono_literals;

CheckpointWriter::CheckpointWriter(RunFolder& folder, const TrainOptions& options, const TrainEvents& events)
    : folder_(folder), options_(options), events_(events) {}

void CheckpointWriter::write(const TrainingState& state, const CheckpointInfo& info) {
    const std::filesystem::path path = folder_.checkpoint(info.step, options_.ckpt_format);
    due_ = true;
    try {
        Checkpoint checkpoint = state.checkpoint();
        set_metadata(checkpoint, info);
        write_checkpoint(path, checkpoint);
    } catch (const std::exception& error) {
        folder_.say(
            fmt::format("Warning: no checkpoint of step {}: {}; the last one is {}, and it is tried again",
                        info.step, error.what(), last_.empty() ? "none" : last_.string()));
        return;
    }
    due_ = false;
    last_ = path;
    folder_.say("Saved checkpoint to " + path.string());
    try {
        if (events_.on_checkpoint) events_.on_checkpoint(folder_.path(), folder_.entries());
    } catch (const std::exception& error) {
        folder_.say(fmt::format("Warning: {}", error.what()));
    }
}

void CheckpointWriter::write_last(const TrainingState& state, const CheckpointInfo& info, bool stopped) {
    using Clock = std::chrono::steady_clock;
    const std::chrono::duration<double> patience(options_.save_patience);
    write(state, info);
    for (const auto begin = Clock::now(); due_ && Clock::now() - begin < patience;) {
        if (!stopped && events_.should_stop && events_.should_stop()) break;
        std::this_thread::sleep_for(std::min<std::chrono::duration<double>>(patience / 20, 10s));
        write(state, info);
    }
    if (due_)
        fail(Hint{last_.empty() ? "make room, or name another --results-dir"
                                : "make room, and go on with --ckpt " + last_.string()},
             "the last checkpoint could not be written: the run ends with what was saved before");
}

}  // namespace osu
