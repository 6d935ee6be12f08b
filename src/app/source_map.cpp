#include "app/source_map.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <string_view>

#include <fmt/core.h>

#include "app/editor_time.h"
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

// Of the objects chosen so far those that the list names; an empty one names all.
void keep_list(const Beatmap& map, std::string_view list, std::vector<uint8_t>& chosen) {
    if (list.empty()) return;
    std::vector<uint8_t> named(chosen.size());
    if (names_objects(list))
        for (const size_t i : objects_of(map, parse_editor_time(list))) named[i] = 1;
    else
        for (std::string_view rest = list; !rest.empty();) {
            const size_t comma = rest.find(',');
            add_range(rest.substr(0, comma), list, named);
            rest = comma == std::string_view::npos ? "" : rest.substr(comma + 1);
        }
    for (size_t i = 0; i < chosen.size(); ++i) chosen[i] = chosen[i] && named[i];
}

}  // namespace

bool is_archive(const std::string& path) {
    return is_archive_name(path) || looks_like_osz(path);
}

namespace {

// Beside the only map that can be read they do not count.
void warn_of_damaged(const OszArchive& archive, const OszMap& chosen) {
    for (const OszMap& map : archive.maps())
        if (!map.problem.empty() && map.entry != chosen.entry)
            fmt::print(stderr, "warning: {} is left out: {}\n", printable(map.file_name), map.problem);
}

}  // namespace

SourceMap read_source(const std::string& path, const std::string& difficulty) {
    SourceMap source;
    source.path = path;
    if (is_archive(path)) {
        source.archive = std::make_unique<OszArchive>(path);
        const OszMap chosen = source.archive->find(difficulty);
        if (difficulty.empty()) warn_of_damaged(*source.archive, chosen);
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

namespace {

// Of "A..B", whose dots stand at `dots`. An end that is not given is the map's.
std::pair<double, double> section_times(const std::string& section, size_t dots) {
    const auto time = [&](const std::string& text, double open) {
        try {
            return text.find_first_not_of(" \t") == std::string::npos ? open : parse_editor_time(text).ms;
        } catch (const Error& error) {
            fail(Hint{error.hint()}, "--section {}: {}", section, error.what());
        }
    };
    constexpr double endless = std::numeric_limits<double>::infinity();
    const double begin = time(section.substr(0, dots), -endless);
    const double end = time(section.substr(dots + 2), endless);
    if (begin == -endless && end == endless)
        fail(Hint{"01:02:345..01:10:000, 01:02.. or ..01:10"}, "--section {} has neither end", section);
    if (begin > end) fail("--section {} ends before it begins", section);
    return {begin, end};
}

}  // namespace

std::vector<uint8_t> select_objects(const Beatmap& map, const Selection& selection) {
    std::vector<uint8_t> chosen(map.objects.size(), 1);
    keep_list(map, selection.objects, chosen);
    double from = selection.from_ms.value_or(-std::numeric_limits<double>::infinity());
    double to = selection.to_ms.value_or(std::numeric_limits<double>::infinity());
    if (from > to) fail("--from-ms {} lies behind --to-ms {}", from, to);
    const size_t dots = selection.section.find("..");
    if (dots != std::string::npos) {
        const auto [begin, end] = section_times(selection.section, dots);
        from = std::max(from, begin);
        to = std::min(to, end);
    } else if (names_objects(selection.section)) {
        keep_list(map, selection.section, chosen);
    } else if (!selection.section.empty()) {
        fail(Hint{"01:02:345..01:10:000, or objects copied from the editor"}, "--section {} is no section",
             selection.section);
    }
    bool any = false;
    for (size_t i = 0; i < chosen.size(); ++i) {
        const double start = map.objects[i].start_time;
        if (start < from || start > to) chosen[i] = 0;
        any = any || chosen[i];
    }
    if (!any && !map.objects.empty())
        fail(Hint{fmt::format("the map's objects start from {} to {}",
                              format_editor_time(map.objects.front().start_time),
                              format_editor_time(map.objects.back().start_time))},
             "no object is selected: nothing would be generated");
    return chosen;
}

}  // namespace osu
