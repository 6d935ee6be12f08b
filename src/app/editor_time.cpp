#include "app/editor_time.h"

#include <charconv>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "base/error.h"
#include "beatmap/combo.h"

namespace osu {

namespace {

constexpr double most_ms = 1e12;
constexpr double most_seconds = 10000;  // of a map, as somebody might type them: nearly three hours

std::optional<double> number(std::string_view text) {
    double value = 0;
    if (text.starts_with('+')) text.remove_prefix(1);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || !(std::abs(value) < most_ms)) return {};
    return value;
}

std::string_view trimmed(std::string_view text) {
    const size_t first = text.find_first_not_of(" \t\r\n"), last = text.find_last_not_of(" \t\r\n");
    return first == std::string_view::npos ? "" : text.substr(first, last + 1 - first);
}

[[noreturn]] void fail_time(std::string_view text) {
    fail(Hint{"ms (62345), or as in the editor: 01:02:345, 1:02"}, "{} is no time", text);
}

// What has a colon: minutes, seconds, and ms where they are given: three digits behind a colon (fewer could
// be seconds behind hours and minutes), up to three of a fraction behind a point.
double clock_ms(std::string_view text, std::string_view whole) {
    const bool negative = text.starts_with('-');
    if (negative) text.remove_prefix(1);
    double parts[3] = {0, 0, 0};
    int count = 0;
    char before = ':';
    for (bool more = true; more && count < 3; ++count) {
        const size_t end = std::min(text.find_first_of(count == 0 ? ":" : ":."), text.size());
        const std::string_view part = text.substr(0, end);
        const auto value = number(part);
        if (!value || part.find_first_not_of("0123456789") != part.npos) fail_time(whole);
        parts[count] = *value;
        if (count == 2 && (before == ':' ? part.size() != 3 : part.size() > 3)) fail_time(whole);
        if (count == 2) parts[2] *= std::pow(10.0, 3 - static_cast<int>(part.size()));
        more = end < text.size();
        if (more) before = text[end];
        text.remove_prefix(more ? end + 1 : end);
    }
    if (count < 2 || !text.empty() || parts[1] >= 60 || parts[2] >= 1000) fail_time(whole);
    const double ms = parts[0] * 60000 + parts[1] * 1000 + parts[2];
    return negative ? -ms : ms;
}

std::vector<int> combo_numbers(std::string_view list, std::string_view whole) {
    std::vector<int> numbers;
    while (!list.empty()) {
        const size_t comma = std::min(list.find(','), list.size());
        const auto value = number(trimmed(list.substr(0, comma)));
        if (!value || *value < 1 || *value > 1e6 || *value != std::floor(*value)) fail_time(whole);
        numbers.push_back(static_cast<int>(*value));
        list = comma == list.size() ? "" : list.substr(comma + 1);
    }
    return numbers;
}

}  // namespace

EditorTime parse_editor_time(std::string_view whole) {
    EditorTime time;
    std::string_view text = trimmed(whole);
    const size_t open = text.find('(');
    if (open != text.npos) {
        const size_t close = text.find(')', open);
        if (close == text.npos) fail_time(whole);
        time.combo_numbers = combo_numbers(text.substr(open + 1, close - open - 1), whole);
        text = trimmed(text.substr(0, open));
    } else if (text.ends_with(" -")) {  // copied without a selection
        text = trimmed(text.substr(0, text.size() - 1));
    }
    if (text.find(':') != text.npos) {
        time.ms = clock_ms(text, whole);
        return time;
    }
    const auto value = number(text);
    if (!value) fail_time(whole);
    if (text.find('.') != text.npos && std::abs(*value) < most_seconds)
        fail(Hint{fmt::format("in ms it is {:.0f}; as seconds it is {}", *value,
                              format_editor_time(*value * 1000))},
             "{} could be ms or seconds", text);
    time.ms = *value;
    return time;
}

bool names_objects(std::string_view text) {
    return text.find('(') != text.npos && text.find(':') != text.npos;
}

namespace {

// The editor cuts fractions of a ms off, or rounds them.
void check_object_stands_at(const Beatmap& map, double ms) {
    constexpr double within = 1;
    double nearest = std::numeric_limits<double>::infinity();
    for (const HitObject& object : map.objects)
        if (std::abs(object.start_time - ms) < std::abs(nearest - ms)) nearest = object.start_time;
    if (std::abs(nearest - ms) <= within) return;
    fail(Hint{map.objects.empty() ? "it has none at all"
                                  : "the nearest stands at " + format_editor_time(nearest)},
         "the map has no object at {}", format_editor_time(ms));
}

}  // namespace

std::vector<size_t> objects_of(const Beatmap& map, const EditorTime& time) {
    check_object_stands_at(map, time.ms);
    const std::vector<Combo> combos = combos_of(map);
    std::vector<size_t> found;
    size_t i = 0;
    // The editor cuts fractions of a ms off.
    while (i < map.objects.size() && map.objects[i].start_time < time.ms - 1) ++i;
    for (const int wanted : time.combo_numbers) {
        while (i < map.objects.size() &&
               (combos[i].number != wanted || map.objects[i].kind == ObjectKind::spinner))
            ++i;
        if (i == map.objects.size())
            fail(Hint{"copy the time from the editor of this very difficulty"},
                 "the map has no object {} of a combo from {} on", wanted, format_editor_time(time.ms));
        found.push_back(i++);
    }
    return found;
}

std::string format_editor_time(double ms) {
    const auto value = static_cast<int64_t>(std::abs(std::clamp(ms, -most_ms, most_ms)));
    return fmt::format("{}{:02}:{:02}:{:03}", ms < 0 ? "-" : "", value / 60000, value / 1000 % 60,
                       value % 1000);
}

CLI::Validator time_in_ms() {
    CLI::Validator validator;
    validator.operation([](std::string& text) -> std::string {
        try {
            text = fmt::format("{}", parse_editor_time(text).ms);
            return {};
        } catch (const Error& error) {
            return std::string(error.what()) + ": " + error.hint();
        }
    });
    return validator;
}

}  // namespace osu
