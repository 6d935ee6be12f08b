#include "model/input_features.h"

#include <vector>

namespace osu {

namespace {

constexpr float playfield_width = 512, playfield_height = 384;  // px
constexpr float time_unit = 10;                                 // ms

}  // namespace

void position_feature_columns(Backend& backend, std::span<const float> x, int64_t batch, int64_t tokens,
                              Matrix out) {
    std::vector<float> values(static_cast<size_t>(batch * tokens));
    for (int axis = 0; axis < 2; ++axis) {
        for (int64_t b = 0; b < batch; ++b)
            for (int64_t t = 0; t < tokens; ++t) values[b * tokens + t] = x[(2 * b + axis) * tokens + t];
        backend.sinusoidal_features(values, axis == 0 ? playfield_width : playfield_height,
                                    out.columns(axis * position_features, position_features));
    }
}

void context_feature_columns(Backend& backend, std::span<const float> time, std::span<const float> distance,
                             std::span<const uint8_t> type, Matrix out) {
    std::vector<float> scaled(time.begin(), time.end());
    for (float& value : scaled)
        value /= time_unit;  // divided, as the reference does: a product rounds otherwise
    backend.sinusoidal_features(scaled, 1, out.columns(0, time_features));
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
