// Letter case, of ASCII letters alone: what extensions, names of files and names of mappers need. Texts as
// messages show them, and as names of files.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace osu {

char lower(char c);
std::string lower(std::string_view text);
bool equal_but_for_case(std::string_view a, std::string_view b);
bool contains_but_for_case(std::string_view text, std::string_view part);
std::string lower_extension(const std::filesystem::path& file);  // ".ogg"

// Names come from other people's files: a control character (an escape sequence of the terminal) becomes '?'.
std::string printable(std::string_view text);

// Leaves at most so many bytes of a text in UTF-8, and no part of a character.
void cut(std::string& text, size_t limit);
// As a name of a file or a folder: what no system takes becomes '-', and it ends within so many bytes of
// UTF-8.
std::string clean_name(std::string_view name, size_t limit);

// Insertions, deletions and substitutions of bytes from one word to the other.
size_t edit_distance(std::string_view a, std::string_view b);

// "a, b, c".
template <class Parts>
std::string listed(const Parts& parts) {
    std::string list;
    for (const auto& part : parts) list += (list.empty() ? "" : ", ") + std::string(part);
    return list;
}

}  // namespace osu
