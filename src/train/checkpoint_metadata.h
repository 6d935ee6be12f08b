// The strings that travel with the weights of a checkpoint, as values: what the network is, whose styles it
// knows, where its training stands. JSON under the keys "config", "labels" and "training".
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "archive/checkpoint.h"
#include "diffusion/schedule.h"
#include "model/config.h"

namespace osu {

// A beatmap that the network was trained on: a row of its label table.
struct Style {
    int64_t beatmap_id = 0;
    int32_t label = 0;
    std::string creator, artist, title, version;
};

struct CheckpointInfo {
    DitConfig config;
    NoiseSchedule noise_schedule = NoiseSchedule::squaredcos_cap_v2;
    std::vector<Style> styles;    // empty where the file has none, as in the reference's
    int64_t tokens = 0;           // datapoints of a training window; 0: unknown
    int64_t step = 0;             // of training; the optimiser's where the file says no other
    double validation_split = 0;  // share of beatmap sets that training held out (data/split.h), with `seed`
    uint64_t seed = 0;
    uint64_t samples = 0;  // windows seen: where the data order goes on
};

// From the metadata where it is there, else from the shapes. `heads` 0: by the metadata, then by the table of
// known sizes. Error when the two contradict each other, or the shapes are no network's.
CheckpointInfo describe(const Checkpoint& checkpoint, int heads = 0);

// Writes the three strings.
void set_metadata(Checkpoint& checkpoint, const CheckpointInfo& info);

}  // namespace osu
