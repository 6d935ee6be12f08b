// A map and where its datapoints are now: what edits, takes and exports come down to. Places are always
// those that a file would have: what is seen is what is written.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "beatmap/beatmap.h"
#include "sequence/datapoints.h"
#include "studio/shape.h"

namespace osu::studio {

// The map as it was opened. Never changes; shared by all that work on it.
struct SourceMap {
    explicit SourceMap(std::string text);  // Error for a map that is not of the standard mode, or empty

    Beatmap map;
    MapDatapoints datapoints;
    std::vector<uint32_t> first;  // of each object its first datapoint, and one more: their number
    std::span<const Vec2> positions() const { return datapoints.view().position; }
    size_t objects() const { return map.objects.size(); }
};

// Values of these objects' datapoints, one object after the other, out of those of all; and back.
std::vector<Vec2> gathered(const SourceMap& source, std::span<const uint32_t> objects,
                           std::span<const Vec2> all);
void scatter(const SourceMap& source, std::span<const uint32_t> objects, std::span<const Vec2> some,
             std::vector<Vec2>& all);

class PlacedMap {
  public:
    explicit PlacedMap(std::shared_ptr<const SourceMap> source);

    const SourceMap& source() const { return *source_; }
    std::shared_ptr<const SourceMap> shared_source() const { return source_; }
    const Beatmap& map() const { return *map_; }
    std::shared_ptr<const Beatmap> shared_map() const { return map_; }
    std::span<const Vec2> positions() const { return positions_; }  // (T) px
    const std::vector<ObjectShape>& shapes() const { return shapes_; }
    std::vector<uint32_t> changed() const;  // objects that differ from the source

    // The same with these objects at new places, which become whole numbers where the format wants them.
    // `positions`: those of all datapoints, of which only these objects' are looked at. `inside`: all is
    // moved into the playfield, and sliders turned until their bodies lie there; otherwise the places are
    // taken as they are.
    PlacedMap with(std::span<const uint32_t> objects, std::span<const Vec2> positions, bool inside) const;

    // The text of a difficulty of this name.
    std::string text(const std::string& version) const;

  private:
    std::shared_ptr<const SourceMap> source_;
    std::shared_ptr<const Beatmap> map_;
    std::vector<Vec2> positions_;
    std::vector<ObjectShape> shapes_;
    std::vector<uint8_t> is_changed_;  // of each object
    std::string rewritten(std::span<const Vec2> positions, const std::vector<uint8_t>& selected, bool inside,
                          const std::string& version) const;
};

}  // namespace osu::studio
