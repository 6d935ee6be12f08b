// Pages are read in terminals and in diffs, too: their lines end within 140 characters.
#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>

#include "support/goldens.h"

namespace osu {
namespace {

constexpr int longest_line = 140;

// Of UTF-8: every byte but those that continue a character.
int count_characters(const std::string& text) {
    int count = 0;
    for (const char c : text) count += (c & 0xc0) != 0x80;
    return count;
}

TEST(Markdown, LinesEndWithin140CharactersButForTheRowsOfTables) {
    int pages = 0;
    for (const char* folder : {"", "docs", "models"})
        for (const auto& entry : std::filesystem::directory_iterator(test::source_dir() / folder)) {
            if (entry.path().extension() != ".md") continue;
            ++pages;
            std::ifstream file(entry.path());
            int number = 0;
            for (std::string line; std::getline(file, line);) {
                ++number;
                EXPECT_TRUE(line.starts_with('|') || count_characters(line) <= longest_line)
                    << entry.path() << ", line " << number << ": " << line;
            }
        }
    EXPECT_GE(pages, 5);
}

}  // namespace
}  // namespace osu
