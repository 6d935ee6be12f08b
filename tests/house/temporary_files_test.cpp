// Tests run beside one another, also the tests of one suite: a file under a name that another test knows,
// too, is written over or removed while it is read. So whatever a test writes lies in a TemporaryFolder.
#include <fstream>
#include <regex>

#include <gtest/gtest.h>

#include "support/goldens.h"

namespace osu {
namespace {

TEST(TemporaryFiles, LieInAFolderOfTheTest) {
    const std::regex shared_place("temp_directory_path|TempDir\\(\\)|mkdtemp\\(|mkstemp\\(");
    size_t read = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(test::source_dir() / "tests")) {
        const auto& file = entry.path();
        if ((file.extension() != ".cpp" && file.extension() != ".h") ||
            file.filename() == "temporary_folder.h" || file.filename() == "temporary_files_test.cpp")
            continue;
        ++read;
        std::ifstream lines(file);
        int number = 0;
        for (std::string line; std::getline(lines, line);)
            if (++number; std::regex_search(line, shared_place))
                ADD_FAILURE() << file.string() << ":" << number << " " << line
                              << "\nuse test::TemporaryFolder (support/temporary_folder.h)";
    }
    EXPECT_GT(read, 100u);
}

}  // namespace
}  // namespace osu
