// A pack is written anew, first what stood in it, and takes its place at the end: a killed run leaves the old
// one.
#include <algorithm>

#include "base/error.h"
#include "base/file.h"
#include "data/dataset_target.h"
#include "data/pack_writer.h"
#include "data/writer_lock.h"

namespace osu {

namespace fs = std::filesystem;

namespace {

constexpr const char* without_folder = "no folder";  // as the fingerprint of such a pack

class PackTarget final : public DatasetTarget {
  public:
    explicit PackTarget(const fs::path& file) : lock_(file), writer_(file, without_folder) {
        remove_abandoned_files(file.has_parent_path() ? file.parent_path() : ".");
        if (!fs::exists(file)) return;
        const PackedDataset there = PackedDataset::open(file, WhenCut::zeros);
        if (there.fingerprint() != without_folder)
            fail(Hint{"--out FOLDER --pack adds to the folder and packs it again, or name another file"},
                 "{} was packed from a dataset folder", file.string());
        int64_t last_track = -1;
        for (size_t i = 0; i < there.size(); ++i) {
            const DatasetMap map = there.map(i);
            writer_.add(map, there.datapoints(map, there.positions(map)));
            if (!map.md5.empty()) md5.emplace(map.md5, map.track);
            next_track = std::max(next_track, map.track + 1);
            tracks += map.track != last_track;
            last_track = map.track;
        }
        there.check();
        maps = there.size();
        next_index = there.class_count();
    }

    TakeSequence wants_sequence() const override { return TakeSequence::yes; }

    void write(std::vector<NewTrack>& tracks) override {
        for (NewTrack& track : tracks)
            for (size_t i = 0; i < track.maps.size(); ++i) {
                const TakenMap& taken = track.maps[i];
                const TrackBeatmap& facts = track.metadata.beatmaps[i];
                DatasetMap map;
                map.beatmap_id = facts.beatmap_id;
                map.set_id = taken.set.set_id;
                map.creator = taken.set.creator;
                map.artist = taken.set.artist;
                map.title = taken.set.title;
                map.version = facts.difficulty;
                map.tags = taken.set.tags;
                map.md5 = facts.md5;
                map.path = facts.name;
                map.label = static_cast<int32_t>(facts.index);
                map.track = track.number;
                writer_.add(map, view_of(taken.sequence, taken.distance));
            }
    }

    void commit() override {
        if (writer_.maps() == 0) fail("no map to pack");
        writer_.commit();
    }

  private:
    const WriterLock lock_;
    PackWriter writer_;
};

}  // namespace

std::unique_ptr<DatasetTarget> pack_target(const fs::path& file) {
    return std::make_unique<PackTarget>(file);
}

}  // namespace osu
