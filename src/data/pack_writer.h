// Writing a packed dataset map by map, and what its writer and its reader agree on.
// Columns: x, y, distance (f32), time (f64), type (u8), one entry a datapoint; map_label, map_track (i32),
// map_beatmap_id, map_set_id (i64), one a map; map_first (i64), offsets of each map's datapoints;
// map_string_first (i64), offsets of creator, artist, title, version and path of each map in map_strings
// (u8); map_note_first and map_notes, the same for tags and MD5, which early packs do not have.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

#include "data/packed_dataset.h"
#include "sequence/datapoints.h"

namespace osu {

inline constexpr char pack_format[] = "osu-diffusion packed dataset 1";
inline constexpr size_t pack_strings = 5, pack_notes = 2;

// Collects maps on the disk, beside the file that commit() writes; memory holds the tables of maps only.
class PackWriter {
  public:
    PackWriter(const std::filesystem::path& file, std::string fingerprint);
    ~PackWriter();
    // `first` and `count` of the map are ignored.
    void add(const DatasetMap& map, const Datapoints& datapoints);
    uint64_t maps() const;
    uint64_t datapoints() const;
    void commit();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace osu
