#include "app/source_map.h"

#include <fmt/core.h>

#include "base/error.h"
#include "base/text.h"

namespace osu {

bool is_archive(const std::string& path) {
    const std::string extension = lower_extension(path);
    return extension == ".osz" || extension == ".olz" || looks_like_osz(path);
}

SourceMap read_source(const std::string& path, const std::string& difficulty) {
    SourceMap source;
    if (is_archive(path)) {
        source.archive = std::make_unique<OszArchive>(path);
        const OszMap chosen = source.archive->find(difficulty);
        source.map = source.archive->map(chosen);
        source.folder = chosen.file_name.substr(0, chosen.file_name.rfind('/') + 1);
    } else {
        if (!difficulty.empty()) fail("--difficulty chooses a map of an .osz, and {} is none", path);
        source.map = read_beatmap(path);
    }
    const Beatmap& map = source.map;
    if (map.warning_count > 0)
        fmt::print(stderr, "warning: {} {} of {} could not be read; line {}: {}\n", map.warning_count,
                   map.warning_count == 1 ? "line" : "lines", path, map.warnings.front().line,
                   map.warnings.front().message);
    return source;
}

}  // namespace osu
