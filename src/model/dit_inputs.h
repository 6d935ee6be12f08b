// A DitInput on its way to the device, and there.
#pragma once

#include "model/dit.h"
#include "model/staging.h"

namespace osu {

struct DitInputs {
    Staging staging;
    Staging::Part<float> positions, time, distance, timestep;  // (2, N), (N), (N), (B)
    Staging::Part<int32_t> label, lengths;                     // (B)
    Staging::Part<uint8_t> type;                               // (N)
    int64_t band = 0;
    bool whole = true;  // lengths are left out
    const bool always_lengths;

    DitInputs(Backend& backend, int64_t batch, int64_t rows);
    bool leaves_lengths_out(const DitInput& input) const { return input.lengths.empty() && !always_lengths; }
    void send(const DitInput& input);
};

}  // namespace osu
