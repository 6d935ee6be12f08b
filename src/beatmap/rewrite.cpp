#include "beatmap/rewrite.h"

#include <algorithm>

#include "base/error.h"
#include "beatmap/numbers.h"

namespace osu {

namespace {

constexpr std::string_view section_names[] = {"",       "General",      "Editor",  "Metadata",   "Difficulty",
                                              "Events", "TimingPoints", "Colours", "HitObjects", ""};

// The bytes between a line and the next one: its line end, or nothing at the end of the file.
std::string_view line_end(const Beatmap& map, size_t line) {
    const size_t end = map.lines[line].offset + map.lines[line].length;
    const size_t next = line + 1 < map.lines.size() ? map.lines[line + 1].offset : map.text.size();
    return std::string_view(map.text).substr(end, next - end);
}

// What a new line beside `line` ends with: as its neighbours do; CRLF, as the game writes, where there is
// none.
std::string_view nearest_line_end(const Beatmap& map, size_t line) {
    for (size_t i = std::min(line + 1, map.lines.size()); i > 0; --i)
        if (const auto end = line_end(map, i - 1); !end.empty()) return end;
    return "\r\n";
}

// The key of a line "Key : value", and where its value begins; npos where there is no colon (an empty value).
std::pair<std::string_view, size_t> key_of(std::string_view text) {
    if (trim(text).starts_with("//")) return {};
    const size_t colon = text.find(':');
    if (colon == text.npos) return {trim(text), text.npos};
    return {trim(text.substr(0, colon)), std::min(text.find_first_not_of(" \t", colon + 1), text.size())};
}

}  // namespace

void Rewrite::add(uint32_t line, Edit::Kind kind, std::string text) {
    edits_.push_back({std::min(line, static_cast<uint32_t>(source_.lines.size())), kind, std::move(text)});
}

void Rewrite::replace(uint32_t line, std::string text) {
    add(line, Edit::replacement, std::move(text));
}
void Rewrite::remove(uint32_t line) {
    add(line, Edit::removal, {});
}
void Rewrite::insert_before(uint32_t line, std::string text) {
    add(line, Edit::insertion, std::move(text));
}

void Rewrite::set_value(Section section, std::string_view key, std::string_view value) {
    if (value.find_first_of("\r\n") != value.npos) fail("the value of {} has a line end in it", key);
    const auto line_count = static_cast<uint32_t>(source_.lines.size());
    uint32_t last = line_count;  // the last line of the section that says something, its name included
    uint32_t objects = line_count;
    std::string_view separator = ":";
    bool found = false;
    for (uint32_t i = 0; i < line_count; ++i) {
        const std::string_view text = source_.line(i);
        if (source_.lines[i].section == Section::hit_objects && objects == line_count) objects = i;
        if (source_.lines[i].section != section || trim(text).empty()) continue;
        last = i;
        const auto [name, start] = key_of(text);
        const bool has_value = start != text.npos;
        if (has_value && text.substr(0, start).ends_with(": ")) separator = ": ";
        if (name != key) continue;
        replace(i, (has_value ? std::string(text.substr(0, start)) : std::string(key) + ':').append(value));
        found = true;
    }
    if (found) return;
    std::string entry = std::string(key).append(separator).append(value);
    if (last < line_count) return insert_before(last + 1, std::move(entry));
    insert_before(objects, fmt::format("[{}]", section_names[static_cast<size_t>(section)]));
    insert_before(objects, std::move(entry));
}

std::string Rewrite::text() const {
    return source_.encoding == Encoding::utf8 ? utf8_text() : to_utf16(utf8_text(), source_.encoding);
}

std::string Rewrite::utf8_text() const {
    std::vector<const Edit*> edits;
    for (const Edit& edit : edits_) edits.push_back(&edit);
    std::stable_sort(edits.begin(), edits.end(), [](const Edit* a, const Edit* b) {
        return std::pair(a->line, a->kind != Edit::insertion) <
               std::pair(b->line, b->kind != Edit::insertion);
    });
    const std::string_view source = source_.text;
    const auto line_count = static_cast<uint32_t>(source_.lines.size());
    std::string out;
    out.reserve(source.size() + source.size() / 8);
    size_t copied = 0;  // bytes of the source that are dealt with
    for (size_t i = 0; i < edits.size();) {
        const uint32_t line = edits[i]->line;
        const size_t offset = line < line_count ? source_.lines[line].offset : source.size();
        out.append(source.substr(copied, offset - copied));
        copied = offset;
        const std::string_view end = nearest_line_end(source_, line);
        // Behind a last line without a line end, a new line takes over its place and its lack of an end.
        const bool open = line == line_count && line > 0 && line_end(source_, line - 1).empty();
        for (; i < edits.size() && edits[i]->line == line && edits[i]->kind == Edit::insertion; ++i)
            out.append(open ? end : "").append(edits[i]->text).append(open ? "" : end);
        const Edit* change = nullptr;  // the last one counts
        for (; i < edits.size() && edits[i]->line == line; ++i) change = edits[i];
        if (!change || line == line_count) continue;
        copied += source_.lines[line].length;
        if (change->kind == Edit::replacement)
            out.append(change->text);
        else
            copied += line_end(source_, line).size();
    }
    return out.append(source.substr(copied));
}

}  // namespace osu
