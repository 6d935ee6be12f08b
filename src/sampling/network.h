// A checkpoint made ready to sample with, and the styles that it knows.
// Opened once, it serves any number of maps, one after the other (place() in sampling/sampling.h takes care).
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/file.h"
#include "data/label_index.h"
#include "model/dit_sampler.h"
#include "sampling/checkpoint_metadata.h"

namespace osu {

// What the flags say of the network; empty and 0: whatever the checkpoint has. A contradiction is an Error
// that names both.
struct NetworkFlags {
    std::string model;
    int num_classes = 0, num_heads = 0;
    bool with_labels = true;  // false where no style is asked for: info().labels stays empty
};

class SamplingNetwork {
  public:
    SamplingNetwork(const std::filesystem::path& path, const NetworkFlags& flags, Backend& backend);
    // The same of a checkpoint in memory; `name` for messages.
    SamplingNetwork(Checkpoint checkpoint, std::string name, const NetworkFlags& flags, Backend& backend);
    SamplingNetwork(const SamplingNetwork&) = delete;
    SamplingNetwork& operator=(const SamplingNetwork&) = delete;

    const DitConfig& config() const { return info_.config; }
    const CheckpointInfo& info() const { return info_; }
    DitSampler& network() { return *network_; }
    std::vector<float> style(std::span<const int32_t> labels) const;  // (h), the mean of their rows
    std::vector<float> null_style() const;
    const TensorMap& weights() const { return checkpoint_.weights(); }
    // Held by whoever prepares and calls network(): it knows one map at a time.
    std::mutex& in_use() { return in_use_; }

  private:
    std::string name_;
    Checkpoint checkpoint_;
    CheckpointInfo info_;
    PartReader reader_;
    std::unique_ptr<DitSampler> network_;
    std::mutex in_use_;
};

struct StyleFlags {
    std::optional<int64_t> id;
    std::string mapper, beatmap_idx;
};

// The class of a beatmap ID. Error with the nearest IDs where there is none.
int32_t class_of(const LabelIndex& index, int64_t beatmap_id);

// The classes that the flags name, none without a style. The index is the file's where one is named, else the
// checkpoint's, else beatmap_idx.pickle in the current folder.
std::vector<int32_t> find_style(const CheckpointInfo& info, const StyleFlags& flags);

}  // namespace osu
