// What the network is given: on the host, on its way to the device, and as features of the first layer, 528
// columns: x, y, o, distance (128 each), one-hot type (16).
#pragma once

#include <span>

#include "model/config.h"
#include "model/staging.h"
#include "ops/backend.h"

namespace osu {

// Host memory; row-major (B, T) unless said otherwise.
struct DitInput {
    int64_t batch = 0, tokens = 0;
    std::span<const float> x;          // (B, 2, T), [0, 1] on the playfield, noised
    std::span<const float> time;       // o (B, T), ms
    std::span<const float> distance;   // (B, T), px
    std::span<const uint8_t> type;     // (B, T), 0–15
    std::span<const float> timestep;   // (B), 0–999
    std::span<const int32_t> label;    // (B), num_classes: the null class
    std::span<const int32_t> lengths;  // (B) valid tokens, or empty: all
    int64_t band = 0;                  // query q sees key k iff q − band < k ≤ q + band; 0: all
};

// A DitInput on its way to the device, and there.
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

// As the features take them, from (B, 2, T) and ms; host memory.
void positions_by_axis(std::span<const float> x, int64_t batch, int64_t tokens,
                       std::span<float> positions);  // (2, N)
void scaled_times(std::span<const float> time, std::span<float> scaled);

// positions (2, N) → columns 0–255 of `out` (N, ≥ 256).
void position_feature_columns(Backend& backend, std::span<const float> positions, Matrix out);

// Scaled time, distance [px], type, one of each for every row of `out` (N, 272): the columns from 256 on.
void context_feature_columns(Backend& backend, std::span<const float> time, std::span<const float> distance,
                             std::span<const uint8_t> type, Matrix out);

// (N, 4) rows of tokens ⇄ (B, 4, T) channels, host memory.
void tokens_to_channels(std::span<const float> rows, int64_t batch, int64_t tokens,
                        std::span<float> channels);
void channels_to_tokens(std::span<const float> channels, int64_t batch, int64_t tokens,
                        std::span<float> rows);

}  // namespace osu
