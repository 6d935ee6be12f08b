// How many sets the maps of a dataset are of, counted alike wherever they are counted: by the set's ID, and
// by the track where it has none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <utility>

namespace osu {

class SetCounter {
  public:
    template <class Map>  // with set_id and track
    void add(const Map& map) {
        const bool known = map.set_id > 0;
        sets_.emplace(known, known ? map.set_id : int64_t{map.track});
    }
    size_t size() const { return sets_.size(); }

  private:
    std::set<std::pair<bool, int64_t>> sets_;
};

}  // namespace osu
