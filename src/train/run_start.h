// What a training run begins with: the dataset, its maps, a rank's share of them, and what the network is to
// be.
#pragma once

#include <optional>

#include "archive/checkpoint.h"
#include "data/packed_dataset.h"
#include "data/split.h"
#include "data/windows.h"
#include "ops/devices.h"
#include "train/checkpoint_metadata.h"
#include "train/communicator.h"
#include "train/options.h"

namespace osu {

// Rank 0 opens it first: a folder is packed then.
PackedDataset open_together(const std::filesystem::path& path, Communicator& ranks);

// The device of this rank: of the GPUs of a host each process takes one of its own. `auto` takes GPUs where
// every process gets one.
OpenDevice open_for(DeviceChoice choice, Communicator& ranks);

// A rank's part of so many windows: parts that differ by one at most, in the order of ranks.
struct Share {
    int64_t first, count;
};
Share share_of(int64_t windows, const Communicator& ranks);

// The maps that the options ask for. Error when none is left, or one that was named is not there.
Split choose_maps(const PackedDataset& dataset, const TrainOptions& options);

// --ckpt, where there is one; for a new run without the optimiser's moments.
std::optional<Checkpoint> start_checkpoint(const TrainOptions& options);

// The network, its labels, and where training stands. Error when options, dataset and checkpoint contradict
// each other.
CheckpointInfo start_info(const TrainOptions& options, const PackedDataset& dataset,
                          const std::optional<Checkpoint>& resumed);

// The windows to train on.
WindowOptions window_options(const TrainOptions& options, const CheckpointInfo& info);

}  // namespace osu
