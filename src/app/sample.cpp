// The verb `sample`: maps in, remapped maps and their pictures out.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <optional>
#include <thread>

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "app/bundled_model.h"
#include "app/counted.h"
#include "app/flag.h"
#include "app/json_output.h"
#include "app/map_choice.h"
#include "app/sample_flags.h"
#include "app/sample_output.h"
#include "app/verbs.h"
#include "base/error.h"
#include "base/parallel.h"
#include "base/profile.h"
#include "base/progress.h"
#include "base/text.h"
#include "evaluation/best_of.h"
#include "sampling/sampling.h"

namespace osu {

namespace {

namespace fs = std::filesystem;

constexpr size_t most_frames = 96;  // of an animation: four seconds

// Every so many steps a copy of the first variant.
class Frames {
  public:
    Frames(size_t steps, bool wanted)
        : every_(wanted ? (steps + most_frames - 1) / most_frames : 0), steps_(steps) {}
    void add(int first, int count, std::span<const float> x) {
        if (every_ == 0 || first != 0 || done_ == steps_) return;
        ++done_;
        const size_t row = x.size() / static_cast<size_t>(count);
        if (done_ % every_ == 0 || done_ == steps_) frames_.emplace_back(x.begin(), x.begin() + row);
    }
    const std::vector<std::vector<float>>& all() const { return frames_; }

  private:
    size_t every_, steps_, done_ = 0;
    std::vector<std::vector<float>> frames_;
};

// All that one call of the verb does: maps one after the other, with networks that are opened once.
class SampleRun {
  public:
    explicit SampleRun(const SampleOptions& options) : options_(options) {}

    void place_all(const std::vector<MapChoice>& maps);
    // Places the map, and again whenever its file has changed; ends with the process.
    [[noreturn]] void watch(const MapChoice& map);

  private:
    const SampleOptions& options_;
    std::unique_ptr<Backend> backend_;
    std::optional<SamplingNetwork> network_, refiner_;
    std::vector<int32_t> style_;
    OwnFiles own_;  // of a watch, which replaces its last result
    nlohmann::json written_ = nlohmann::json::array(), failed_ = nlohmann::json::array();

    // Of what is said beside errors.
    template <class... Args>
    void say(fmt::format_string<Args...> text, Args&&... args) const {
        if (options_.quiet) return;
        std::FILE* const to = options_.json ? stderr : stdout;
        fmt::print(to, text, std::forward<Args>(args)...);
        std::fflush(to);
    }
    void open_networks();
    Placement sample(const MapDatapoints& map, std::span<const uint8_t> fixed,
                     std::vector<std::vector<float>>& frames);
    void say_what_lay_outside(const Placement& placed, std::span<const uint8_t> fixed) const;
    void place_map(const MapChoice& choice);
    Placement best_of(const MapDatapoints& map, const Placement& placed) const;
    void report(const SourceMap& source, const Placement& placed, const WrittenFiles& files);
};

void SampleRun::open_networks() {
    if (network_) return;
    backend_ = open_backend(options_.device);
    network_.emplace(
        open_checkpoint(options_.ckpt), checkpoint_name(options_.ckpt),
        NetworkFlags{options_.model, options_.num_classes, options_.num_heads, options_.styled()}, *backend_);
    style_ = find_style(network_->info(), {options_.style_id, options_.style_mapper, options_.beatmap_idx});
    if (!options_.refine_ckpt.empty() && options_.refine_iters > 0)
        refiner_.emplace(options_.refine_ckpt, NetworkFlags{.with_labels = false}, *backend_);
}

// `fixed`: 1 for datapoints that stay; empty: none.
Placement SampleRun::sample(const MapDatapoints& map, std::span<const uint8_t> fixed,
                            std::vector<std::vector<float>>& frames) {
    SamplingOptions sampling = options_.sampling;
    sampling.variants *= options_.best_of;
    const Diffusion steps = sampling_steps(sampling, network_->info());
    const size_t all_steps = steps.steps() + (refiner_ ? options_.refine_iters : 0);
    say("{} datapoints, {} of {} steps, {}{}\n", map.sequence().size(),
        sampler_name(sampling, network_->info()), steps.steps(), network_->config().name(),
        options_.styled() && !options_.scale_given && sampling.cfg_scale != 1
            ? fmt::format(", guided to the style by {:g} (--cfg-scale)", sampling.cfg_scale)
            : "");
    Frames kept(all_steps, options_.make_animation);
    std::optional<Progress> progress;
    if (!options_.quiet)
        progress.emplace("sampling", static_cast<int64_t>(all_steps) * sampling.variants, "steps");
    const OnStep on_step = [&](const SamplingStep& step) {
        kept.add(step.first, step.count, step.x);
        if (progress) progress->advance(step.count);
        return true;
    };
    Placement placed = place(*network_, map.view(), style_, sampling, {fixed, {}}, on_step);
    if (refiner_)
        refine(*refiner_, map.view(), style_, sampling, sampling.seq_len.value_or(network_->info().window()),
               steps, options_.refine_iters, {fixed, {}}, on_step, placed);
    frames = kept.all();
    return options_.best_of > 1 ? best_of(map, placed) : placed;
}

// Of each variant's placements the one to keep.
Placement SampleRun::best_of(const MapDatapoints& map, const Placement& placed) const {
    const Datapoints asked = map.view();
    const size_t row = 2 * asked.size();
    Placement best;
    best.variants = options_.sampling.variants;
    for (int variant = 0; variant < best.variants; ++variant) {
        const int first = variant * options_.best_of;
        std::vector<std::vector<Vec2>> all;
        for (int i = 0; i < options_.best_of; ++i) all.push_back(placed.pixels(first + i));
        const size_t kept = static_cast<size_t>(first) + fewest_objections(asked, asked.preempt, all);
        best.x.insert(best.x.end(), placed.x.begin() + static_cast<std::ptrdiff_t>(kept * row),
                      placed.x.begin() + static_cast<std::ptrdiff_t>((kept + 1) * row));
        best.seeds.push_back(placed.seeds[kept]);
    }
    return best;
}

// Of what was placed: what stays is left where it lies.
void SampleRun::say_what_lay_outside(const Placement& placed, std::span<const uint8_t> fixed) const {
    const size_t tokens = placed.x.size() / (2 * static_cast<size_t>(placed.variants));
    size_t all = 0, outside = 0;
    for (size_t i = 0; i < placed.x.size(); ++i) {
        if (!fixed.empty() && fixed[i % tokens]) continue;
        ++all;
        outside += placed.x[i] < 0 || placed.x[i] > 1;
    }
    if (outside > 0)
        say("{} of {} coordinates lay outside the playfield{}\n", outside, all,
            options_.sampling.allow_offscreen ? ""
                                              : ", and were moved inside (--allow-offscreen leaves them)");
}

void SampleRun::report(const SourceMap& source, const Placement& placed, const WrittenFiles& files) {
    for (const fs::path& file : files.all()) say("wrote {}\n", file.string());
    if (options_.in_place) say("F5 in the game's song selection shows what is new in the folder\n");
    nlohmann::json maps = nlohmann::json::array(), others = nlohmann::json::array();
    for (size_t i = 0; i < files.maps.size(); ++i)
        maps.push_back(
            {{"file", files.maps[i].string()}, {"version", files.versions[i]}, {"seed", placed.seeds[i]}});
    for (const fs::path& file : files.others) others.push_back(file.string());
    written_.push_back({{"source", source.path},
                        {"difficulty", source.map.metadata.version},
                        {"maps", maps},
                        {"others", others}});
}

void SampleRun::place_map(const MapChoice& choice) {
    const SourceMap source = read_source(choice.path, choice.difficulty);
    const MapDatapoints map(source.map);
    if (map.sequence().size() == 0) fail("{} has no hit objects", choice.path);
    std::vector<uint8_t> selected;
    if (!options_.selection.all()) selected = select_objects(source.map, options_.selection);
    SampleOutput output(options_, source, selected, options_.watch ? &own_ : nullptr);
    open_networks();
    std::vector<std::vector<float>> frames;
    const std::vector<uint8_t> fixed = fixed_datapoints(map.sequence(), selected);
    const Placement placed = sample(map, fixed, frames);
    say_what_lay_outside(placed, fixed);
    report(source, placed, output.write(placed, frames));
}

void SampleRun::place_all(const std::vector<MapChoice>& maps) {
    for (size_t i = 0; i < maps.size(); ++i) {
        const std::string name =
            maps[i].difficulty.empty() ? maps[i].path : maps[i].path + ", " + maps[i].difficulty;
        if (maps.size() > 1) say("map {} of {}: {}\n", i + 1, maps.size(), printable(name));
        try {
            place_map(maps[i]);
        } catch (const Error& error) {
            if (maps.size() == 1) throw;
            // Most errors name the file themselves.
            const std::string what = error.what();
            const bool named =
                what.find(maps[i].path) != what.npos && what.find(maps[i].difficulty) != what.npos;
            fmt::print(stderr, "error: {}{}\n", named ? "" : printable(name) + ": ", what);
            if (!error.hint().empty()) fmt::print(stderr, "hint: {}\n", error.hint());
            failed_.push_back({{"source", maps[i].path}, {"error", error.what()}, {"hint", error.hint()}});
        }
    }
    if (options_.json) print_json({{"written", written_}, {"failed", failed_}});
    if (failed_.empty()) return;
    const Error error(fmt::format("{} of {} maps could not be placed", failed_.size(), maps.size()),
                      failed_.size() < maps.size() ? "the others were written" : "");
    if (options_.json) throw ToldInJson(error.what(), error.hint());
    throw error;
}

void SampleRun::watch(const MapChoice& map) {
    // Asked again and again: drives of Windows tell Linux nothing of changes.
    constexpr std::chrono::milliseconds pause{200};
    using Stamp = std::pair<fs::file_time_type, uintmax_t>;
    std::error_code problem;
    const auto stamp = [&] {
        return Stamp{fs::last_write_time(map.path, problem), fs::file_size(map.path, problem)};
    };
    Stamp seen = stamp();
    place_map(map);
    for (;;) {
        say("waiting for {} to be saved; Ctrl-C ends\n", map.path);
        while (stamp() == seen) std::this_thread::sleep_for(pause);
        // An editor may still be writing: until nothing changes any more.
        for (Stamp now = stamp(); now != seen; now = stamp()) {
            seen = now;
            std::this_thread::sleep_for(pause);
        }
        try {
            place_map(map);
        } catch (const Error& error) {
            fmt::print(stderr, "error: {}\n", error.what());
            if (!error.hint().empty()) fmt::print(stderr, "hint: {}\n", error.hint());
        }
    }
}

// Says what was left out.
std::vector<MapChoice> chosen_maps(const SampleOptions& options) {
    ChosenMaps chosen =
        choose_maps(options.maps, options.difficulty, options.in_place ? fs::path() : fs::path(options.out));
    for (const std::string& what : chosen.unread)
        fmt::print(stderr, "warning: cannot read {}\n", printable(what));
    if (chosen.results > 0 && !options.quiet)
        fmt::print(options.json ? stderr : stdout,
                   "{} of this program left out; one that is given as a file is placed anew\n",
                   counted(chosen.results, "result"));
    return std::move(chosen.maps);
}

void run_sample(const SampleOptions& options) {
    const Profile profile(options.profile);
    set_thread_count(options.threads);
    const std::vector<MapChoice> maps = chosen_maps(options);
    const bool one_file = lower_extension(options.out) == ".osu" && !options.in_place;
    if (maps.size() > 1 && (one_file || options.watch))
        fail(Hint{"give one map"}, "{} goes with one map, and here are {}",
             one_file ? "--out " + options.out : "--watch", maps.size());
    SampleRun run(options);
    if (options.watch) run.watch(maps.front());
    run.place_all(maps);
    fmt::print(options.json ? stderr : stdout, "{}", profile.table());
}

}  // namespace

void add_sample_verb(CLI::App& app) {
    CLI::App* verb = app.add_subcommand("sample", "Remap a beatmap: new positions for the same rhythm");
    auto options = std::make_shared<SampleOptions>();
    declare_sample_flags(*verb, *options);
    verb->callback([verb, options] {
        settle_sample_options(*verb, *options);
        warn_of_idle_flags(*verb, *options);
        run_sample(*options);
    });
}

}  // namespace osu
