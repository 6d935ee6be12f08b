// docs/api.md: what it shows is what happens.
#include <cstdlib>
#include <fstream>

#include "base/file.h"
#include "beatmap/osz.h"
#include "studio/server_fixture.h"

namespace osu::studio::test {
namespace {

// The page's shell commands, but for the one that starts the program.
std::string commands_of(const std::string& page) {
    std::string commands;
    size_t blocks = 0;
    for (size_t at = 0; (at = page.find("```sh\n", at)) != std::string::npos;) {
        const size_t begin = at + 6, end = page.find("```", begin);
        if (blocks++ > 0) commands += page.substr(begin, end - begin) + "\n";
        at = end + 3;
    }
    EXPECT_GE(blocks, 4u);
    return commands;
}

TEST_F(Http, TheExamplesOfTheApisPageWork) {
    if (std::system("command -v curl >/dev/null") != 0) GTEST_SKIP() << "curl is not there";
    const std::filesystem::path work = folder_ / "work";
    write_file(work / "waltz.osu", read_file(osu::test::source_dir() / "examples/waltz.osu"));
    write_file(work / "run.sh", "set -eu\ncd \"$(dirname \"$0\")\"\nADDRESS=http://127.0.0.1:" +
                                    std::to_string(server_->port()) + "\nTOKEN=secret\n" +
                                    commands_of(read_file(osu::test::source_dir() / "docs/api.md")));
    const std::string line =
        "bash '" + (work / "run.sh").string() + "' >'" + (work / "out").string() + "' 2>&1";
    EXPECT_EQ(std::system(line.c_str()), 0) << read_file(work / "out");
    const std::string events = read_file(work / "events.txt");
    EXPECT_NE(events.find("\"type\":\"take\""), std::string::npos) << events;
    EXPECT_EQ(read_beatmap(work / "new.osu").metadata.version, "Mine");
    EXPECT_EQ(OszArchive(work / "new.osz").maps().size(), 2u);
}

}  // namespace
}  // namespace osu::studio::test
