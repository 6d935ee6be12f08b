// osu-diffusion styles: whose styles a dataset or a checkpoint has, which are alike, which stand apart.
#include <algorithm>
#include <map>
#include <memory>
#include <optional>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include "app/bundled_model.h"
#include "app/flag.h"
#include "app/styles_list.h"
#include "app/styles_table.h"
#include "app/verbs.h"
#include "archive/checkpoint.h"
#include "base/error.h"
#include "base/file.h"
#include "base/parallel.h"
#include "base/text.h"
#include "data/dataset_folder.h"
#include "data/label_index.h"
#include "data/map_filter.h"
#include "data/pack_dataset.h"
#include "data/split.h"
#include "model/label_space.h"
#include "picture/scatter.h"
#include "sampling/checkpoint_metadata.h"
#include "sampling/network.h"

namespace osu {

namespace {

// --data-path's index where it is given, else that of --beatmap-idx, else the checkpoint's own.
LabelIndex open_index(const StylesFlags& flags, const Checkpoint* checkpoint) {
    if (!flags.data_path.empty()) return label_index(open_dataset(flags.data_path, terminal_listener()));
    if (!flags.beatmap_idx.empty()) return read_label_index(flags.beatmap_idx);
    const auto labels = checkpoint->metadata.find("labels");
    if (labels == checkpoint->metadata.end())
        fail(Hint{"give the dataset with --data-path, or its index with --beatmap-idx"},
             "{} does not know which style is which map", flags.ckpt);
    return parse_label_index(labels->second);
}

std::vector<size_t> select(const LabelIndex& index, const StylesFlags& flags) {
    const auto& entries = index.entries();
    if (!flags.tag.empty() &&
        std::all_of(entries.begin(), entries.end(), [](const auto& e) { return e.tags.empty(); }))
        fail(Hint{flags.data_path.empty()
                      ? "give the dataset that it was trained on with --data-path"
                      : "osu-diffusion dataset --out DATA --pack packs it anew, with tags"},
             "the index has no tags");
    const std::vector<std::string> mappers = index.mappers();
    std::vector<size_t> chosen;
    for (size_t i = 0; i < entries.size(); ++i) {
        const LabelEntry& e = entries[i];
        const std::string name = fmt::format("{} - {} [{}]", e.artist, e.title, e.version);
        if (contains_but_for_case(mappers[i], flags.mapper) &&
            (flags.title.empty() || contains_but_for_case(name, flags.title)) &&
            (flags.tag.empty() || has_tag(e.tags, flags.tag)))
            chosen.push_back(i);
    }
    return chosen;
}

[[noreturn]] void fail_for_want(const LabelIndex& index, const StylesFlags& flags) {
    std::string search;
    for (const auto& [flag, text] :
         {std::pair("--mapper", flags.mapper), {"--title", flags.title}, {"--tag", flags.tag}})
        if (!text.empty()) search += fmt::format(" {} \"{}\"", flag, text);
    if (search.empty()) fail("the index has no styles");
    fail(Hint{"--mapper and --title take parts of names, --tag a whole one; without them all are listed"},
         "none of {} styles is found by{}", index.entries().size(), search);
}

// The mappers with most of the chosen maps get a colour each; all others are the ground.
void draw_plane(const LabelIndex& index, const LabelSpace::Plane& plane, const std::vector<size_t>& chosen,
                const StylesFlags& flags) {
    const std::vector<std::string> mappers = index.mappers();
    std::map<std::string, std::vector<size_t>> by_mapper;
    for (const size_t i : chosen)
        if (!mappers[i].empty()) by_mapper[mappers[i]].push_back(i);
    std::vector<const std::pair<const std::string, std::vector<size_t>>*> most;
    for (const auto& mapper : by_mapper) most.push_back(&mapper);
    std::stable_sort(most.begin(), most.end(),
                     [](const auto* a, const auto* b) { return a->second.size() > b->second.size(); });
    most.resize(std::min(most.size(), scatter_colours));
    std::map<std::string, size_t> colour;
    std::vector<ScatterGroup> groups{{"all others", {}}};
    for (const auto* mapper : most) {
        colour[mapper->first] = groups.size();
        groups.push_back({printable(mapper->first), {}});
    }
    std::vector<bool> is_chosen(index.entries().size());
    for (const size_t i : chosen) is_chosen[i] = true;
    for (size_t i = 0; i < plane.points.size(); ++i) {
        const auto found = colour.find(mappers[i]);
        groups[is_chosen[i] && found != colour.end() ? found->second : 0].points.push_back(plane.points[i]);
    }
    draw_scatter(groups, fmt::format("{} label vectors, their two principal components", plane.points.size()),
                 fmt::format("first component, {:.1f} % of the variance", 100 * plane.share[0]),
                 fmt::format("second, {:.1f} %", 100 * plane.share[1]), flags.plot);
    flags.say(fmt::format("wrote     {}\n", flags.plot));
}

// Vectors of maps that training held out are as they were drawn: they say nothing, and lie in the middle.
void leave_out_untrained(const LabelIndex& index, const Checkpoint& checkpoint, const StylesFlags& flags,
                         std::vector<size_t>& trained) {
    const HeldOut held_out = describe(checkpoint, 0, false).held_out;
    const auto untrained = [&](const LabelEntry& entry) { return is_held_out(held_out, entry); };
    const size_t count = std::erase_if(trained, [&](size_t i) { return untrained(index.entries()[i]); });
    if (count > 0) flags.say(fmt::format("{} styles that were held out of training are left out\n", count));
    if (!flags.similar_to) return;
    const int32_t label = class_of(index, *flags.similar_to);
    for (const LabelEntry& entry : index.entries())
        if (entry.label == label && untrained(entry))
            fail(Hint{"name a map that it was trained on"}, "{} was held out of training: nothing is like it",
                 *flags.similar_to);
}

void run_styles(StylesFlags& flags) {
    set_thread_count(flags.threads);
    if (flags.data_path.empty() && flags.ckpt.empty()) flags.ckpt = bundled_model;
    if (flags.ckpt.empty() && flags.wants_vectors())
        fail(Hint{"give a checkpoint with --ckpt"}, "--similar-to, --outliers and --plot need label vectors");
    for (const std::string& file : {flags.plot, flags.csv})
        if (!file.empty()) check_output(file, {flags.ckpt, flags.data_path, flags.beatmap_idx});
    std::optional<Checkpoint> checkpoint;
    if (!flags.ckpt.empty()) checkpoint = open_checkpoint(flags.ckpt);
    const LabelIndex index = open_index(flags, checkpoint ? &*checkpoint : nullptr);
    const std::vector<size_t> chosen = select(index, flags);
    if (chosen.empty()) fail_for_want(index, flags);
    std::vector<size_t> trained = chosen;
    std::optional<LabelSpace> space;
    std::optional<LabelSpace::Plane> plane;
    if (checkpoint) {
        std::vector<int32_t> labels;
        for (const LabelEntry& entry : index.entries()) labels.push_back(entry.label);
        space.emplace(checkpoint->weights(), labels);
        if (!flags.plot.empty() || !flags.csv.empty()) plane = space->principal_plane();
    }
    if (checkpoint && flags.wants_vectors()) leave_out_untrained(index, *checkpoint, flags, trained);
    if (flags.similar_to || flags.outliers)
        print_by_vectors(index, *space, trained, flags);
    else
        print_styles(index, chosen, checkpoint ? describe(*checkpoint, 0, false).held_out : HeldOut{}, flags);
    if (!flags.plot.empty()) draw_plane(index, *plane, trained, flags);
    if (flags.csv.empty()) return;
    write_styles_table(flags.csv, index, chosen, flags.data_path, plane ? &*plane : nullptr);
    flags.say(fmt::format("wrote     {}\n", flags.csv));
}

}  // namespace

void add_styles_verb(CLI::App& app) {
    auto flags = std::make_shared<StylesFlags>();
    CLI::App* verb = app.add_subcommand(
        "styles", "Search the styles of a dataset or a checkpoint; find those alike, and those apart");
    verb->add_option("--data-path", flags->data_path,
                     "Read the index of this dataset folder, or packed dataset");
    verb->add_option("--ckpt", flags->ckpt, "Read this checkpoint: its index, and the vectors of its styles")
        ->type_name("FILE")
        ->default_str("the model that comes with the program, without --data-path");
    verb->add_option("--beatmap-idx", flags->beatmap_idx,
                     "Read this index for a checkpoint that has none itself, pickle or JSON");
    verb->add_option("--mapper", flags->mapper,
                     "Find styles by this mapper, or a part of the name; guest difficulties included");
    verb->add_option("--title", flags->title, "Find styles with this in \"artist - title [difficulty]\"");
    verb->add_option("--tag", flags->tag, "Find styles with this tag");
    verb->add_option("--similar-to", flags->similar_to,
                     "Show those nearest to this beatmap ID (of those searched for)");
    verb->add_flag("--outliers", flags->outliers,
                   "Show those farthest from all others (of those searched for)");
    verb->add_flag("--mappers", flags->mappers, "List the mappers instead, with the number of their maps");
    verb->add_flag("--json", flags->json, "Print the list as one JSON object, whole");
    verb->add_option("--plot", flags->plot,
                     "Draw the vectors in two dimensions, coloured by mapper: .png or .svg");
    verb->add_option("--csv", flags->csv, "Write a table of the styles for other programs");
    verb->add_option("--limit", flags->limit, "Show at most so many; 0: all")->check(at_least(0));
    add_threads(*verb, flags->threads);
    verb->callback([verb, flags] {
        warn_if_idle(*verb, "--mappers", flags->similar_to || flags->outliers,
                     "--similar-to and --outliers list maps");
        run_styles(*flags);
    });
}

}  // namespace osu
