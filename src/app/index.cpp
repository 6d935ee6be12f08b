// osu-diffusion index: which class of a label table is which map.
#include <memory>
#include <set>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include "app/flag.h"
#include "app/verbs.h"
#include "archive/pickle.h"
#include "base/error.h"
#include "base/file.h"
#include "base/parallel.h"
#include "data/label_index.h"
#include "data/pack_dataset.h"
#include "data/set_counter.h"

namespace osu {

namespace {

struct IndexFlags {
    std::string data_path, out;
    int threads = 0;
};

size_t count_sets(const PackedDataset& dataset) {
    SetCounter sets;
    for (size_t i = 0; i < dataset.size(); ++i) sets.add(dataset.map(i));
    return sets.size();
}

// IDs that several maps have, and maps without one: they are classes, but cannot be asked for by ID.
void print_unreachable(const LabelIndex& index) {
    size_t nameless = 0, shown = 0, shared = 0;
    for (const LabelEntry& map : index.entries()) {
        if (map.beatmap_id <= 0) {
            ++nameless;
        } else if (const int32_t first = index.find(map.beatmap_id); first != map.label) {
            ++shared;
            if (shown++ < 5)
                fmt::print(stderr, "warning: class {} ({} [{}]) has the beatmap ID {} of class {}\n",
                           map.label, map.title, map.version, map.beatmap_id, first);
        }
    }
    if (shared)
        fmt::print("of these  {} have the beatmap ID of an earlier map, which stands for it\n", shared);
    if (nameless) fmt::print("of these  {} have no beatmap ID\n", nameless);
}

void run_index(const IndexFlags& flags) {
    set_thread_count(flags.threads);
    const std::filesystem::path data = flags.data_path;
    const std::filesystem::path out = !flags.out.empty()                    ? std::filesystem::path(flags.out)
                                      : std::filesystem::is_directory(data) ? data
                                                                            : data.parent_path();
    try {
        check_output(out / "beatmap_idx.pickle", {});
    } catch (const Error& error) {
        throw Error(error.what(), "--out FOLDER writes it elsewhere");
    }
    const PackedDataset dataset = open_dataset(data, terminal_listener());
    const LabelIndex index = label_index(dataset);
    std::set<std::string> creators;
    for (const LabelEntry& map : index.entries()) creators.insert(map.creator);
    fmt::print("sets      {}\nmaps      {}\nclasses   {}\nmappers   {}\ndatapoints {}\n", count_sets(dataset),
               dataset.size(), index.class_count(), creators.size(), dataset.datapoints());
    print_unreachable(index);
    write_file(out / "beatmap_idx.pickle", pickle_int_map(index.by_beatmap_id()));
    write_file(out / "beatmap_idx.json", index.to_json());
    fmt::print("wrote     {}\nwrote     {}\n", (out / "beatmap_idx.pickle").string(),
               (out / "beatmap_idx.json").string());
}

}  // namespace

void add_index_verb(CLI::App& app) {
    auto flags = std::make_shared<IndexFlags>();
    CLI::App* verb = app.add_subcommand(
        "index", "Write beatmap_idx.pickle and beatmap_idx.json of a dataset: beatmap ID to class index");
    verb->add_option("--data-path,data", flags->data_path, "Read this dataset folder, or packed dataset")
        ->required();
    verb->add_option("--out", flags->out, "Write to this folder")->default_str("beside the data");
    add_threads(*verb, flags->threads);
    verb->callback([flags] { run_index(*flags); });
}

}  // namespace osu
