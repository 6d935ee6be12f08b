#include "app/source_map.h"

#include <fmt/core.h>

#include "base/error.h"
#include "base/text.h"

namespace osu {

bool is_archive(const std::string& path) {
    return lower_extension(path) == ".osz";
}

SourceMap read_source(const std::string& path, const std::string& difficulty) {
    SourceMap source;
    if (is_archive(path)) {
        source.archive = std::make_unique<OszArchive>(path);
        source.map = source.archive->map(difficulty);
    } else {
        if (!difficulty.empty()) fail("--difficulty chooses a map of an .osz, and {} is none", path);
        source.map = read_beatmap(path);
    }
    const Beatmap& map = source.map;
    if (map.warning_count > 0)
        fmt::print(stderr, "warning: {} lines of {} could not be read; line {}: {}\n", map.warning_count,
                   path, map.warnings.front().line, map.warnings.front().message);
    return source;
}

}  // namespace osu
