#include "model/dit_inputs.h"

#include <algorithm>

namespace osu {

namespace {

constexpr float playfield_width = 512, playfield_height = 384;  // px
constexpr float time_unit = 10;                                 // ms

}  // namespace

// A recording serves batches with and without lengths, where they are always there.
DitInputs::DitInputs(Backend& backend, int64_t batch, int64_t rows)
    : staging(backend),
      positions(staging.add<float>(2 * rows)),
      time(staging.add<float>(rows)),
      distance(staging.add<float>(rows)),
      timestep(staging.add<float>(batch)),
      label(staging.add<int32_t>(batch)),
      lengths(staging.add<int32_t>(batch)),
      type(staging.add<uint8_t>(rows)),
      always_lengths(!backend.shares_host_memory()) {}

void DitInputs::send(const DitInput& input) {
    const auto put = [&](const auto& values, auto part) {
        std::copy(values.begin(), values.end(), staging.host(part).begin());
    };
    positions_by_axis(input.x, input.batch, input.tokens, staging.host(positions));
    scaled_times(input.time, staging.host(time));
    put(input.distance, distance);
    put(input.timestep, timestep);
    put(input.label, label);
    put(input.type, type);
    const auto valid = staging.host(lengths);
    std::fill(valid.begin(), valid.end(), static_cast<int32_t>(input.tokens));
    put(input.lengths, lengths);
    band = input.band;
    whole = leaves_lengths_out(input);
    staging.send();
}

void positions_by_axis(std::span<const float> x, int64_t batch, int64_t tokens, std::span<float> positions) {
    for (int64_t axis = 0; axis < 2; ++axis)
        for (int64_t b = 0; b < batch; ++b)
            std::copy_n(x.begin() + (2 * b + axis) * tokens, tokens,
                        positions.begin() + (axis * batch + b) * tokens);
}

void scaled_times(std::span<const float> time, std::span<float> scaled) {
    // divided, as the reference does: a product rounds otherwise
    for (size_t i = 0; i < time.size(); ++i) scaled[i] = time[i] / time_unit;
}

void position_feature_columns(Backend& backend, std::span<const float> positions, Matrix out) {
    const size_t rows = positions.size() / 2;
    backend.sinusoidal_features(positions.first(rows), playfield_width, out.columns(0, position_features));
    backend.sinusoidal_features(positions.last(rows), playfield_height,
                                out.columns(position_features, position_features));
}

void context_feature_columns(Backend& backend, std::span<const float> time, std::span<const float> distance,
                             std::span<const uint8_t> type, Matrix out) {
    backend.sinusoidal_features(time, 1, out.columns(0, time_features));
    backend.sinusoidal_features(distance, 1, out.columns(time_features, distance_features));
    backend.one_hot(type, out.columns(time_features + distance_features, type_features));
}

void tokens_to_channels(std::span<const float> rows, int64_t batch, int64_t tokens,
                        std::span<float> channels) {
    for (int64_t b = 0; b < batch; ++b)
        for (int64_t c = 0; c < output_channels; ++c)
            for (int64_t t = 0; t < tokens; ++t)
                channels[(b * output_channels + c) * tokens + t] =
                    rows[(b * tokens + t) * output_channels + c];
}

void channels_to_tokens(std::span<const float> channels, int64_t batch, int64_t tokens,
                        std::span<float> rows) {
    for (int64_t b = 0; b < batch; ++b)
        for (int64_t c = 0; c < output_channels; ++c)
            for (int64_t t = 0; t < tokens; ++t)
                rows[(b * tokens + t) * output_channels + c] =
                    channels[(b * output_channels + c) * tokens + t];
}

}  // namespace osu
