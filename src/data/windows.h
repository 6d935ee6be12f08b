// Training windows of a dataset: cut, shuffled, augmented, batched.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace osu {

// One map of a dataset, as training sees it.
struct DatasetMap {
    int64_t beatmap_id = 0, set_id = 0;
    std::string creator, artist, title, version;
    std::string path;    // relative to the dataset, for messages
    int32_t label = 0;   // class index
    uint64_t first = 0;  // datapoint offset in the pack
    uint32_t count = 0;  // datapoints
};

// All sequences of a dataset in one memory-mapped file; opening it reads no datapoint.
class PackedDataset {
  public:
    static PackedDataset open(const std::filesystem::path& file);

    size_t size() const;
    DatasetMap map(size_t index) const;
    std::span<const float> x(const DatasetMap& map) const;         // px
    std::span<const float> y(const DatasetMap& map) const;         // px
    std::span<const double> time(const DatasetMap& map) const;     // ms
    std::span<const float> distance(const DatasetMap& map) const;  // px
    std::span<const uint8_t> type(const DatasetMap& map) const;

  private:
    struct State;
    std::shared_ptr<const State> state_;
};

struct WindowOptions {
    int64_t tokens = 128, stride = 16;   // datapoints
    uint64_t seed = 0;
    bool augment = true;                 // flips, and time offsets in [0, 100 000) ms
    double label_dropout = 0.2;
    int32_t null_label = 0;              // num_classes
};

// Host arrays of one batch, laid out as DitInput wants them. x is [0, 1] on the playfield, not noised.
struct Batch {
    int64_t size = 0, tokens = 0;
    std::vector<float> x, time, distance;     // (B, 2, T), (B, T), (B, T)
    std::vector<uint8_t> type;                // (B, T)
    std::vector<int32_t> label, lengths;      // (B)
    std::vector<uint32_t> map;                // (B) index into the dataset
    std::vector<uint64_t> sample;             // (B) number of the sample since the start: seeds its noise
};

// The windows of the chosen maps in a global shuffle. Sample number s (from 0, over all epochs) is a function of the
// options alone, so a run resumes anywhere and any number of ranks see the same order. Maps shorter than a window are
// padded.
class WindowLoader {
  public:
    WindowLoader(PackedDataset dataset, std::vector<uint32_t> maps, const WindowOptions& options);
    uint64_t windows_per_epoch() const;
    void load(uint64_t first_sample, int64_t size, Batch& batch) const;

  private:
    struct State;
    std::shared_ptr<const State> state_;
};

}  // namespace osu
