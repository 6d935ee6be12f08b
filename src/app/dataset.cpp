// osu-diffusion dataset: from players' folders of maps to a dataset to train on.
#include <algorithm>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include "app/counted.h"
#include "app/flag.h"
#include "app/verbs.h"
#include "base/error.h"
#include "base/parallel.h"
#include "base/progress.h"
#include "base/text.h"
#include "data/dataset_builder.h"
#include "data/pack_dataset.h"
#include "data/taken_map.h"

namespace osu {

namespace {

struct DatasetFlags {
    std::vector<std::string> from, status, modes{"0"};
    std::string out, pack, changed_maps = "skip";
    DatasetOptions options;
    int threads = 0;
    bool wants_pack = false, json = false;
};

// By number, as the game's files have it, or by name.
template <class Value>
Value named(const char* flag, const std::string& text, std::initializer_list<const char*> names) {
    int number = 0;
    for (const char* name : names) {
        if (equal_but_for_case(text, name) || text == std::to_string(number))
            return static_cast<Value>(number);
        ++number;
    }
    fail(Hint{"see osu-diffusion dataset --help"}, "{} {} is unknown", flag, text);
}

RankedStatus ranked_status(const std::string& text) {
    return named<RankedStatus>(
        "--status", text,
        {"unknown", "unsubmitted", "pending", "unused", "ranked", "approved", "qualified", "loved"});
}

GameMode game_mode(const std::string& text) {
    if (equal_but_for_case(text, "osu") || equal_but_for_case(text, "osu!")) return GameMode::standard;
    if (equal_but_for_case(text, "fruits")) return GameMode::fruits;
    return named<GameMode>("--mode", text, {"standard", "taiko", "catch", "mania"});
}

constexpr size_t most_warnings = 10, most_mappers = 20;

void print_skipped(const std::vector<SkippedMap>& skipped) {
    for (size_t i = 0; i < std::min(most_warnings, skipped.size()); ++i)
        fmt::print(stderr, "warning: {}: {}{}{}\n", printable(skipped[i].path), skipped[i].reason,
                   skipped[i].detail.empty() ? "" : ": ", printable(skipped[i].detail));
    if (skipped.size() > most_warnings)
        fmt::print(stderr, "warning: and {} more\n", skipped.size() - most_warnings);
}

void print_bar(const std::string& name, uint64_t count, uint64_t most) {
    constexpr uint64_t width = 40;
    fmt::print("  {:<20} {:>7} {}\n", printable(name), count,
               std::string((count * width + most - 1) / std::max<uint64_t>(most, 1), '#'));
}

template <class Counts, class Name>
void print_histogram(const char* title, const Counts& counts, Name name) {
    uint64_t most = 1;
    for (const auto& [key, count] : counts) most = std::max(most, static_cast<uint64_t>(count));
    fmt::print("by {}\n", title);
    for (const auto& [key, count] : counts) print_bar(name(key), count, most);
}

void print_mappers(const std::map<std::string, uint64_t>& mappers) {
    std::vector<std::pair<std::string, uint64_t>> order(mappers.begin(), mappers.end());
    std::stable_sort(order.begin(), order.end(),
                     [](const auto& a, const auto& b) { return a.second > b.second; });
    const size_t all = order.size();
    order.resize(std::min(all, most_mappers));
    print_histogram("mapper", order, [](const std::string& name) { return name; });
    if (all > most_mappers) fmt::print("  and {} more mappers\n", all - most_mappers);
}

bool has_changed_maps(const DatasetReport& report) {
    return std::any_of(report.skipped.begin(), report.skipped.end(),
                       [](const SkippedMap& map) { return map.reason == changed_since_database; });
}

void print_report(const DatasetReport& report, const DatasetOptions& options) {
    fmt::print("found     {}\n", counted(report.maps_found, "map"));
    for (const auto& [reason, count] : report.filtered) fmt::print("left out  {} ({})\n", count, reason);
    for (const auto& [reason, count] : report.skipped_by_reason())
        fmt::print("skipped   {} ({})\n", count, reason);
    if (report.maps_already_there)
        fmt::print("unchanged {} that the dataset holds\n", counted(report.maps_already_there, "map"));
    if (options.dry_run) {
        fmt::print("would add {} in {}\n", counted(report.maps_added, "map"),
                   counted(report.sets_added, "set"));
        print_histogram("year (last change of the file)", report.by_year,
                        [](int year) { return year ? std::to_string(year) : "unknown"; });
        print_histogram("stars", report.by_stars, [](int stars) {
            return stars < 0 ? "unknown" : fmt::format("{}–{}", stars, stars + 1);
        });
        return print_mappers(report.by_mapper);
    }
    print_skipped(report.skipped);
    if (has_changed_maps(report))
        fmt::print(stderr, "note: --changed-maps take would take those that changed as they are now\n");
    fmt::print("added     {} in {}\n", counted(report.maps_added, "map"), counted(report.sets_added, "set"));
    if (!report.without_audio.empty())
        fmt::print("no audio  of {} was found\n", counted(report.without_audio.size(), "set"));
    fmt::print("dataset   {} in {}\n", counted(report.maps_in_dataset, "map"),
               counted(report.sets_in_dataset, "set"));
}

void print_pack(const PackReport& pack) {
    print_skipped(pack.skipped);
    fmt::print("packed    {}, {}{}\n", counted(pack.maps, "map"), counted(pack.datapoints, "datapoint"),
               pack.skipped.empty() ? "" : fmt::format(", {} skipped", pack.skipped.size()));
}

void print_written(const std::filesystem::path& file) {
    fmt::print("wrote     {} ({})\n", file.string(),
               format_bytes(static_cast<double>(std::filesystem::file_size(file))));
}

std::vector<MapSource> given_sources(const DatasetFlags& flags) {
    std::vector<MapSource> sources;
    for (const std::string& path : flags.from) {
        sources.push_back(recognise_source(path));
        const std::filesystem::path above = std::filesystem::absolute(path).lexically_normal().parent_path();
        if (sources.back().kind == SourceKind::folder && std::filesystem::exists(above / "osu!.db"))
            fmt::print(stderr,
                       "note: --from \"{}\" would know stars and ranked status too, from its osu!.db\n",
                       above.string());
    }
    return sources;
}

// Without --from: what is in the game's usual places and has what the filter needs.
std::vector<MapSource> found_sources(const MapFilter& filter) {
    const Machine machine = Machine::here();
    std::vector<MapSource> sources = usual_sources(machine);
    if (sources.empty())
        fail(Hint{"say where with --from; looked in " + listed(usual_places(machine))},
             "no osu! folder is in the usual places");
    std::vector<std::string> reasons;
    std::vector<MapSource> fit;
    for (MapSource& source : sources) {
        reasons.push_back(filter.missing_in(source));
        if (reasons.back().empty()) fit.push_back(std::move(source));
    }
    if (fit.empty()) fail(Hint{"leave the filter out, or give another folder with --from"}, "{}", reasons[0]);
    for (const std::string& reason : reasons)
        if (!reason.empty()) fmt::print(stderr, "note: left out: {}\n", reason);
    return fit;
}

DatasetOptions options_of(const DatasetFlags& flags) {
    DatasetOptions options = flags.options;
    options.filter.modes.clear();
    for (const std::string& mode : flags.modes) options.filter.modes.insert(game_mode(mode));
    for (const std::string& status : flags.status) options.filter.status.insert(ranked_status(status));
    options.take_changed = flags.changed_maps == "take";
    options.out = flags.out;
    if (flags.out.empty()) options.pack = flags.pack;
    if (!options.dry_run && flags.out.empty() && !flags.wants_pack)
        fail(Hint{"--out FOLDER makes a dataset folder, --pack FILE a packed dataset"},
             "where shall the dataset go?");
    if (!options.dry_run && flags.out.empty() && flags.pack.empty())
        fail(Hint{"give the file, --pack FILE, or --out FOLDER"}, "--pack without a name needs --out");
    if (options.with_audio && flags.out.empty())
        fail(Hint{"give --out FOLDER"}, "--with-audio: a packed dataset has no place for audio");
    options.sources = flags.from.empty() ? found_sources(options.filter) : given_sources(flags);
    if (flags.json && !options.dry_run)
        fail(Hint{"without --dry-run the same is written to dataset-report.json"},
             "--json goes with --dry-run");
    if (flags.json) return options;
    for (const MapSource& source : options.sources)
        fmt::print("from      {} ({})\n", source.path.string(), source.description());
    return options;
}

void make_dataset(const DatasetFlags& flags, const DatasetOptions& options) {
    const DatasetReport report = build_dataset(options, terminal_listener());
    if (flags.json) return fmt::print("{}\n", report_json(options, report));
    print_report(report, options);
    if (options.dry_run) return;
    if (report.maps_in_dataset == 0)
        fail(Hint{report.maps_found == 0 ? "give the osu! folder, or a folder of .osu and .osz, with --from"
                  : has_changed_maps(report)
                      ? "the files differ from what osu!.db says: --changed-maps take takes them as they are"
                      : "see above what was left out, and why"},
             "there is no map to make a dataset of");
    if (options.out.empty())
        print_written(options.pack);
    else
        fmt::print("wrote     {}\n", (options.out / "").string());
    print_written(report_file(options));
    if (!flags.wants_pack || options.out.empty()) return;
    const std::filesystem::path file =
        flags.pack.empty() ? options.out / "dataset.pack" : std::filesystem::path(flags.pack);
    print_pack(pack_dataset(options.out, file, terminal_listener()));
    print_written(file);
}

void run_dataset(const DatasetFlags& flags) {
    set_thread_count(flags.threads);
    const DatasetOptions options = options_of(flags);
    std::error_code problem;
    const bool was_there = options.out.empty() || std::filesystem::exists(options.out, problem);
    try {
        make_dataset(flags, options);
    } catch (...) {
        if (!was_there) std::filesystem::remove(options.out, problem);  // where nothing is in it
        throw;
    }
}

void add_filter_flags(CLI::App& verb, DatasetFlags& flags) {
    MapFilter& filter = flags.options.filter;
    const std::string group = "Which maps";
    const auto add = [&](const char* name, auto& value, const char* help) {
        return verb.add_option(name, value, help)->group(group);
    };
    add("-m,--mode", flags.modes,
        "Take maps of 0 or osu, 1 or taiko, 2 or catch, 3 or mania; several with commas (training takes 0)")
        ->delimiter(',');
    add("-s,--status", flags.status,
        "Take maps of this status, by name or number: ranked, approved, qualified, loved, pending, …; "
        "several with "
        "commas")
        ->delimiter(',');
    add("-c,--collection", filter.collection, "Take only the maps of this collection");
    add("-i,--min-id,--minId", filter.min_set_id, "Take beatmap set IDs from here on");
    add("-x,--max-id,--maxId", filter.max_set_id, "Take beatmap set IDs up to here");
    add("-r,--min-stars,--starRating,--minStarRating", filter.min_stars,
        "Take maps of so many stars or more");
    add("-t,--max-stars,--maxStarRating", filter.max_stars, "Take maps of so many stars or fewer");
    add("-a,--mapper", filter.mappers,
        "Take maps by these mappers, their guest difficulties included; several with commas")
        ->delimiter(',')
        ->allow_extra_args(false);  // CLI11 would take the brackets of [Name] for those of a list
    add("--min-objects", filter.min_objects, "Take maps of so many hit objects or more")->check(at_least(0));
    add("--exclude-tag", filter.exclude_tags, "Leave out maps with one of these tags; several with commas")
        ->delimiter(',')
        ->allow_extra_args(false);
    add("--limit", flags.options.limit, "Add at most so many maps; 0: all")->check(at_least(0));
}

}  // namespace

void add_dataset_verb(CLI::App& app) {
    auto flags = std::make_shared<DatasetFlags>();
    CLI::App* verb = app.add_subcommand(
        "dataset", "Make a dataset from the maps of an osu! folder; run again, it adds what is new");
    verb->add_option("--from,folders", flags->from,
                     "Take the maps of this osu!stable or osu!lazer folder, or any folder of .osu and .osz; "
                     "repeat for more")
        ->default_str("the game's usual places");
    verb->add_option("-o,--out,--output", flags->out, "Make this dataset folder, or add to it");
    CLI::Option* pack = verb->add_option("--pack", flags->pack,
                                         "Pack it into one file for training: with --out also "
                                         "(OUT/dataset.pack without a name), else this file alone");
    pack->expected(0, 1);
    verb->add_flag("--with-audio", flags->options.with_audio, "Copy the audio of every set, too");
    verb->add_flag("--dry-run", flags->options.dry_run,
                   "Only count what would be taken, by year, stars and mapper");
    verb->add_option("--changed-maps", flags->changed_maps,
                     "Choose skip, or take: maps whose files are not those that osu!.db speaks of, with what "
                     "the files say")
        ->check(CLI::IsMember({"skip", "take"}));
    verb->add_flag("--json", flags->json, "With --dry-run: print the counts as one JSON object");
    add_filter_flags(*verb, *flags);
    add_threads(*verb, flags->threads);
    verb->callback([flags, pack] {
        flags->wants_pack = pack->count() > 0;
        run_dataset(*flags);
    });
}

}  // namespace osu
