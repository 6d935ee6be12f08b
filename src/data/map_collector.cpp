#include "data/map_collector.h"

#include <algorithm>
#include <unordered_set>

#include "base/error.h"
#include "base/parallel.h"
#include "base/text.h"
#include "beatmap/collection_db.h"
#include "data/dataset_builder.h"

namespace osu {

namespace {

constexpr size_t at_once = 256;                 // in parallel, between two steps of the progress bar
constexpr int32_t first_with_stars = 20140609;  // version of osu!.db

std::string quoted_names(const std::vector<Collection>& collections) {
    std::vector<std::string> names;
    for (const Collection& collection : collections) names.push_back(fmt::format("'{}'", collection.name));
    return listed(names);
}

std::unordered_set<std::string> collected(const MapSource& source, const std::string& name) {
    const CollectionDatabase database = read_collection_database(source.collections);
    const auto find = [&](auto same) {
        return std::find_if(database.collections.begin(), database.collections.end(),
                            [&](const Collection& collection) { return same(collection.name); });
    };
    auto found = find([&](const std::string& other) { return other == name; });
    if (found == database.collections.end())
        found = find([&](const std::string& other) { return equal_but_for_case(other, name); });
    if (found == database.collections.end())
        fail(Hint{database.collections.empty() ? "it holds none"
                                               : "it holds " + quoted_names(database.collections)},
             "{} has no collection '{}'", source.collections.string(), name);
    return {found->md5.begin(), found->md5.end()};
}

class Collector {
  public:
    Collector(const DatasetOptions& options, const std::unordered_map<std::string, uint32_t>& there,
              DatasetReport& report, const Listener& listener)
        : options_(options), there_(there), report_(report), listener_(listener) {}

    CollectedMaps run() {
        for (const MapSource& source : options_.sources)
            if (const std::string missing = options_.filter.missing_in(source); !missing.empty())
                fail(Hint{"an osu!stable folder has them; leave the filter out, or give --from that folder"},
                     "{}", missing);
        for (const MapSource& source : options_.sources) {
            collection_.clear();
            if (!options_.filter.collection.empty())
                collection_ = collected(source, options_.filter.collection);
            if (source.database.empty())
                add_files(source);
            else
                add_database(source);
            if (is_full()) break;
        }
        return std::move(maps_);
    }

  private:
    bool is_full() const { return options_.limit && maps_.fresh.size() >= options_.limit; }

    void add_files(const MapSource& source) {
        const auto files = find_map_files(source, options_.out, report_.skipped);
        run_blocks(files.size(), "files", [&](size_t i) { return examine_file(files[i]); });
    }

    void add_database(const MapSource& source) {
        OsuDatabase database;
        try {
            database = read_osu_database(source.database);
        } catch (const Error& error) {
            throw Error(error.what(),
                        fmt::format("let the game write it anew, or take the maps without it: --from {}",
                                    source.maps.string()));
        }
        std::error_code ignored;
        if (!std::filesystem::is_directory(source.maps, ignored))
            fail(Hint{"the game's BeatmapDirectory, in osu!.PLAYER.cfg, says where the maps are"},
                 "the maps of {} are not there: no folder {}", source.path.string(), source.maps.string());
        const bool wants_stars = options_.filter.min_stars || options_.filter.max_stars;
        if (wants_stars && database.version < first_with_stars)
            fail("{} is of {}, before the game kept stars in it", source.database.string(), database.version);
        run_blocks(database.beatmaps.size(), "maps", [&](size_t i) {
            return examine_entry(source, std::move(database.beatmaps[i]), options_.take_changed);
        });
    }

    template <class Examine>
    void run_blocks(size_t count, const char* unit, Examine examine) {
        const auto total = static_cast<int64_t>(count);
        size_t begin = 0;
        for (; begin < count && !is_full(); begin = std::min(begin + at_once, count)) {
            listener_.progress("reading", static_cast<int64_t>(begin), total, unit);
            std::vector<ExaminedFile> block(std::min(at_once, count - begin));
            parallel_for_dynamic(static_cast<int64_t>(block.size()),
                                 [&](int64_t i) { block[i] = examine(begin + static_cast<size_t>(i)); });
            for (ExaminedFile& file : block) add(file);
        }
        listener_.progress("reading", static_cast<int64_t>(begin), static_cast<int64_t>(begin), unit);
    }

    void add(ExaminedFile& file) {
        report_.maps_found += file.maps.size() + file.skipped.size();
        std::move(file.skipped.begin(), file.skipped.end(), std::back_inserter(report_.skipped));
        for (ExaminedMap& map : file.maps) add(map);
    }

    void add(ExaminedMap& map) {
        if (!options_.filter.collection.empty() && !collection_.count(map.summary.md5)) {
            ++report_.filtered["not in the collection"];
        } else if (const char* reason = options_.filter.refuses(map.summary)) {
            ++report_.filtered[reason];
        } else if (const auto stands = there_.find(map.candidate.md5); stands != there_.end()) {
            ++report_.maps_already_there;
            if (options_.with_audio)
                maps_.standing.insert_or_assign(stands->second, std::move(map.candidate));
        } else if (!map.candidate.md5.empty() && !seen_.insert(map.candidate.md5).second) {
            report_.skipped.push_back({map.candidate.place.name(), "duplicate", "MD5 " + map.candidate.md5});
        } else if (!is_full()) {
            if (options_.dry_run) count(map.summary);
            maps_.fresh.push_back(std::move(map.candidate));
        }
    }

    void count(const MapSummary& map) {
        ++report_.by_year[map.year];
        ++report_.by_stars[map.stars ? static_cast<int>(std::clamp(*map.stars, 0.0, 1e6)) : -1];
        ++report_.by_mapper[map.creator];
    }

    const DatasetOptions& options_;
    const std::unordered_map<std::string, uint32_t>& there_;
    DatasetReport& report_;
    const Listener& listener_;
    std::unordered_set<std::string> collection_;  // MD5
    std::unordered_set<std::string> seen_;
    CollectedMaps maps_;
};

}  // namespace

CollectedMaps collect_maps(const DatasetOptions& options,
                           const std::unordered_map<std::string, uint32_t>& there, DatasetReport& report,
                           const Listener& listener) {
    return Collector(options, there, report, listener).run();
}

}  // namespace osu
