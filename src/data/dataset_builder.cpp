#include "data/dataset_builder.h"

#include <algorithm>
#include <tuple>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/file.h"
#include "base/parallel.h"
#include "data/dataset_target.h"
#include "data/map_collector.h"
#include "data/packed_dataset.h"

namespace osu {

namespace fs = std::filesystem;

namespace {

constexpr int64_t sets_at_once = 64;  // in parallel, between two steps of the progress bar

using SetOfMaps = std::vector<MapCandidate>;

// Known sets by their ID, then the others by their names.
auto set_key(const MapCandidate& map) {
    const bool known = map.set_id > 0;
    return std::make_tuple(!known, known ? map.set_id : 0, map.names);
}

// By stars where they are known of every map, else by objects a second.
void sort_set(SetOfMaps& set) {
    const bool starred =
        std::all_of(set.begin(), set.end(), [](const MapCandidate& map) { return map.stars; });
    const auto key = [&](const MapCandidate& map) { return starred ? *map.stars : map.density; };
    std::sort(set.begin(), set.end(), [&](const MapCandidate& a, const MapCandidate& b) {
        return std::make_tuple(key(a), std::string_view(a.md5)) <
               std::make_tuple(key(b), std::string_view(b.md5));
    });
}

std::vector<SetOfMaps> group(std::vector<MapCandidate> maps) {
    std::map<decltype(set_key(maps.front())), SetOfMaps> groups;
    for (MapCandidate& map : maps) groups[set_key(map)].push_back(std::move(map));
    std::vector<SetOfMaps> sets;
    for (auto& [key, set] : groups) {
        sort_set(set);
        sets.push_back(std::move(set));
    }
    return sets;
}

struct ReadSet {
    NewTrack track;
    std::vector<SkippedMap> skipped, without_audio;
};

ReadSet read_set(const SetOfMaps& set, TakeSequence with_sequence, bool with_audio) {
    ReadSet result;
    NewTrack& track = result.track;
    const MapCandidate* last = nullptr;
    for (const MapCandidate& map : set) {
        try {
            track.maps.push_back(take_map(map, with_sequence));
            last = &map;
        } catch (const CannotTake& problem) {
            result.skipped.push_back({map.place.name(), problem.reason, problem.what()});
        } catch (const std::exception& error) {
            result.skipped.push_back({map.place.name(), "cannot be read", error.what()});
        }
    }
    if (!last) return result;
    // The set's names and its audio are those of its last map, as in the reference's tool.
    track.metadata = track.maps.back().set;
    for (TakenMap& map : track.maps) track.metadata.beatmaps.push_back(map.facts);
    if (!with_audio) return result;
    track.audio = find_audio(*last);
    if (!track.audio) result.without_audio.push_back({last->place.name(), "no audio file"});
    return result;
}

class Builder {
  public:
    Builder(const DatasetOptions& options, const Listener& listener)
        : options_(options), listener_(listener) {}

    DatasetReport run() {
        if (!options_.out.empty())
            target_ = folder_target(options_.out, options_.before_track);
        else
            target_ = pack_target(options_.pack);
        for (const SkippedMap& problem : target_->problems)
            report_.skipped.push_back({problem.path, "damaged in the dataset", problem.reason});
        CollectedMaps maps = collect_maps(options_, target_->md5, report_, listener_);
        for (const auto& [track, map] : maps.standing)
            if (!target_->add_audio(track, map))
                report_.without_audio.push_back({map.place.name(), "no audio file"});
        write(group(std::move(maps.fresh)));
        target_->commit();
        report_.maps_in_dataset = target_->maps + report_.maps_added;
        report_.sets_in_dataset = target_->tracks + report_.sets_added;
        write_report();
        return std::move(report_);
    }

  private:
    void write(const std::vector<SetOfMaps>& sets) {
        const auto total = std::ssize(sets);
        for (int64_t begin = 0; begin < total; begin += sets_at_once) {
            listener_.progress("writing", begin, total, "sets");
            write_block(sets.data() + begin, std::min(sets_at_once, total - begin));
        }
        listener_.progress("writing", total, total, "sets");
    }

    void write_block(const SetOfMaps* sets, int64_t count) {
        std::vector<ReadSet> block(static_cast<size_t>(count));
        parallel_for_dynamic(count, [&](int64_t i) {
            block[i] = read_set(sets[i], target_->wants_sequence(), options_.with_audio);
        });
        std::vector<NewTrack> tracks;
        for (ReadSet& set : block) {
            std::move(set.skipped.begin(), set.skipped.end(), std::back_inserter(report_.skipped));
            std::move(set.without_audio.begin(), set.without_audio.end(),
                      std::back_inserter(report_.without_audio));
            if (!set.track.maps.empty()) tracks.push_back(std::move(set.track));
        }
        for (NewTrack& track : tracks) {
            track.number = target_->next_track++;
            for (size_t i = 0; i < track.maps.size(); ++i) {
                track.metadata.beatmaps[i].index = target_->next_index;
                track.metadata.beatmaps[i].name = beatmap_name(target_->next_index++, i);
            }
        }
        target_->write(tracks);
        report_.sets_added += tracks.size();
        for (const NewTrack& track : tracks) report_.maps_added += track.maps.size();
    }

    void write_report() const;

    const DatasetOptions& options_;
    const Listener& listener_;
    DatasetReport report_;
    std::unique_ptr<DatasetTarget> target_;
};

nlohmann::ordered_json to_json(const std::vector<SkippedMap>& maps) {
    auto json = nlohmann::ordered_json::array();
    for (const SkippedMap& map : maps)
        json.push_back({{"path", map.path}, {"reason", map.reason}, {"detail", map.detail}});
    return json;
}

void Builder::write_report() const {
    write_file(report_file(options_), report_json(options_, report_) + "\n");
}

// The dataset's maps have lost their storyboards: as sources they would come in a second time. An --out below
// --from is well: find_map_files() leaves it out.
void refuse_own_maps(const fs::path& from, const fs::path& out) {
    if (out.empty()) return;
    const fs::path above = fs::weakly_canonical(out), below = fs::weakly_canonical(from);
    if (std::mismatch(above.begin(), above.end(), below.begin(), below.end()).first != above.end()) return;
    fail(Hint{"give --from the folder that the maps came from, or --out another one (it may lie in --from)"},
         "--from {} {} --out {}: the dataset would take in its own maps", from.string(),
         above == below ? "is" : "lies in", out.string());
}

// What a run would find, without touching the place where it would write.
DatasetReport dry_run(const DatasetOptions& options, const Listener& listener) {
    DatasetReport report;
    std::unordered_map<std::string, uint32_t> there;
    if (!options.out.empty()) {
        for (const FolderMap& map : find_dataset_folder(options.out).maps) there.emplace(map.md5, map.track);
    } else if (fs::exists(options.pack)) {
        const PackedDataset pack = PackedDataset::open(options.pack);
        for (size_t i = 0; i < pack.size(); ++i) there.emplace(pack.map(i).md5, 0);
    }
    there.erase("");
    const std::vector<SetOfMaps> sets = group(collect_maps(options, there, report, listener).fresh);
    report.sets_added = sets.size();
    for (const SetOfMaps& set : sets) report.maps_added += set.size();
    return report;
}

}  // namespace

std::map<std::string, uint64_t> DatasetReport::skipped_by_reason() const {
    std::map<std::string, uint64_t> counts;
    for (const SkippedMap& map : skipped) ++counts[map.reason];
    return counts;
}

std::string report_json(const DatasetOptions& options, const DatasetReport& report) {
    using Json = nlohmann::ordered_json;
    Json json;
    json["from"] = Json::array();
    for (const MapSource& source : options.sources)
        json["from"].push_back({{"path", source.path.string()}, {"kind", source.description()}});
    json["maps_found"] = report.maps_found;
    json["maps_added"] = report.maps_added;
    json["sets_added"] = report.sets_added;
    json["maps_already_there"] = report.maps_already_there;
    json["maps_in_dataset"] = report.maps_in_dataset;
    json["sets_in_dataset"] = report.sets_in_dataset;
    json["filtered"] = report.filtered;
    json["skipped"] = report.skipped_by_reason();
    json["skipped_maps"] = to_json(report.skipped);
    if (options.with_audio) json["without_audio"] = to_json(report.without_audio);
    if (options.dry_run) {
        for (const auto& [year, count] : report.by_year)
            json["by_year"][year ? std::to_string(year) : "unknown"] = count;
        for (const auto& [stars, count] : report.by_stars)
            json["by_stars"][stars < 0 ? "unknown" : std::to_string(stars)] = count;
        json["by_mapper"] = report.by_mapper;
    }
    return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

fs::path report_file(const DatasetOptions& options) {
    return (options.out.empty() ? options.pack.parent_path() : options.out) / "dataset-report.json";
}

DatasetReport build_dataset(const DatasetOptions& options, const Listener& listener) {
    for (const MapSource& source : options.sources) refuse_own_maps(source.path, options.out);
    return options.dry_run ? dry_run(options, listener) : Builder(options, listener).run();
}

}  // namespace osu
