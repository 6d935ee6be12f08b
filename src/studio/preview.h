// A take on its way, drawn as it stands: coarse, and only as often as it costs next to nothing.
#pragma once

#include <chrono>
#include <span>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "studio/placed_map.h"

namespace osu::studio {

// {"12": Shape} of these objects with datapoints at `x` (2, T) in [0, 1], unrounded and not stacked.
nlohmann::json preview_shapes(const SourceMap& source, std::span<const uint32_t> objects,
                              std::span<const float> x);

// Says when another preview may be made: ten a second at most, and a small share of the time.
class PreviewClock {
  public:
    bool due() const;
    void begin();
    void end();

  private:
    using Clock = std::chrono::steady_clock;
    Clock::time_point started_ = Clock::now(), last_{}, begun_{};
    Clock::duration spent_{};
};

}  // namespace osu::studio
