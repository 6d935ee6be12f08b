// Training windows of a dataset: cut, shuffled, augmented, batched.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "data/packed_dataset.h"

namespace osu {

struct WindowOptions {
    int64_t tokens = 128, stride = 16;  // datapoints
    uint64_t seed = 0;
    bool augment = true;              // flips, random first starts, time offsets
    double max_time_offset = 100000;  // ms; a window begins anywhere up to here. The reference's
    double double_time = 0;     // share of windows whose times are divided by 1.5, as under the game's mod
    double distance_noise = 0;  // standard deviation, px, of what is added to every distance (none below 0)
    double label_dropout = 0.2;
    int32_t null_label = 0;  // num_classes
};

// Host arrays of one batch, laid out as DitInput wants them. x is [0, 1] on the playfield, not noised.
// Behind `lengths` datapoints a row is zero.
struct Batch {
    int64_t size = 0, tokens = 0;
    std::vector<float> x, time, distance;  // (B, 2, T), (B, T), (B, T)
    std::vector<uint8_t> type;             // (B, T)
    std::vector<int32_t> label, lengths;   // (B)
    std::vector<uint32_t> map, start;      // (B) index into the dataset, first datapoint in that map
    std::vector<uint64_t> sample;          // (B) number of the sample since the start: seeds its noise
};

// The windows of the chosen maps in a global shuffle. Sample number s (from 0, over all epochs) is a function
// of the options alone, so a run resumes anywhere and any number of ranks see the same order. Every map has
// the same windows in each epoch, ⌊(count − tokens) / stride⌋ + 1 of them; in each epoch the first start is
// drawn anew from [0, stride), and a window that would reach over the end begins so much earlier: no
// datapoint is never seen. Maps shorter than a window are one padded window. Draws come from Philox streams
// of the seed whose top byte is 1 to 4; others are free for the caller.
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
