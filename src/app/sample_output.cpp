#include "app/sample_output.h"

#include <algorithm>
#include <cstdio>

#include "archive/safetensors.h"
#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "picture/canvas.h"
#include "picture/picture.h"
#include "sequence/sequence.h"

namespace osu {

namespace fs = std::filesystem;

namespace {

// Bytes; file systems end at 255, and a number, an extension and the mark of an unfinished file may follow.
constexpr size_t name_limit = 200, difficulty_limit = 60;

void wrote(const fs::path& path) {
    fmt::print("wrote {}\n", path.string());
}

}  // namespace

SampleOutput::SampleOutput(const SampleOptions& options, const SourceMap& source,
                           std::vector<uint8_t> selected)
    : options_(options), source_(source), selected_(std::move(selected)) {
    const Metadata& metadata = source.map.metadata;
    folder_ = fs::path(options.out) /
              clean_name(fmt::format("{} {} - {}", metadata.beatmap_id, metadata.artist, metadata.title),
                         name_limit);
    if (!options.plot.empty()) image_format(options.plot);  // a wrong name is told before the work
    if (!options.dump_coordinates.empty() && fs::path(options.dump_coordinates).extension() != ".safetensors")
        fail(Hint{"name it .safetensors"}, "--dump-coordinates {} has another extension",
             options.dump_coordinates);
    if (options.osz && !source.archive)
        fail(Hint{"give the .osz with --beatmap, and --difficulty"}, "--osz adds to an .osz, and {} is none",
             options.beatmap);
    if (options.slider_velocity == "fit" && source.map.format_version < 8)
        fmt::print(stderr,
                   "note: --slider-velocity fit: sliders keep their lengths, by which ticks go in a map of "
                   "format v{}\n",
                   source.map.format_version);
    check_output(folder_ / "a map", {});
    for (const std::string& file : {options.plot, options.dump_coordinates})
        if (!file.empty())
            check_output(file, {options.beatmap, options.ckpt, options.refine_ckpt, options.beatmap_idx});
}

std::string SampleOutput::version(int variant, size_t limit) const {
    std::string style;
    if (options_.style_id) style = fmt::format("style {}, ", *options_.style_id);
    if (!options_.style_mapper.empty()) style = fmt::format("style {}, ", options_.style_mapper);
    if (!style.empty() && options_.sampling.cfg_scale != 1)
        style += fmt::format("cfg {:g}, ", options_.sampling.cfg_scale);
    std::string source = source_.map.metadata.version;
    cut(source, limit);
    return fmt::format("Diffusion {}{}({}seed {})", source, source.empty() ? "" : " ", style,
                       options_.sampling.seed + static_cast<uint64_t>(variant));
}

fs::path SampleOutput::free_path(const std::string& stem, const std::string& extension) {
    fs::path path = folder_ / (stem + extension);
    std::error_code problem;
    const auto is_taken = [&] {  // the source is never overwritten
        return taken_.contains(path) || (!options_.overwrite && fs::exists(path)) ||
               fs::equivalent(path, options_.beatmap, problem);
    };
    for (int i = 2; is_taken(); ++i) path = folder_ / fmt::format("{} ({}){}", stem, i, extension);
    taken_.insert(path);
    return path;
}

// Another process may take the name first.
fs::path SampleOutput::write_map(const std::string& stem, const std::string& text) {
    fs::path path = free_path(stem, ".osu");
    if (options_.overwrite)
        write_file(path, text);
    else
        while (!write_new_file(path, text)) path = free_path(stem, ".osu");
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

void SampleOutput::write(const Placement& placed, std::span<const std::vector<float>> frames) {
    const Metadata& metadata = source_.map.metadata;
    std::vector<std::string> texts, names;
    fs::path first;
    for (int i = 0; i < placed.variants; ++i) {
        texts.push_back(remapped(placed.pixels(i), version(i), options_.sampling.allow_offscreen));
        const std::string difficulty =
            clean_name(fmt::format("[{}]", version(i, difficulty_limit)), name_limit / 2);
        const std::string song =
            fmt::format("{} - {} ({})", metadata.artist, metadata.title, metadata.creator);
        const std::string stem = clean_name(song, name_limit - difficulty.size() - 1) + " " + difficulty;
        const fs::path path = write_map(stem, texts.back());
        names.push_back(path.filename().string());
        if (i == 0) first = path;
    }
    if (options_.osz) write_archive(names, texts);
    if (!options_.dump_coordinates.empty()) dump(placed.x);
    draw(first, texts, frames);
}

void SampleOutput::write_archive(std::span<const std::string> names, std::span<const std::string> texts) {
    const std::string kind = lower_extension(options_.beatmap) == ".olz" ? ".olz" : ".osz";
    const fs::path path = free_path(clean_name(fs::path(options_.beatmap).stem().string(), name_limit), kind);
    // Beside their source: a map at the root beside a folder of them would hide those from the game.
    std::vector<OszArchive::NewEntry> maps;
    for (size_t i = 0; i < texts.size(); ++i) maps.push_back({source_.folder + names[i], texts[i]});
    source_.archive->write_with(path, maps);
    wrote(path);
}

void SampleOutput::draw(const fs::path& first_map, std::span<const std::string> texts,
                        std::span<const std::vector<float>> frames) {
    PictureOptions picture;
    picture.from = options_.plot_time.value_or(picture_start(source_.map, options_.plot_width));
    picture.width = options_.plot_width;
    // A time without a file asks for a picture all the same: beside the map.
    fs::path plot = options_.plot;
    if (plot.empty() && options_.plot_time && !options_.make_animation)
        plot = free_path(first_map.stem().string(), ".png");
    if (!plot.empty()) {
        std::vector<Beatmap> maps;
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
        wrote(plot);
    }
    if (!options_.make_animation) return;
    picture.scale = 1;
    const fs::path animation = free_path(first_map.stem().string(), ".gif");
    const auto frame = [&](size_t i) { return parse_beatmap(remapped(pixels(frames[i]), version(0), true)); };
    constexpr int delay = 4;  // hundredths of a second: the 24 frames a second of the reference
    animate_beatmaps(frames.size(), frame, picture, delay, animation);
    wrote(animation);
}

void SampleOutput::dump(std::span<const float> x) {
    const int64_t variants = options_.sampling.variants,
                  tokens = static_cast<int64_t>(x.size()) / (2 * variants);
    std::vector<float> xy(x.begin(), x.end());
    for (int64_t i = 0; i < static_cast<int64_t>(xy.size()); ++i)
        xy[i] *= i / tokens % 2 == 0 ? playfield_size.x : playfield_size.y;
    const NamedTensor tensor{"xy", {DType::f32, {variants, 2, tokens}, std::as_bytes(std::span(xy))}};
    write_safetensors(options_.dump_coordinates, {&tensor, 1}, {});
    wrote(options_.dump_coordinates);
}

}  // namespace osu
