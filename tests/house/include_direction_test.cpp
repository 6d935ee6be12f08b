// The rooms may include one another in one direction only: the table of CONTRIBUTING.md.
#include <fstream>
#include <map>
#include <regex>
#include <set>

#include <gtest/gtest.h>

#include "support/goldens.h"

namespace osu {
namespace {

const std::map<std::string, std::set<std::string>> may_include = {
    {"base", {}},
    {"beatmap", {"base"}},
    {"archive", {"base"}},
    {"data", {"base", "beatmap", "archive"}},
    {"ops", {"base"}},
    {"model", {"base", "ops"}},
    {"diffusion", {"base", "ops"}},
    {"train", {"base", "archive", "data", "ops", "model", "diffusion"}},
    {"evaluation", {"base", "beatmap", "data"}},
    {"picture", {"base", "beatmap"}},
    {"app",
     {"base", "beatmap", "archive", "data", "ops", "model", "diffusion", "train", "evaluation", "picture"}},
};

TEST(IncludeDirection, EveryIncludeFollowsTheTable) {
    const auto src = test::source_dir() / "src";
    const std::regex include("^\\s*#\\s*include\\s*\"([^\"]+)\"");
    int includes = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(src)) {
        if (!entry.is_regular_file()) continue;
        const auto relative = std::filesystem::relative(entry.path(), src);
        const std::string room = relative.begin()->string();
        ASSERT_TRUE(may_include.count(room)) << relative << " stands in no room of the table";
        std::ifstream file(entry.path());
        for (std::string line; std::getline(file, line);) {
            std::smatch match;
            if (!std::regex_search(line, match, include)) continue;
            ++includes;
            const std::string target = match[1];
            const std::string other = target.substr(0, target.find('/'));
            EXPECT_TRUE(std::filesystem::exists(src / target))
                << relative << " includes \"" << target << "\", which is not a path from src/";
            EXPECT_TRUE(other == room || may_include.at(room).count(other))
                << relative << " includes " << target << ", but " << room << " may not include " << other;
        }
    }
    EXPECT_GT(includes, 10);
}

}  // namespace
}  // namespace osu
