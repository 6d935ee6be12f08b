// Where a dataset goes, track by track: a folder (data/dataset_folder.h), or a pack (data/packed_dataset.h)
// without one. Both grow: what stands keeps its index.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "data/taken_map.h"

namespace osu {

// A set on its way to the disk.
struct NewTrack {
    uint32_t number = 0;
    TrackMetadata metadata;      // whose beatmaps are those of `maps`
    std::vector<TakenMap> maps;  // texts, or sequences for a pack
    std::optional<MapPlace> audio;
};

class DatasetTarget {
  public:
    virtual ~DatasetTarget() = default;

    // What stands already.
    std::unordered_map<std::string, uint32_t> md5;  // of each map, and its track
    uint32_t next_track = 0;
    int64_t next_index = 0;
    uint64_t maps = 0, tracks = 0;
    std::vector<SkippedMap> problems;

    virtual TakeSequence wants_sequence() const = 0;
    // In the order of their numbers. A map or an audio file that fails is an Error; what was written before
    // it stands.
    virtual void write(std::vector<NewTrack>& tracks) = 0;
    // Gives a track that stands its audio, where that is missing; false when there is none to be found.
    virtual bool add_audio(uint32_t, const MapCandidate&) { return true; }
    virtual void commit() {}
};

// `before_track` is called before a track gets its name: what stands then is whole.
std::unique_ptr<DatasetTarget> folder_target(const std::filesystem::path& folder,
                                             std::function<void(uint32_t)> before_track);
// The pack is replaced in one step by commit(). Error when it belongs to a dataset folder.
std::unique_ptr<DatasetTarget> pack_target(const std::filesystem::path& file);

}  // namespace osu
