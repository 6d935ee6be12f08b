#include "data/dataset_builder.h"

#include <algorithm>
#include <fstream>
#include <optional>
#include <tuple>
#include <unordered_set>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/file.h"
#include "base/parallel.h"
#include "base/progress.h"
#include "data/map_source.h"

namespace osu {

namespace fs = std::filesystem;

namespace {

constexpr int64_t files_at_once = 256,
                  sets_at_once = 64;  // in parallel, between two steps of the progress bar

using SetOfMaps = std::vector<MapCandidate>;

// Known sets by their ID, then the others by their names.
auto set_key(const MapCandidate& map) {
    const bool known = map.set_id > 0;
    return std::make_tuple(!known, known ? map.set_id : 0, known ? "" : map.artist, known ? "" : map.title,
                           known ? "" : map.creator);
}

std::string unfinished_name(uint32_t track) {
    return "." + track_name(track) + ".part";
}

void remove_unfinished(const fs::path& out) {
    for (const auto& entry : fs::directory_iterator(out)) {
        const std::string name = entry.path().filename().string();
        if (name.rfind(".Track", 0) == 0 && entry.path().extension() == ".part") fs::remove_all(entry.path());
    }
}

void write_plainly(const fs::path& path, const std::string& content) {
    std::ofstream file(path, std::ios::binary);
    file.write(content.data(), static_cast<std::streamsize>(content.size()));
    file.close();
    if (!file) fail("cannot write {}", path.string());
}

class Builder {
  public:
    explicit Builder(const DatasetOptions& options) : options_(options) {
        std::error_code error;
        fs::create_directories(options.out, error);
        if (error) fail("cannot make the folder {}: {}", options.out.string(), error.message());
        remove_unfinished(options.out);
        const DatasetFolder there = find_dataset_folder(options.out);
        next_track_ = there.next_track;
        next_index_ = there.next_index;
        report_.maps_in_dataset = there.maps.size();
        report_.sets_in_dataset = there.tracks;
        for (const SkippedMap& problem : there.problems)
            report_.skipped.push_back({problem.path, "damaged in the dataset", problem.reason});
        for (const FolderMap& map : there.maps)
            if (!map.md5.empty()) there_.insert(map.md5);
    }

    DatasetReport run() {
        const std::vector<SetOfMaps> sets = group(collect());
        write(sets);
        write_report();
        return std::move(report_);
    }

  private:
    std::vector<MapCandidate> collect();
    std::vector<SetOfMaps> group(std::vector<MapCandidate> maps) const;
    void write(const std::vector<SetOfMaps>& sets);
    void write_block(const SetOfMaps* sets, int64_t count);
    void write_report() const;

    const DatasetOptions& options_;
    DatasetReport report_;
    std::unordered_set<std::string> there_;  // MD5 of the maps of the dataset
    uint32_t next_track_ = 0;
    int64_t next_index_ = 0;
};

// All new maps of the sources, each once.
std::vector<MapCandidate> Builder::collect() {
    const std::vector<fs::path> files = find_map_files(options_.from, options_.out);
    std::vector<MapCandidate> maps;
    std::unordered_set<std::string> seen;
    Progress progress("reading", static_cast<int64_t>(files.size()), "files");
    for (size_t begin = 0; begin < files.size(); begin += files_at_once) {
        std::vector<SourceMaps> block(std::min<size_t>(files_at_once, files.size() - begin));
        parallel_for_dynamic(static_cast<int64_t>(block.size()),
                             [&](int64_t i) { block[i] = examine_file(files[begin + i], options_.modes); });
        for (SourceMaps& source : block) {
            report_.maps_found += source.candidates.size() + source.skipped.size();
            std::move(source.skipped.begin(), source.skipped.end(), std::back_inserter(report_.skipped));
            for (MapCandidate& map : source.candidates) {
                if (there_.count(map.facts.md5))
                    ++report_.maps_already_there;
                else if (!seen.insert(map.facts.md5).second)
                    report_.skipped.push_back({map.place.name(), "duplicate", "MD5 " + map.facts.md5});
                else
                    maps.push_back(std::move(map));
            }
        }
        progress.advance(static_cast<int64_t>(block.size()));
        if (options_.limit && maps.size() >= options_.limit) break;
    }
    if (options_.limit && maps.size() > options_.limit) maps.resize(options_.limit);
    return maps;
}

std::vector<SetOfMaps> Builder::group(std::vector<MapCandidate> maps) const {
    std::map<decltype(set_key(maps.front())), SetOfMaps> groups;
    for (MapCandidate& map : maps) groups[set_key(map)].push_back(std::move(map));
    std::vector<SetOfMaps> sets;
    for (auto& [key, set] : groups) {
        std::sort(set.begin(), set.end(), [](const MapCandidate& a, const MapCandidate& b) {
            return std::tie(a.density, a.facts.md5) < std::tie(b.density, b.facts.md5);
        });
        sets.push_back(std::move(set));
    }
    return sets;
}

// One track on its way to the disk.
struct NewTrack {
    uint32_t number = 0;
    TrackMetadata metadata;
    std::vector<std::string> texts;  // of metadata.beatmaps
    std::vector<SkippedMap> skipped;
    std::string error;
};

NewTrack read_set(const SetOfMaps& set) {
    NewTrack track;
    for (const MapCandidate& map : set) {
        try {
            track.texts.push_back(dataset_text(map));
            track.metadata.beatmaps.push_back(map.facts);
            // The set's names are those of its last map, as in the reference's tool.
            TrackMetadata& metadata = track.metadata;
            metadata.set_id = map.set_id;
            metadata.artist = map.artist;
            metadata.title = map.title;
            metadata.source = map.source;
            metadata.creator = map.creator;
            metadata.tags = map.tags;
            metadata.audio_file = map.audio_file;
        } catch (const std::exception& error) {
            track.skipped.push_back({map.place.name(), "cannot be read", error.what()});
        }
    }
    return track;
}

void write_track(const fs::path& folder, const NewTrack& track) {
    const fs::path maps = folder / track.metadata.map_dir;
    fs::create_directories(maps);
    for (size_t i = 0; i < track.texts.size(); ++i)
        write_plainly(maps / (track.metadata.beatmaps[i].name + ".osu"), track.texts[i]);
    write_plainly(folder / "metadata.json", to_json(track.metadata));
}

void Builder::write_block(const SetOfMaps* sets, int64_t count) {
    std::vector<NewTrack> tracks(static_cast<size_t>(count));
    parallel_for_dynamic(count, [&](int64_t i) { tracks[i] = read_set(sets[i]); });
    for (NewTrack& track : tracks)
        std::move(track.skipped.begin(), track.skipped.end(), std::back_inserter(report_.skipped));
    std::erase_if(tracks, [](const NewTrack& track) { return track.texts.empty(); });
    for (NewTrack& track : tracks) {
        track.number = next_track_++;
        for (size_t i = 0; i < track.texts.size(); ++i) {
            track.metadata.beatmaps[i].index = next_index_;
            track.metadata.beatmaps[i].name = beatmap_name(next_index_++, i);
        }
    }
    parallel_for_dynamic(static_cast<int64_t>(tracks.size()), [&](int64_t i) {
        try {
            write_track(options_.out / unfinished_name(tracks[i].number), tracks[i]);
        } catch (const std::exception& error) {
            tracks[i].error = error.what();
        }
    });
    for (const NewTrack& track : tracks) {
        if (!track.error.empty()) {
            remove_unfinished(options_.out);
            fail(Hint{"the tracks before it are whole; run again to go on"}, "{}", track.error);
        }
        fs::rename(options_.out / unfinished_name(track.number), options_.out / track_name(track.number));
        ++report_.sets_added;
        report_.maps_added += track.texts.size();
    }
}

void Builder::write(const std::vector<SetOfMaps>& sets) {
    Progress progress("writing", static_cast<int64_t>(sets.size()), "sets");
    for (size_t begin = 0; begin < sets.size(); begin += sets_at_once) {
        const int64_t count = static_cast<int64_t>(std::min<size_t>(sets_at_once, sets.size() - begin));
        write_block(sets.data() + begin, count);
        progress.advance(count);
    }
    report_.maps_in_dataset += report_.maps_added;
    report_.sets_in_dataset += report_.sets_added;
}

void Builder::write_report() const {
    using Json = nlohmann::ordered_json;
    Json json;
    json["from"] = Json::array();
    for (const fs::path& path : options_.from) json["from"].push_back(path.string());
    json["maps_found"] = report_.maps_found;
    json["maps_added"] = report_.maps_added;
    json["sets_added"] = report_.sets_added;
    json["maps_already_there"] = report_.maps_already_there;
    json["maps_in_dataset"] = report_.maps_in_dataset;
    json["sets_in_dataset"] = report_.sets_in_dataset;
    json["skipped"] = Json::object();
    for (const auto& [reason, count] : report_.skipped_by_reason()) json["skipped"][reason] = count;
    json["skipped_maps"] = Json::array();
    for (const SkippedMap& map : report_.skipped)
        json["skipped_maps"].push_back({{"path", map.path}, {"reason", map.reason}, {"detail", map.detail}});
    write_file(options_.out / "dataset-report.json",
               json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

}  // namespace

std::map<std::string, uint64_t> DatasetReport::skipped_by_reason() const {
    std::map<std::string, uint64_t> counts;
    for (const SkippedMap& map : skipped) ++counts[map.reason];
    return counts;
}

DatasetReport build_dataset(const DatasetOptions& options) {
    return Builder(options).run();
}

}  // namespace osu
