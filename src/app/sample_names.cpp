#include "app/sample_names.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/text.h"

namespace osu {

namespace fs = std::filesystem;

namespace {

// Bytes; file systems end at 255, and a number, an extension and the mark of an unfinished file may follow.
constexpr size_t folder_limit = 200;

// "1:02"
std::string minutes(double ms) {
    const auto seconds = static_cast<int64_t>(std::max(ms, 0.0) / 1000);
    return fmt::format("{}:{:02}", seconds / 60, seconds % 60);
}

std::string section_name(const Beatmap& map, std::span<const uint8_t> selected) {
    const auto first = std::find(selected.begin(), selected.end(), 1);
    if (first == selected.end()) return {};
    const auto last = std::find(selected.rbegin(), selected.rend(), 1);
    const auto from = static_cast<size_t>(first - selected.begin());
    const auto to = static_cast<size_t>(selected.rend() - last) - 1;
    return fmt::format("{} to {}, ", minutes(map.objects[from].start_time),
                       minutes(map.objects[to].start_time));
}

}  // namespace

std::string folder_name(const MapFacts& map) {
    const std::string song = fmt::format("{} - {}", map.artist, map.title);
    return clean_name(map.set_id > 0 ? fmt::format("{} {}", map.set_id, song) : song, folder_limit);
}

std::string plain_version(std::string version) {
    constexpr std::string_view mark = "Diffusion ";
    while (version.starts_with(mark)) {
        // "(2)", of a name that was taken, may stand behind "(… seed 7)".
        const size_t seed = version.rfind("seed "), open = version.rfind('(', seed);
        if (seed == std::string::npos || open == std::string::npos || !version.ends_with(')')) break;
        version = version.substr(std::min(mark.size(), open), open - std::min(mark.size(), open));
        while (version.ends_with(' ')) version.pop_back();
    }
    return version;
}

bool is_placed_version(const std::string& version) {
    return plain_version(version) != version;
}

std::string placed_version(const SampleOptions& options, const Beatmap& source,
                           std::span<const uint8_t> selected, uint64_t seed, size_t limit) {
    if (!options.version_name.empty()) {
        std::string name = options.version_name;
        cut(name, limit);
        return name;
    }
    std::string style;
    if (options.style_id) style = fmt::format("style {}, ", *options.style_id);
    if (!options.style_mapper.empty()) style = fmt::format("style {}, ", options.style_mapper);
    if (!style.empty() && options.scale_given && options.sampling.cfg_scale != 1)
        style += fmt::format("cfg {:g}, ", options.sampling.cfg_scale);
    std::string name = plain_version(source.metadata.version);
    cut(name, limit);
    return fmt::format("Diffusion {}{}({}{}seed {})", name, name.empty() ? "" : " ", style,
                       section_name(source, selected), seed);
}

void TakenVersions::add_folder(const fs::path& folder, const OwnFiles* own) {
    std::error_code problem;
    for (fs::directory_iterator entry(folder, problem), end; !problem && entry != end;
         entry.increment(problem)) {
        if (!entry->is_regular_file(problem) || !is_map_name(entry->path().filename().string())) continue;
        if (own && own->has(entry->path())) continue;
        try {
            taken_.insert(lower(read_beatmap(entry->path()).metadata.version));
        } catch (const Error&) {  // what cannot be read takes no name
        }
    }
}

void TakenVersions::add_archive(const OszArchive& archive) {
    for (const OszMap& map : archive.maps()) taken_.insert(lower(map.version));
}

std::string TakenVersions::take(const std::string& version) {
    std::string name = version;
    for (int i = 2; !taken_.insert(lower(name)).second; ++i) name = fmt::format("{} ({})", version, i);
    return name;
}

}  // namespace osu
