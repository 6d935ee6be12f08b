#include "app/sample_output.h"

#include <algorithm>
#include <cstdio>

#include "archive/safetensors.h"
#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "data/writer_lock.h"
#include "picture/canvas.h"
#include "picture/picture.h"
#include "sequence/sequence.h"

namespace osu {

namespace fs = std::filesystem;

namespace {

// Bytes; file systems end at 255, and a number, an extension and the mark of an unfinished file may follow.
constexpr size_t name_limit = 200, difficulty_limit = 60;
constexpr double usual_width = 2000;  // ms of a picture

// From the first to the last selected object; nothing where all change.
struct TimeRange {
    double from = 0, width = 0;  // ms
};
std::optional<TimeRange> section_of(const Beatmap& map, std::span<const uint8_t> selected) {
    std::optional<TimeRange> section;
    for (size_t i = 0; i < selected.size(); ++i) {
        if (!selected[i]) continue;
        if (!section) section = {map.objects[i].start_time, 0};
        section->width = map.objects[i].start_time - section->from + 1;  // the last one begins within
    }
    return section;
}

}  // namespace

std::vector<fs::path> WrittenFiles::all() const {
    std::vector<fs::path> files = maps;
    files.insert(files.end(), others.begin(), others.end());
    return files;
}

SampleOutput::SampleOutput(const SampleOptions& options, const SourceMap& source,
                           std::vector<uint8_t> selected, OwnFiles* own)
    : options_(options), source_(source), selected_(std::move(selected)), own_(own) {
    refuse_odd_flags();
    choose_folder();
}

bool SampleOutput::may_replace(const fs::path& path) const {
    return options_.overwrite || (own_ && own_->has(path));
}

bool SampleOutput::is_kept(const fs::path& path) const {
    std::error_code problem;
    return fs::exists(path, problem) && !may_replace(path);
}

void SampleOutput::wrote(const fs::path& path) {
    if (own_) own_->add(path);
}

// Those that are there when it is written: while it was placed, others may have written.
void SampleOutput::take_names() {
    taken_.clear();
    taken_versions_ = {};
    if (options_.overwrite) return;
    taken_versions_.add_folder(folder_, own_);
    if (source_.archive) taken_versions_.add_archive(*source_.archive);
}

void SampleOutput::refuse_odd_flags() const {
    if (!options_.plot.empty()) image_format(options_.plot);  // a wrong name is told before the work
    if (!options_.dump_coordinates.empty() &&
        fs::path(options_.dump_coordinates).extension() != ".safetensors")
        fail(Hint{"name it .safetensors"}, "--dump-coordinates {} has another extension",
             options_.dump_coordinates);
    if (options_.osz && !source_.archive)
        fail(Hint{"give the .osz with --beatmap, and --difficulty"}, "--osz adds to an .osz, and {} is none",
             source_.path);
    if (options_.watch && options_.in_place && source_.archive)
        fail(Hint{"--out FOLDER says where the maps shall go"},
             "--watch writes beside a map, and {} is an archive", source_.path);
    if (options_.in_place && source_.archive)
        fail(Hint{"--osz writes the archive with the new difficulties in it"},
             "--in-place writes beside a map, and {} is an archive", source_.path);
    if (options_.slider_velocity == "fit" && source_.map.format_version < 8)
        fmt::print(stderr,
                   "note: --slider-velocity fit: sliders keep their lengths, by which ticks go in a map of "
                   "format v{}\n",
                   source_.map.format_version);
    for (const std::string& file : {options_.plot, options_.dump_coordinates})
        if (!file.empty())
            check_output(file, {source_.path, options_.ckpt, options_.refine_ckpt, options_.beatmap_idx});
}

void SampleOutput::choose_folder() {
    if (options_.in_place) {
        folder_ = fs::absolute(source_.path).parent_path();
    } else if (lower_extension(options_.out) == ".osu") {
        file_ = options_.out;
        folder_ = fs::absolute(file_).parent_path();
        check_output(file_, {source_.path});
        if (is_kept(file_)) fail(Hint{"--overwrite replaces it"}, "{} is there already", options_.out);
    } else {
        folder_ = fs::path(options_.out) / folder_name(source_.map.metadata);
    }
    const std::string version =
        placed_version(options_, source_.map, selected_, options_.sampling.variants - 1, difficulty_limit);
    check_output(free_path(stem_of(version), ".osu"), {});
}

fs::path SampleOutput::free_path(const std::string& stem, const std::string& extension) {
    fs::path path = folder_ / (stem + extension);
    std::error_code problem;
    const auto is_taken = [&] {  // the source is never overwritten
        return taken_.contains(path) || is_kept(path) || fs::equivalent(path, source_.path, problem);
    };
    for (int i = 2; is_taken(); ++i) path = folder_ / fmt::format("{} ({}){}", stem, i, extension);
    taken_.insert(path);
    return path;
}

std::string SampleOutput::stem_of(const std::string& version) const {
    const Metadata& metadata = source_.map.metadata;
    const std::string difficulty = clean_name(fmt::format("[{}]", version), name_limit / 2);
    const std::string song = fmt::format("{} - {} ({})", metadata.artist, metadata.title, metadata.creator);
    return clean_name(song, name_limit - difficulty.size() - 1) + " " + difficulty;
}

// Another process may take the name first.
fs::path SampleOutput::write_map(const std::string& stem, const std::string& text) {
    if (!file_.empty()) {
        write_file(file_, text);
        wrote(file_);
        return file_;
    }
    fs::path path = free_path(stem, ".osu");
    const auto write = [&] {
        if (!may_replace(path)) return write_new_file(path, text);
        write_file(path, text);
        return true;
    };
    while (!write()) path = free_path(stem, ".osu");
    wrote(path);
    return path;
}

std::string SampleOutput::remapped(std::span<const Vec2> position, const std::string& version,
                                   bool allow_offscreen) const {
    RemapOptions options;
    options.version = version;
    options.velocity = options_.slider_velocity == "fit" ? VelocityMode::fit : VelocityMode::keep;
    options.allow_offscreen = allow_offscreen;
    options.selected = selected_;
    return remap(source_.map, position, options);
}

// Their texts. One process at a time: of two that choose a name, or add to an archive, one would undo what
// the other did.
std::vector<std::string> SampleOutput::write_maps(const Placement& placed) {
    std::error_code shown_by_the_lock;
    fs::create_directories(folder_, shown_by_the_lock);
    const WriterLock lock(folder_, WriterLock::WhenHeld::wait_quietly);
    take_names();
    std::vector<std::string> texts;
    for (int i = 0; i < placed.variants; ++i) {
        const auto name = [&](size_t limit) {
            return placed_version(options_, source_.map, selected_, placed.seeds[static_cast<size_t>(i)],
                                  limit);
        };
        const std::string whole = name(std::string::npos), version = taken_versions_.take(whole);
        texts.push_back(remapped(placed.pixels(i), version, options_.sampling.allow_offscreen));
        // What makes the name another one stands at its end, and must not be cut off the file's.
        const std::string stem = stem_of(name(difficulty_limit) + version.substr(whole.size()));
        written_.maps.push_back(write_map(stem, texts.back()));
        written_.versions.push_back(version);
    }
    if (options_.osz) write_archive(texts);
    return texts;
}

WrittenFiles SampleOutput::write(const Placement& placed, std::span<const std::vector<float>> frames) {
    written_ = {};
    const std::vector<std::string> texts = write_maps(placed);
    if (!options_.dump_coordinates.empty()) dump(placed.x);
    draw(texts, frames);
    return written_;
}

// So has one that an earlier run has made of it.
bool SampleOutput::holds_the_source(const fs::path& archive) const {
    std::error_code problem;
    if (!fs::exists(archive) || fs::equivalent(archive, source_.path, problem)) return false;
    const OszArchive made(archive);
    const auto has = [&](const OszEntry& entry) {
        return std::any_of(made.entries().begin(), made.entries().end(), [&](const OszEntry& other) {
            return other.name == entry.name && other.size == entry.size;
        });
    };
    return std::all_of(source_.archive->entries().begin(), source_.archive->entries().end(), has);
}

// The archive that an earlier run has made of this source is gone on with.
fs::path SampleOutput::archive_path() {
    const std::string kind = lower_extension(source_.path) == ".olz" ? ".olz" : ".osz";
    const std::string stem = clean_name(fs::path(source_.path).stem().string(), name_limit);
    const fs::path path = folder_ / (stem + kind);
    return !options_.overwrite && holds_the_source(path) ? path : free_path(stem, kind);
}

void SampleOutput::write_archive(std::span<const std::string> texts) {
    const fs::path path = archive_path();
    // Beside their source: a map at the root beside a folder of them would hide those from the game.
    std::vector<OszArchive::NewEntry> maps;
    for (size_t i = 0; i < texts.size(); ++i)
        maps.push_back({source_.folder + written_.maps[i].filename().string(), texts[i]});
    const bool others_are_in_it = is_kept(path);
    if (!options_.overwrite && holds_the_source(path))
        OszArchive(path).write_with(path, maps);
    else
        source_.archive->write_with(path, maps);
    if (!others_are_in_it) wrote(path);
    written_.others.push_back(path);
}

void SampleOutput::draw(std::span<const std::string> texts, std::span<const std::vector<float>> frames) {
    const std::optional<TimeRange> section = section_of(source_.map, selected_);
    PictureOptions picture;
    picture.width = options_.plot_width.value_or(section ? std::max(section->width, 500.0) : usual_width);
    picture.from =
        options_.plot_time.value_or(section ? section->from : picture_start(source_.map, picture.width));
    const std::string stem = written_.maps.front().stem().string();
    // A time without a file asks for a picture all the same: beside the map.
    fs::path plot = options_.plot;
    if (plot.empty() && options_.plot_time && !options_.make_animation) plot = free_path(stem, ".png");
    if (!plot.empty()) {
        std::vector<Beatmap> maps;
        if (section) maps.push_back(source_.map);  // what it was, beside what became of it
        for (const std::string& text : texts) maps.push_back(parse_beatmap(text));
        std::vector<const Beatmap*> pointers;
        std::vector<std::string> captions;
        for (const Beatmap& map : maps) {
            pointers.push_back(&map);
            captions.push_back(map.metadata.version);
        }
        if (maps.size() == 1)
            draw_beatmap(maps.front(), picture, plot);
        else
            draw_comparison(pointers, captions, picture, plot);
        if (options_.plot.empty()) wrote(plot);
        written_.others.push_back(plot);
    }
    if (!options_.make_animation) return;
    picture.scale = 1;
    const fs::path animation = free_path(stem, ".gif");
    const auto frame = [&](size_t i) {
        return parse_beatmap(remapped(pixels(frames[i]), written_.versions.front(), true));
    };
    constexpr int delay = 4;  // hundredths of a second: the 24 frames a second of the reference
    animate_beatmaps(frames.size(), frame, picture, delay, animation);
    wrote(animation);
    written_.others.push_back(animation);
}

void SampleOutput::dump(std::span<const float> x) {
    const int64_t variants = options_.sampling.variants,
                  tokens = static_cast<int64_t>(x.size()) / (2 * variants);
    std::vector<float> xy(x.begin(), x.end());
    for (int64_t i = 0; i < static_cast<int64_t>(xy.size()); ++i)
        xy[i] *= i / tokens % 2 == 0 ? playfield_size.x : playfield_size.y;
    const NamedTensor tensor{"xy", {DType::f32, {variants, 2, tokens}, std::as_bytes(std::span(xy))}};
    write_safetensors(options_.dump_coordinates, {&tensor, 1}, {});
    written_.others.push_back(options_.dump_coordinates);
}

}  // namespace osu
