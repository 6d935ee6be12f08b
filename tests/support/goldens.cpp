#include "support/goldens.h"

#include <algorithm>
#include <cstdlib>

namespace osu::test {

std::filesystem::path source_dir() {
    const char* elsewhere = std::getenv("OSU_SOURCE");
    return elsewhere ? elsewhere : OSU_SOURCE_DIR;
}

std::filesystem::path test_data(const std::string& name) {
    return source_dir() / "tests/goldens" / name;
}

std::optional<std::filesystem::path> shared(const std::string& name) {
    const char* elsewhere = std::getenv("OSU_SHARED");
    const auto path =
        (elsewhere ? std::filesystem::path(elsewhere) : source_dir().parent_path() / "shared") / name;
    if (!std::filesystem::exists(path)) return std::nullopt;
    return path;
}

std::vector<std::filesystem::path> shared_maps() {
    std::vector<std::filesystem::path> maps;
    if (const auto folder = shared("maps"))
        for (const auto& entry : std::filesystem::directory_iterator(*folder))
            if (entry.path().extension() == ".osu") maps.push_back(entry.path());
    std::sort(maps.begin(), maps.end());
    return maps;
}

}  // namespace osu::test
