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
#include "sequence/datapoints.h"

namespace osu {

// One map of a dataset, as training sees it.
struct DatasetMap {
    int64_t beatmap_id = 0, set_id = 0;  // 0 and −1 where the map has none
    std::string creator, artist, title, version;
    std::string path;       // relative to the dataset, for messages
    std::string tags, md5;  // of the source file; empty in packs made before they were kept
    int32_t label = 0;      // class index
    uint32_t track = 0;     // number of the track folder
    uint64_t first = 0;     // datapoint offset in the pack
    uint32_t count = 0;     // datapoints
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

// A map that did not make it, and why.
struct SkippedMap {
    std::string path, reason, detail;
};

struct PackReport {
    uint64_t maps = 0, datapoints = 0;
    std::vector<SkippedMap> skipped;
};

// Packs a dataset folder (data/dataset_folder.h), maps in the order of their class index. A bad map is
// skipped and named in the report; memory stays bounded whatever the size. Shows its progress.
// Error when another process writes that file.
PackReport pack_dataset(const std::filesystem::path& dataset, const std::filesystem::path& file);

// What training opens: a pack itself, or a dataset folder with `dataset.pack` in it, which is made where it
// is missing or older than the folder's content. Another process that packs the same folder is waited for.
PackedDataset open_dataset(const std::filesystem::path& pack_or_folder,
                           WhenCut when_cut = WhenCut::end_process);

}  // namespace osu
