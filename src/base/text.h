// Letter case, of ASCII letters alone: what extensions, names of files and names of mappers need.
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

}  // namespace osu
