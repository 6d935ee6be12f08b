// A dataset for training: all sequences of all maps in one memory-mapped .safetensors. Opening it reads
// tables of a few bytes a map and no datapoint; its tensors (x, y, time, distance, type, and the map_…
// tables) are plain columns that any reader of safetensors understands.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/file.h"
#include "beatmap/beatmap.h"
#include "sequence/datapoints.h"

namespace osu {

// One map of a dataset, as training sees it.
struct DatasetMap : MapFacts {  // no tags in packs made before they were kept
    std::string path;           // relative to the dataset, for messages
    std::string md5;            // of the source file; empty in packs made before it was kept
    int32_t label = 0;          // class index
    uint32_t track = 0;         // number of the track folder
    uint64_t first = 0;         // datapoint offset in the pack
    uint32_t count = 0;         // datapoints
};

class PackedDataset {
  public:
    // Whoever opens it with WhenCut::zeros asks check() whether all that was read is right.
    static PackedDataset open(const std::filesystem::path& file, WhenCut when_cut = WhenCut::end_process);
    void check() const;  // Error when the file was cut since

    size_t size() const;
    uint64_t datapoints() const;
    int32_t class_count() const;  // 1 + the largest label
    DatasetMap map(size_t index) const;
    std::span<const float> x(const DatasetMap& map) const;         // px
    std::span<const float> y(const DatasetMap& map) const;         // px
    std::span<const double> time(const DatasetMap& map) const;     // ms
    std::span<const float> distance(const DatasetMap& map) const;  // px
    std::span<const uint8_t> type(const DatasetMap& map) const;
    std::vector<Vec2> positions(const DatasetMap& map) const;  // px
    // The view of a map, over the pack and its positions(). Packs know no radius.
    Datapoints datapoints(const DatasetMap& map, std::span<const Vec2> positions) const;
    const std::string& fingerprint() const;  // of the dataset folder it was made from

    struct State;

  private:
    explicit PackedDataset(std::shared_ptr<const State> state) : state_(std::move(state)) {}
    std::shared_ptr<const State> state_;
};

}  // namespace osu
