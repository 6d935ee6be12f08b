// The files of the page: those of studio/, embedded when the program was built, or, for whoever works on
// them, those of a folder as they are now.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace osu::studio {

struct PageFile {
    std::string_view name, content;
};
std::span<const PageFile> embedded_page();  // both made by cmake/embed.cmake
std::string_view embedded_example();        // examples/waltz.osu

// By its name in studio/, "index.html" for "". Nothing where there is none. `folder`: empty, or that of
// OSU_STUDIO_PAGE.
std::optional<std::string> page_file(std::string_view name, const std::string& folder);
const char* page_type(std::string_view name);  // of its content

}  // namespace osu::studio
