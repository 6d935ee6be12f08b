// The part of a map that is needed to place some of its datapoints: these, and around them what the network
// looks at. Where several parts are needed they follow one another as if nothing lay between; what is chosen
// is a context away from the seams. So a short section costs what it is, not what the map is.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sequence/datapoints.h"

namespace osu {

class MapSection {
  public:
    // `fixed` (T): datapoints that stay are 1; empty: none. `context`: as many datapoints are kept on either
    // side of those that do not, and whole objects; 0: all.
    MapSection(const Datapoints& map, std::span<const uint8_t> fixed, int64_t context);

    const std::vector<uint32_t>& kept() const { return kept_; }  // datapoints of the map, ascending
    size_t map_size() const { return map_.size(); }
    bool whole() const { return kept_.size() == map_.size(); }
    Datapoints view() const;  // of what is kept

    // Values by datapoint, (T) of the map or none: those that are kept.
    template <class Value>
    std::vector<Value> of(std::span<const Value> values) const {
        std::vector<Value> taken;
        for (size_t i = 0; i < kept_.size() && !values.empty(); ++i) taken.push_back(values[kept_[i]]);
        return taken;
    }
    // Rows (rows, 2, T) of the map, and (rows, 2, kept): one into the other.
    void take(std::span<const float> map, std::span<float> section) const;
    void put(std::span<const float> section, std::span<float> map) const;

  private:
    Datapoints map_;
    std::vector<uint32_t> kept_;
    std::vector<uint8_t> type_;
    std::vector<double> time_;
    std::vector<float> distance_;
    std::vector<Vec2> position_;
    std::vector<SliderLengths> sliders_;
};

}  // namespace osu
