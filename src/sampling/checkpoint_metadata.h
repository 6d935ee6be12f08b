// The strings that travel with the weights of a checkpoint, as values: what the network is, whose styles it
// knows, where its training stands. JSON under the keys "config", "labels" and "training".
#pragma once

#include <cstdint>
#include <vector>

#include "archive/checkpoint.h"
#include "data/label_index.h"
#include "data/split.h"
#include "diffusion/schedule.h"
#include "model/config.h"

namespace osu {

struct CheckpointInfo {
    DitConfig config;
    NoiseSchedule noise_schedule = NoiseSchedule::squaredcos_cap_v2;
    LabelIndex labels;   // which class is which map; empty where the file does not say
    int64_t tokens = 0;  // datapoints of a training window; 0: the file does not say
    int64_t step = 0;    // of training; the optimiser's where the file says no other
    HeldOut held_out;    // what training never saw
    uint64_t seed = 0;
    uint64_t samples = 0;  // windows seen: where the data order goes on

    // The steps, of the 1,000, that a student was made for, ascending, by ddim; empty: any.
    std::vector<int> student_steps;

    int64_t window() const { return tokens > 0 ? tokens : 128; }  // else the reference's
};

// From the metadata where it is there, else from the shapes. `heads` 0: by the metadata, then by the table of
// known sizes. Error when the two contradict each other, or the shapes are no network's.
// Without labels they stay empty: those of a large dataset take half a second to read.
CheckpointInfo describe(const Checkpoint& checkpoint, int heads = 0, bool with_labels = true);

// Writes the three strings.
void set_metadata(Checkpoint& checkpoint, const CheckpointInfo& info);

}  // namespace osu
