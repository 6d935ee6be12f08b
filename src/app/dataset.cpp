// osu-diffusion dataset: from folders of maps to a dataset to train on.
#include <algorithm>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include "app/verbs.h"
#include "base/parallel.h"
#include "base/progress.h"
#include "data/dataset_builder.h"

namespace osu {

namespace {

struct DatasetFlags {
    std::vector<std::string> from;
    std::string out, pack;
    std::vector<int> modes{0};
    uint64_t limit = 0;
    int threads = 0;
    bool wants_pack = false;
};

void print_skipped(const std::vector<SkippedMap>& skipped, size_t most) {
    for (size_t i = 0; i < std::min(most, skipped.size()); ++i)
        fmt::print(stderr, "warning: {}: {}{}{}\n", skipped[i].path, skipped[i].reason,
                   skipped[i].detail.empty() ? "" : ": ", skipped[i].detail);
    if (skipped.size() > most) fmt::print(stderr, "warning: and {} more\n", skipped.size() - most);
}

void run_pack(const DatasetFlags& flags) {
    const std::filesystem::path file = flags.pack.empty() ? std::filesystem::path(flags.out) / "dataset.pack"
                                                          : std::filesystem::path(flags.pack);
    const PackReport pack = pack_dataset(flags.out, file);
    print_skipped(pack.skipped, 10);
    fmt::print("packed    {} maps, {} datapoints{}\n", pack.maps, pack.datapoints,
               pack.skipped.empty() ? "" : fmt::format(", {} skipped", pack.skipped.size()));
    fmt::print("wrote     {} ({})\n", file.string(), format_bytes(static_cast<double>(pack.bytes)));
}

void run_dataset(const DatasetFlags& flags) {
    set_thread_count(flags.threads);
    DatasetOptions options;
    options.from.assign(flags.from.begin(), flags.from.end());
    options.out = flags.out;
    options.limit = flags.limit;
    options.modes.clear();
    for (const int mode : flags.modes) options.modes.insert(static_cast<GameMode>(mode));
    const DatasetReport report = build_dataset(options);

    fmt::print("found     {} maps\n", report.maps_found);
    for (const auto& [reason, count] : report.skipped_by_reason())
        fmt::print("skipped   {} ({})\n", count, reason);
    if (report.maps_already_there)
        fmt::print("unchanged {} maps that the dataset holds\n", report.maps_already_there);
    fmt::print("added     {} maps in {} sets\n", report.maps_added, report.sets_added);
    fmt::print("dataset   {} maps in {} sets\n", report.maps_in_dataset, report.sets_in_dataset);
    fmt::print("wrote     {}\n", (options.out / "").string());
    fmt::print("wrote     {}\n", (options.out / "dataset-report.json").string());
    if (flags.wants_pack) run_pack(flags);
}

}  // namespace

void add_dataset_verb(CLI::App& app) {
    auto flags = std::make_shared<DatasetFlags>();
    CLI::App* verb = app.add_subcommand(
        "dataset", "Makes a dataset folder from .osu and .osz files; run again, it adds what is new");
    verb->add_option("--from", flags->from, "Folder of .osu and .osz, at any depth; repeat for more")
        ->required();
    verb->add_option("-o,--out", flags->out, "Dataset folder to make or to add to")->required();
    verb->add_option("-m,--mode", flags->modes,
                     "Modes to take: 0 osu!, 1 taiko, 2 catch, 3 mania (training takes 0)")
        ->check(CLI::Range(0, 3))
        ->delimiter(',');
    verb->add_option("--limit", flags->limit, "Add at most so many maps; 0: all");
    CLI::Option* pack = verb->add_option(
        "--pack", flags->pack, "Also pack it into one file for training (OUT/dataset.pack without a name)");
    pack->expected(0, 1);
    verb->add_option("--threads", flags->threads, "Threads; 0: all cores");
    verb->callback([flags, pack] {
        flags->wants_pack = pack->count() > 0;
        run_dataset(*flags);
    });
}

}  // namespace osu
