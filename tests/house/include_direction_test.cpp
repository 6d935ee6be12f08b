// The rooms may include one another in one direction only: the table of CMakeLists.txt, which CONTRIBUTING.md
// shows.
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include <gtest/gtest.h>

#include "support/goldens.h"

namespace osu {
namespace {

using Rooms = std::vector<std::pair<std::string, std::set<std::string>>>;  // and whom each may include

std::set<std::string> words(const std::string& text) {
    std::istringstream stream(std::regex_replace(text, std::regex(","), " "));
    return {std::istream_iterator<std::string>(stream), {}};
}

// What the first two groups of an expression match on the lines of a file.
Rooms read_table(const char* file, const char* expression) {
    const std::regex row(expression);
    std::ifstream lines(test::source_dir() / file);
    Rooms rooms;
    for (std::string line; std::getline(lines, line);)
        if (std::smatch match; std::regex_search(line, match, row))
            rooms.emplace_back(match[1], words(match[2]));
    return rooms;
}

const Rooms& rooms() {
    static const Rooms table =
        read_table("CMakeLists.txt", "^room\\((\\w+)(?: +ROOMS ([a-z ]+))?(?: +LINK.*)?\\)$");
    return table;
}

TEST(IncludeDirection, TheTableNamesEveryRoomOnceAndPointsBack) {
    std::set<std::string> before;
    for (const auto& [room, others] : rooms()) {
        for (const std::string& other : others)
            EXPECT_TRUE(before.count(other))
                << room << " may include " << other << ", which stands behind it";
        EXPECT_TRUE(before.insert(room).second) << room << " stands twice";
        EXPECT_TRUE(std::filesystem::is_directory(test::source_dir() / "src" / room)) << room;
    }
    EXPECT_GE(before.size(), 10u);
}

TEST(IncludeDirection, ContributingShowsTheSameTable) {
    EXPECT_EQ(read_table("CONTRIBUTING.md", "^\\| `src/(\\w+)/` \\|.*\\| ([a-z, ]*)\\|$"), rooms());
}

TEST(IncludeDirection, EveryIncludeFollowsTheTable) {
    const std::map<std::string, std::set<std::string>> may_include(rooms().begin(), rooms().end());
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
