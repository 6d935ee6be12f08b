// The program as a process: what it is started with, and who listens to it.
#include <cstdlib>
#include <fstream>

#include <gtest/gtest.h>

#include "base/file.h"
#include "support/launched_program.h"
#include "support/map_text.h"
#include "support/temporary_folder.h"

namespace osu {
namespace {

class Process : public testing::Test {
  protected:
    void SetUp() override {
        for (int i = 0; i < 3; ++i)
            write_file(folder_ / ("maps/" + std::to_string(i) + ".osu"),
                       test::circle_map(100 + i, 10 + i, 60, "mapper " + std::to_string(i)));
    }
    // Runs it in a shell, as `osu-diffusion ARGUMENTS`; the exit status.
    int run(const std::string& arguments) const {
        const std::string line = "cd '" + folder_.path().string() + "' && exec 3>&- && '" +
                                 test::program_path() + "' " + arguments;
        const int status = std::system(line.c_str());
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }
    std::string content(const std::string& name) const { return read_file(folder_ / name); }

    const test::TemporaryFolder folder_;
};

TEST_F(Process, ClosedDescriptorsDoNotGetTheProgress) {
    ASSERT_EQ(run("dataset --from maps --pack whole.pack >/dev/null 2>&1"), 0);
    ASSERT_EQ(run("dataset --from maps --pack closed.pack <&- 2>&- >/dev/null"), 0);
    EXPECT_EQ(content("closed.pack"), content("whole.pack"));
    ASSERT_EQ(run("dataset --from maps --pack all.pack <&- 2>&- >&-"), 0);
    EXPECT_EQ(content("all.pack"), content("whole.pack"));
}

TEST_F(Process, NobodyWhoListensIsNoReasonToEnd) {
    const std::string train =
        "train --data-path data.pack --model DiT-XS --global-batch-size 2 --seq-len 16 --max-steps 3 "
        "--log-every 1 --device cpu";
    ASSERT_EQ(run("dataset --from maps --pack data.pack >/dev/null 2>&1"), 0);
    run(train + " 2>/dev/null | true");
    EXPECT_TRUE(std::filesystem::exists(folder_ / "results/000-DiT-XS/checkpoints/0000003.safetensors"));
}

TEST_F(Process, ALimitOfFilesIsAnError) {
    const std::string line = "dataset --from maps --pack data.pack >/dev/null 2>errors";
    const std::string shell =
        "cd '" + folder_.path().string() + "' && ulimit -f 1 && '" + test::program_path() + "' " + line;
    const int status = std::system(("bash -c \"" + shell + "\"").c_str());
    ASSERT_TRUE(WIFEXITED(status)) << "killed by SIGXFSZ";
    EXPECT_EQ(WEXITSTATUS(status), 1);
    EXPECT_NE(content("errors").find("File too large"), std::string::npos) << content("errors");
    EXPECT_FALSE(std::filesystem::exists(folder_ / "data.pack"));
}

}  // namespace
}  // namespace osu
