// What a training run begins with: the dataset, its maps, a rank's share of them, what the network is to be,
// and its device.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "archive/checkpoint.h"
#include "data/pack_dataset.h"
#include "data/split.h"
#include "data/windows.h"
#include "ops/devices.h"
#include "sampling/checkpoint_metadata.h"
#include "train/communicator.h"
#include "train/options.h"

namespace osu {

// All that can be found wrong before a device is opened and a folder is made. Error when options, dataset and
// checkpoint contradict each other, no map is left, or nothing is left to do.
struct RunStart {
    RunStart(const TrainOptions& options, Communicator& ranks, const Listener& listener = {});

    PackedDataset dataset;
    std::optional<Checkpoint> resumed;  // --ckpt, where there is one; for a new run without the moments
    CheckpointInfo info;                // the network, its labels, and where training stands
    Split split;
    WindowLoader loader;  // over the maps to train on
    int64_t total_steps;  // where the run ends
    // What the options have otherwise than the checkpoint, or ask for in vain; mostly nothing.
    std::vector<std::string> notices;
};

// The device of this rank: of the GPUs of a host each process takes one of its own. `auto` takes GPUs where
// every process gets one.
OpenDevice open_for(DeviceChoice choice, Communicator& ranks);

// A rank's part of so many windows: parts that differ by one at most, in the order of ranks.
struct Share {
    int64_t first, count;
};
Share share_of(int64_t windows, const Communicator& ranks);

// How maps are cut into windows.
WindowOptions window_options(const TrainOptions& options, const CheckpointInfo& info);

}  // namespace osu
