#include "data/pack_dataset.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <string_view>

#include <unistd.h>

#include "base/error.h"
#include "base/parallel.h"
#include "beatmap/beatmap.h"
#include "data/dataset_folder.h"
#include "data/pack_writer.h"
#include "data/taken_map.h"
#include "data/writer_lock.h"

namespace osu {

namespace fs = std::filesystem;

namespace {

constexpr int64_t maps_at_once = 512;  // read in parallel, then written in order: some 20 MB

struct ReadMap {
    DatasetMap map;
    Sequence sequence;
    std::vector<float> distance;
    std::string problem;
};

// Names come from the map: the reference's tool writes the creator under "Source" and the source under
// "Creator".
void read_map(const fs::path& dataset, const FolderMap& entry, ReadMap& result) {
    const Beatmap beatmap = read_beatmap(dataset / entry.path);
    result.sequence = finite_sequence(beatmap);
    result.distance = distances(result.sequence);
    const Metadata& metadata = beatmap.metadata;
    DatasetMap& map = result.map;
    static_cast<MapFacts&>(map) = metadata;
    map.beatmap_id = entry.beatmap_id > 0 ? entry.beatmap_id : std::max<int64_t>(0, metadata.beatmap_id);
    map.set_id = entry.set_id > 0 ? entry.set_id : metadata.set_id > 0 ? metadata.set_id : -1;
    map.path = entry.path;
    map.md5 = entry.md5;
    map.label = entry.label;
    map.track = entry.track;
}

// Why the pack cannot be written; empty where it can.
std::string what_forbids(const fs::path& folder, const fs::path& file) {
    const bool may = ::access(folder.c_str(), W_OK) == 0 &&
                     (::access(file.c_str(), F_OK) != 0 || ::access(file.c_str(), W_OK) == 0);
    return may ? "" : std::strerror(errno);
}

// Of a fingerprint. A folder that was copied to where nobody may write has new times, and is as good.
std::string_view but_for_times(std::string_view fingerprint) {
    return fingerprint.substr(0, fingerprint.rfind(','));
}

PackReport pack_locked(const fs::path& dataset, const fs::path& file, const Listener& listener) {
    DatasetFolder folder = read_dataset_folder(dataset);
    PackWriter writer(file, folder.fingerprint);
    PackReport report;
    report.skipped = std::move(folder.problems);
    const int64_t total = static_cast<int64_t>(folder.maps.size());
    for (int64_t begin = 0; begin < total; begin += maps_at_once) {
        listener.progress("packing", begin, total, "maps");
        std::vector<ReadMap> block(static_cast<size_t>(std::min(maps_at_once, total - begin)));
        parallel_for_dynamic(static_cast<int64_t>(block.size()), [&](int64_t i) {
            try {
                read_map(dataset, folder.maps[begin + i], block[i]);
            } catch (const std::exception& error) {
                block[i].problem = error.what();
            }
        });
        for (size_t i = 0; i < block.size(); ++i) {
            if (block[i].problem.empty())
                writer.add(block[i].map, view_of(block[i].sequence, block[i].distance));
            else
                report.skipped.push_back({folder.maps[begin + i].path, block[i].problem});
        }
    }
    listener.progress("packing", total, total, "maps");
    if (writer.maps() == 0) fail("{} holds no map that can be read", dataset.string());
    writer.commit();
    report.maps = writer.maps();
    report.datapoints = writer.datapoints();
    return report;
}

// The pack that stands there, where it is of what the folder holds.
std::optional<PackedDataset> fitting_pack(const fs::path& file, const std::string& fingerprint,
                                          const std::string& obstacle, WhenCut when_cut,
                                          const Listener& listener) {
    if (!fs::exists(file)) return std::nullopt;
    try {
        PackedDataset dataset = PackedDataset::open(file, when_cut);
        if (fingerprint.empty() || dataset.fingerprint() == fingerprint) return dataset;
        if (obstacle.empty() || but_for_times(dataset.fingerprint()) != but_for_times(fingerprint))
            return std::nullopt;
        listener.warn(
            fmt::format("{} is taken as it is, for it cannot be written ({}): the maps have other times, but "
                        "the same names and sizes",
                        file.string(), obstacle));
        return dataset;
    } catch (const Error&) {
        if (fingerprint.empty()) throw;  // no tracks to make it anew from
        return std::nullopt;
    }
}

}  // namespace

PackReport pack_dataset(const fs::path& dataset, const fs::path& file, const Listener& listener) {
    const WriterLock lock(file);
    return pack_locked(dataset, file, listener);
}

PackedDataset open_dataset(const fs::path& pack_or_folder, const Listener& listener, WhenCut when_cut) {
    if (!fs::is_directory(pack_or_folder)) return PackedDataset::open(pack_or_folder, when_cut);
    const fs::path file = pack_or_folder / "dataset.pack";
    const std::string fingerprint = dataset_fingerprint(pack_or_folder);
    const std::string obstacle = what_forbids(pack_or_folder, file);
    if (auto there = fitting_pack(file, fingerprint, obstacle, when_cut, listener)) return *std::move(there);
    if (!fingerprint.empty() && !obstacle.empty())
        fail(Hint{fmt::format("let it be written once, or pack the maps elsewhere and give that file: "
                              "osu-diffusion dataset --from {} --pack FILE (it numbers the classes anew)",
                              pack_or_folder.string())},
             "the maps of {} are packed into dataset.pack there before they are used, and it cannot be "
             "written: {}",
             pack_or_folder.string(), obstacle);
    if (fingerprint.empty()) read_dataset_folder(pack_or_folder);  // says that it is none
    const WriterLock lock(file, WriterLock::WhenHeld::wait);
    if (auto made = fitting_pack(file, fingerprint, obstacle, when_cut, listener))
        return *std::move(made);  // meanwhile
    const PackReport report = pack_locked(pack_or_folder, file, listener);
    for (size_t i = 0; i < std::min<size_t>(report.skipped.size(), 10); ++i)
        listener.warn(fmt::format("skipped {}: {}", report.skipped[i].path, report.skipped[i].reason));
    if (report.skipped.size() > 10) listener.warn(fmt::format("and {} more", report.skipped.size() - 10));
    return PackedDataset::open(file, when_cut);
}

}  // namespace osu
