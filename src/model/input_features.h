// The features of the first layer, 528 columns: x, y, o, distance (128 each), one-hot type (16).
#pragma once

#include <span>

#include "model/config.h"
#include "ops/backend.h"

namespace osu {

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
