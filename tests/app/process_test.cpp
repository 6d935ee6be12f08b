// The program as a process: what it is started with, and who listens to it.
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <thread>

#include <gtest/gtest.h>

#include "archive/checkpoint.h"
#include "base/file.h"
#include "beatmap/beatmap.h"
#include "support/goldens.h"
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
    const auto dataset = [&](const std::string& limit) {
        const std::string line = "dataset --from maps --pack data.pack >/dev/null 2>errors";
        const std::string shell = "cd '" + folder_.path().string() + "' && ulimit -f " + limit + " && '" +
                                  test::program_path() + "' " + line;
        const int status = std::system(("bash -c \"" + shell + "\"").c_str());
        ASSERT_TRUE(WIFEXITED(status)) << "killed by SIGXFSZ";
        EXPECT_EQ(WEXITSTATUS(status), 1);
        EXPECT_NE(content("errors").find("cannot write data.pack"), std::string::npos) << content("errors");
        EXPECT_NE(content("errors").find("File too large"), std::string::npos) << content("errors");
        EXPECT_FALSE(std::filesystem::exists(folder_ / "data.pack"));
    };
    dataset("1");
    // A column that outgrows it before the pack is put together.
    write_file(folder_ / "maps/long.osu", test::circle_map(110, 11, 40000, "mapper 1"));
    dataset("200");
}

// What the reference's page says to type, as far as the dataset that is not there.
TEST_F(Process, TheReferencesCommandLine) {
    ASSERT_EQ(
        run("train.py --data-path '..\\all_ranked_sets_ever' --model DiT-B --num-workers 4 --epochs 100 "
            "--global-batch-size 256 --ckpt-every 20000 --seq-len 128 --dist gloo >/dev/null 2>errors"),
        1);
    EXPECT_NE(content("errors").find("all_ranked_sets_ever"), std::string::npos) << content("errors");
}

TEST_F(Process, NothingTypedIsAskingForHelp) {
    ASSERT_EQ(run(">said"), 0);
    EXPECT_NE(content("said").find("sample"), std::string::npos);
    ASSERT_EQ(run("samle 2>errors"), 1);
    EXPECT_NE(content("errors").find("did you mean sample?"), std::string::npos);
    ASSERT_EQ(run("convert a b first second 2>errors"), 1);
    EXPECT_NE(content("errors").find("not expected: first second"), std::string::npos) << content("errors");
}

TEST_F(Process, PlotReplacesNoPictureUnasked) {
    ASSERT_EQ(run("plot maps/0.osu >said"), 0);
    ASSERT_EQ(run("plot maps/0.osu >said"), 0);
    EXPECT_EQ(content("said"), "wrote 0 (2).png\n");
    EXPECT_TRUE(std::filesystem::exists(folder_ / "0.png"));
}

TEST_F(Process, ADatasetThatFailsLeavesNoEmptyFolder) {
    ASSERT_EQ(run("dataset --from maps -s Ranked -o made >/dev/null 2>&1"), 1);
    EXPECT_FALSE(std::filesystem::exists(folder_ / "made"));
    ASSERT_EQ(run("dataset --from maps --dry-run --json >said"), 0);
    EXPECT_NE(content("said").find("\"unknown\": 3"), std::string::npos) << content("said");
}

TEST_F(Process, HelpThatCannotBeWrittenIsAnError) {
    EXPECT_EQ(run("--help >/dev/full 2>/dev/null"), 1);
    EXPECT_EQ(run("sample --help >/dev/null"), 0);
}

// Nothing lies beside it: the model is inside.
TEST_F(Process, TheProgramAlonePlacesAMap) {
    std::filesystem::create_directory(folder_ / "alone");
    std::filesystem::copy_file(test::program_path(), folder_ / "alone/osu-diffusion");
    const std::string start =
        "cd '" + folder_.path().string() + "' && env -u OMP_WAIT_POLICY ./alone/osu-diffusion ";
    ASSERT_EQ(
        std::system((start + "sample maps/0.osu --steps 1 --threads 1 -o placed.osu >said 2>errors").c_str()),
        0)
        << content("errors");
    EXPECT_TRUE(std::filesystem::exists(folder_ / "placed.osu"));
    ASSERT_EQ(std::system((start + "convert bundled model.safetensors >said 2>errors").c_str()), 0)
        << content("errors");
    const Checkpoint written = read_checkpoint(folder_ / "model.safetensors");
    const Checkpoint ours = read_checkpoint(test::source_dir() / "models/dit-xs.safetensors");
    EXPECT_TRUE(verify(written));
    EXPECT_EQ(written.metadata, ours.metadata);
    ASSERT_EQ(written.weights().size(), ours.weights().size());
    for (const auto& [name, tensor] : ours.weights())
        EXPECT_TRUE(std::ranges::equal(written.weights().at(name).bytes, tensor.bytes)) << name;
}

// The program at `sample --watch`.
class Watch : public Process {
  protected:
    void start(const std::string& flags) const {
        const std::string line = "cd '" + folder_.path().string() +
                                 "' && { env -u OMP_WAIT_POLICY -u GOMP_SPINCOUNT '" + test::program_path() +
                                 "' sample maps/0.osu --watch --steps 1 --threads 1 " + flags +
                                 " >said 2>errors & echo $! >pid; }";
        write_file(folder_ / "said", "");
        ASSERT_EQ(std::system(line.c_str()), 0);
    }
    void TearDown() override { std::system(("kill $(cat '" + (folder_ / "pid").string() + "')").c_str()); }
    size_t times_waiting() const {
        const std::string said = content("said");
        size_t count = 0;
        for (size_t at = said.find("waiting"); at != said.npos; at = said.find("waiting", at + 1)) ++count;
        return count;
    }
    bool wait_for(size_t count) const {
        for (int i = 0; i < 600 && times_waiting() < count; ++i)
            std::this_thread::sleep_for(std::chrono::milliseconds(100));
        return times_waiting() >= count;
    }
};

// A map is placed when it is saved, and again when it is saved again.
TEST_F(Watch, PlacesAMapWheneverItIsSaved) {
    start("");
    EXPECT_TRUE(wait_for(1)) << content("errors");
    std::string name;
    std::ifstream("/proc/" + std::to_string(std::stoi(content("pid"))) + "/comm") >> name;
    EXPECT_EQ(name, "osu-diffusion") << "though it has started itself again";
    write_file(folder_ / "maps/0.osu", test::circle_map(100, 10, 61, "mapper 0"));
    EXPECT_TRUE(wait_for(2)) << content("errors");
    size_t maps = 0;
    std::string made;
    for (const auto& entry : std::filesystem::directory_iterator(folder_ / "maps"))
        if (entry.path().filename().string().find("Diffusion") != std::string::npos) {
            made = entry.path().string();
            ++maps;
        }
    ASSERT_EQ(maps, 1u) << "beside the map, and replaced";
    EXPECT_EQ(read_beatmap(made).objects.size(), 61u);
}

// It replaces what it wrote itself, and nothing else: neither what was there, nor what was changed since.
TEST_F(Watch, LeavesWhatItDidNotWrite) {
    const auto maps_named = [&](const std::string& name) {
        std::vector<std::filesystem::path> found;
        for (const auto& entry : std::filesystem::directory_iterator(folder_ / "maps"))
            if (entry.path().filename().string().find("[" + name + "]") != std::string::npos)
                found.push_back(entry.path());
        return found;
    };
    ASSERT_EQ(run("sample maps/0.osu --in-place --steps 1 --threads 1 --version-name Insane >said"), 0);
    ASSERT_EQ(maps_named("Insane").size(), 1u);
    const std::filesystem::path hand_made = maps_named("Insane")[0];
    const std::string before = read_file(hand_made);
    start("--version-name Insane --seed 1");
    ASSERT_TRUE(wait_for(1)) << content("errors");
    ASSERT_EQ(maps_named("Insane (2)").size(), 1u);
    const std::filesystem::path own = maps_named("Insane (2)")[0];
    write_file(folder_ / "maps/0.osu", test::circle_map(100, 10, 61, "mapper 0"));
    ASSERT_TRUE(wait_for(2)) << content("errors");
    EXPECT_EQ(read_beatmap(own).objects.size(), 61u) << "gone on with";
    const std::string changed = read_file(own) + "\r\n";
    write_file(own, changed);
    write_file(folder_ / "maps/0.osu", test::circle_map(100, 10, 62, "mapper 0"));
    ASSERT_TRUE(wait_for(3)) << content("errors");
    EXPECT_EQ(read_file(hand_made), before);
    EXPECT_EQ(read_file(own), changed);
    ASSERT_EQ(maps_named("Insane (3)").size(), 1u);
    EXPECT_EQ(read_beatmap(maps_named("Insane (3)")[0]).objects.size(), 62u);
}

}  // namespace
}  // namespace osu
