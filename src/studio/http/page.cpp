#include "studio/http/page.h"

#include <algorithm>
#include <filesystem>

#include "base/error.h"
#include "base/file.h"
#include "data/game_folder.h"

namespace osu::studio {

namespace {

constexpr size_t size_limit = size_t{16} << 20;

std::string with_index(std::string_view name) {
    return name.empty() || name.ends_with('/') ? std::string(name) + "index.html" : std::string(name);
}

}  // namespace

const char* page_type(std::string_view name) {
    constexpr std::pair<const char*, const char*> types[] = {{".html", "text/html; charset=utf-8"},
                                                             {".js", "text/javascript; charset=utf-8"},
                                                             {".css", "text/css; charset=utf-8"},
                                                             {".svg", "image/svg+xml"},
                                                             {".png", "image/png"},
                                                             {".wasm", "application/wasm"},
                                                             {".json", "application/json"},
                                                             {".woff2", "font/woff2"}};
    for (const auto& [end, type] : types)
        if (name.ends_with(end)) return type;
    return "application/octet-stream";
}

std::optional<std::string> page_file(std::string_view name, const std::string& folder) {
    const std::string wanted = with_index(name);
    if (!folder.empty()) {
        const std::filesystem::path path = find_named(folder, wanted);
        std::error_code problem;
        if (path.empty() || !std::filesystem::is_regular_file(path, problem)) return {};
        return read_file(path, size_limit);
    }
    for (const PageFile& file : embedded_page())
        if (file.name == wanted) return std::string(file.content);
    return {};
}

}  // namespace osu::studio
