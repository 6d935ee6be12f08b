#include "app/source_map.h"

#include <charconv>
#include <limits>
#include <string_view>

#include <fmt/core.h>

#include "base/error.h"
#include "base/text.h"

namespace osu {

namespace {

size_t object_number(std::string_view text, std::string_view list) {
    size_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size() || number == 0)
        fail(Hint{"numbers from 1 and ranges, such as 3,10-20"}, "--objects {}: \"{}\" is no object's number",
             list, text);
    return number;
}

void add_range(std::string_view part, std::string_view list, std::vector<uint8_t>& chosen) {
    const size_t dash = part.find('-');
    const size_t first = object_number(part.substr(0, dash), list);
    const size_t last = dash == std::string_view::npos ? first : object_number(part.substr(dash + 1), list);
    if (last < first) fail("--objects {}: {} ends before it begins", list, part);
    if (last > chosen.size()) fail("--objects {}: the map has {} objects", list, chosen.size());
    for (size_t i = first; i <= last; ++i) chosen[i - 1] = 1;
}

}  // namespace

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

std::vector<uint8_t> select_objects(const Beatmap& map, const Selection& selection) {
    std::vector<uint8_t> chosen(map.objects.size(), selection.objects.empty());
    std::string_view rest = selection.objects;
    while (!rest.empty()) {
        const size_t comma = rest.find(',');
        add_range(rest.substr(0, comma), selection.objects, chosen);
        rest = comma == std::string_view::npos ? "" : rest.substr(comma + 1);
    }
    const double from = selection.from_ms.value_or(-std::numeric_limits<double>::infinity());
    const double to = selection.to_ms.value_or(std::numeric_limits<double>::infinity());
    if (from > to) fail("--from-ms {} lies behind --to-ms {}", from, to);
    bool any = false;
    for (size_t i = 0; i < chosen.size(); ++i) {
        const double start = map.objects[i].start_time;
        if (start < from || start > to) chosen[i] = 0;
        any = any || chosen[i];
    }
    if (!any && !map.objects.empty())
        fail(Hint{fmt::format("the map's objects start from {} to {} ms", map.objects.front().start_time,
                              map.objects.back().start_time)},
             "no object is selected: nothing would be generated");
    return chosen;
}

}  // namespace osu
