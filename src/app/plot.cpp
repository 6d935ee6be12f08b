// The verb plot: a map, or several side by side, as a picture.
#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include "app/editor_time.h"
#include "app/flag.h"
#include "app/source_map.h"
#include "app/verbs.h"
#include "base/file.h"
#include "picture/picture.h"

namespace osu {

namespace {

struct PlotFlags {
    std::vector<std::string> maps;
    std::string difficulty, out;
    double time = std::numeric_limits<double>::quiet_NaN();
    PictureOptions picture;
};

// Beside where it is called, and no picture that is there.
std::string free_name(const std::string& stem) {
    std::string name = stem + ".png";
    for (int i = 2; std::filesystem::exists(name); ++i) name = fmt::format("{} ({}).png", stem, i);
    return name;
}

void plot(const PlotFlags& flags) {
    std::vector<Beatmap> maps;
    const std::string out =
        flags.out.empty() ? free_name(std::filesystem::path(flags.maps[0]).stem().string()) : flags.out;
    for (const std::string& path : flags.maps) {
        check_output(out, {path});
        maps.push_back(read_source(path, is_archive(path) ? flags.difficulty : "").map);
    }
    PictureOptions options = flags.picture;
    options.from = std::isnan(flags.time) ? picture_start(maps[0], options.width) : flags.time;
    std::vector<const Beatmap*> panels;
    for (const Beatmap& map : maps) panels.push_back(&map);
    draw_comparison(panels, {}, options, out);
    fmt::print("wrote {}\n", out);
}

}  // namespace

void add_plot_verb(CLI::App& app) {
    auto flags = std::make_shared<PlotFlags>();
    CLI::App* verb = app.add_subcommand("plot", "Draw a map, or several side by side");
    verb->add_option("-i,--beatmap,maps", flags->maps,
                     "Draw this map, .osu or .osz; several give a comparison")
        ->required()
        ->default_str("")
        ->type_name("MAP");
    verb->add_option("--difficulty", flags->difficulty,
                     "Take this map of an .osz: its difficulty name, beatmap ID or file name")
        ->type_name("NAME|ID");
    verb->add_option("-o,--out", flags->out, "Write the picture to this .png or .svg")
        ->type_name("FILE")
        ->default_str("the map's name, .png, and a number where that is taken");
    verb->add_option("--plot-time", flags->time, "Begin the picture here: ms, or 01:02:345 as in the editor")
        ->type_name("TIME")
        ->transform(time_in_ms())
        ->default_str("the preview point, or the first object");
    verb->add_option("--plot-width", flags->picture.width, "Show so much time, ms")
        ->type_name("MS")
        ->check(above(0));
    verb->add_option("--scale", flags->picture.scale, "Give each osu! pixel so many pixels")
        ->type_name("S")
        ->check(above(0));
    verb->callback([verb, flags] {
        warn_if_idle(*verb, "--difficulty", std::none_of(flags->maps.begin(), flags->maps.end(), is_archive),
                     "it chooses a map of an .osz");
        plot(*flags);
    });
}

}  // namespace osu
