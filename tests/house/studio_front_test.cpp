// The room of the studio knows neither HTTP nor files nor threads, so that a worker in a browser can drive
// it: only its front does.
#include <filesystem>
#include <fstream>
#include <regex>

#include <gtest/gtest.h>

#include "support/goldens.h"

namespace osu {
namespace {

TEST(StudioFront, TheRoomIncludesNothingOfItsFront) {
    const std::regex forbidden(
        "#include [<\"](studio/http/.*|httplib\\.h|thread|fstream|filesystem|base/file\\.h)[>\"]");
    int files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(test::source_dir() / "src/studio")) {
        if (!entry.is_regular_file()) continue;
        ++files;
        std::ifstream file(entry.path());
        for (std::string line; std::getline(file, line);)
            EXPECT_FALSE(std::regex_search(line, forbidden)) << entry.path() << ": " << line;
    }
    EXPECT_GT(files, 20);
}

}  // namespace
}  // namespace osu
