#include "model/dit_inputs.h"

#include <algorithm>

#include "model/input_features.h"

namespace osu {

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

}  // namespace osu
