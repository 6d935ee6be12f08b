// Training under mpirun: the same run on 1, 2 and 4 processes, and what happens when one of them fails.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <sstream>
#include <thread>

#include <gtest/gtest.h>

#include "archive/checkpoint.h"
#include "base/file.h"
#include "model/parameters.h"
#include "sampling/checkpoint_metadata.h"
#include "support/launched_program.h"
#include "support/map_text.h"
#include "support/temporary_folder.h"

namespace osu {
namespace {

namespace fs = std::filesystem;

class ManyProcessesTest : public testing::Test {
  protected:
    void SetUp() override {
        if (!test::can_launch())
            GTEST_SKIP() << "no mpirun, or built without MPI (libopenmpi-dev, openmpi-bin)";
        const fs::path maps = folder / "data/Track00000/beatmaps";
        fs::create_directories(maps);
        for (int i = 0; i < 6; ++i)
            write_file(maps / ("00000" + std::to_string(i) + "M00" + std::to_string(i) + ".osu"),
                       test::circle_map(100 + i, 10, i == 0 ? 9 : 40, "mapper " + std::to_string(i % 3)));
    }

    std::vector<std::string> arguments(const std::string& results, int steps,
                                       const std::vector<std::string>& more = {}) const {
        std::vector<std::string> all{"train",
                                     "--data-path=" + (folder / "data").string(),
                                     "--results-dir=" + (folder / results).string(),
                                     "--model=DiT-XS",
                                     "--precision=f32",
                                     "--seq-len=16",
                                     "--global-batch-size=10",
                                     "--log-every=1",
                                     "--threads=1",
                                     "--ema-decay=0.9",
                                     "--max-steps=" + std::to_string(steps)};
        all.insert(all.end(), more.begin(), more.end());
        return all;
    }

    // A whole run; the path of its last checkpoint.
    fs::path train(int ranks, const std::string& results, int steps,
                   const std::vector<std::string>& more = {}) {
        test::LaunchedProgram program(ranks, arguments(results, steps, more), folder / (results + ".txt"));
        EXPECT_EQ(program.wait(), 0) << program.printed();
        EXPECT_EQ(runs(results).size(), 1u) << "rank 0 alone writes";
        return last_checkpoint(results);
    }
    std::vector<fs::path> runs(const std::string& results) const {
        if (!fs::exists(folder / results)) return {};
        return {fs::directory_iterator(folder / results), fs::directory_iterator()};
    }
    fs::path last_checkpoint(const std::string& results) const {
        std::vector<fs::path> all;
        for (const auto& entry : fs::directory_iterator(runs(results).at(0) / "checkpoints"))
            if (entry.path().extension() == ".safetensors") all.push_back(entry.path());
        return all.empty() ? fs::path() : *std::max_element(all.begin(), all.end());
    }
    std::vector<double> losses(const std::string& results) const {
        std::istringstream table(read_file(runs(results).at(0) / "log.csv"));
        std::vector<double> all;
        std::string line;
        std::getline(table, line);
        while (std::getline(table, line)) all.push_back(std::stod(line.substr(line.find(',') + 1)));
        return all;
    }
    static bool wait_until(const std::function<bool()>& condition, double seconds = 120) {
        const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
        while (!condition() && std::chrono::steady_clock::now() < end)
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
        return condition();
    }
    // A run of two ranks that would go on for long, when it has written its first checkpoint.
    std::unique_ptr<test::LaunchedProgram> long_run(const std::string& results,
                                                    const std::vector<std::string>& more) {
        auto program = std::make_unique<test::LaunchedProgram>(2, arguments(results, 100000, more),
                                                               folder / (results + ".txt"));
        EXPECT_TRUE(wait_until([&] {
            return !program->runs() ||
                   (!runs(results).empty() && fs::exists(runs(results)[0] / "checkpoints") &&
                    !last_checkpoint(results).empty());
        }));
        EXPECT_TRUE(program->runs()) << program->printed();
        EXPECT_EQ(program->ranks().size(), 2u);
        return program;
    }

    const test::TemporaryFolder temporary;
    const fs::path folder = temporary.path();
};

std::vector<float> floats(const TensorMap& tensors) {
    std::vector<float> all;
    for (const auto& [name, tensor] : tensors) {
        const auto some = to_floats(tensor);
        all.insert(all.end(), some.begin(), some.end());
    }
    return all;
}

// How far two checkpoints lie apart, over how far training went from its start. Not entry by entry: where a
// gradient is nothing but rounding, AdamW moves by the whole learning rate in the direction of its sign.
double distance_over_way(const fs::path& a, const fs::path& b) {
    const Checkpoint left = read_checkpoint(a), right = read_checkpoint(b);
    const ParameterLayout layout(describe(left).config);
    std::vector<float> start(layout.size());
    initialize(layout, 0, start);
    const auto from = floats(parameter_views(layout, start)), x = floats(left.model), y = floats(right.model);
    double distance = 0, way = 0;
    for (size_t i = 0; i < x.size(); ++i) {
        distance += std::pow(double{x[i]} - y[i], 2);
        way += std::pow(double{x[i]} - from[i], 2);
    }
    return x.size() == y.size() && x.size() == from.size() ? std::sqrt(distance / way) : INFINITY;
}

void expect_same(const std::vector<double>& a, const std::vector<double>& b) {
    ASSERT_EQ(a.size(), b.size());
    for (size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], 1e-5) << "step " << i + 1;
}

TEST_F(ManyProcessesTest, OneTwoAndFourTrainTheSame) {
    // Most rows of the label table have no gradient.
    const std::string classes = "--num-classes=300";
    const fs::path one = train(1, "one", 20, {classes}), two = train(2, "two", 20, {classes}),
                   four = train(4, "four", 20, {classes});
    expect_same(losses("two"), losses("one"));
    expect_same(losses("four"), losses("one"));
    EXPECT_EQ(losses("one").size(), 20u);
    EXPECT_LT(distance_over_way(one, two), 1e-4);
    EXPECT_LT(distance_over_way(one, four), 1e-4);

    // Again, and with another number of processes from the middle on.
    EXPECT_EQ(read_file(train(2, "again", 20, {classes})), read_file(two)) << "a run repeats bit for bit";
    const fs::path half = train(2, "half", 10, {classes});
    const fs::path rest = train(4, "rest", 20, {"--ckpt=" + half.string()});
    const std::vector<double> first = losses("one");
    expect_same(losses("rest"), {first.begin() + 10, first.end()});
    EXPECT_LT(distance_over_way(one, rest), 1e-4);
    EXPECT_EQ(describe(read_checkpoint(rest)).samples, 200u);
}

TEST_F(ManyProcessesTest, ADeadProcessEndsTheRun) {
    const auto program = long_run("killed", {"--ckpt-every=5"});
    kill(program->ranks().at(1), SIGKILL);
    EXPECT_TRUE(wait_until([&] { return !program->runs(); }, 60));
    EXPECT_NE(program->wait(), 0);
    EXPECT_NE(program->printed().find("rank 1"), std::string::npos) << program->printed();
    EXPECT_GT(describe(read_checkpoint(last_checkpoint("killed"))).step, 0) << "the last checkpoint is whole";
}

TEST_F(ManyProcessesTest, AProcessThatHangsEndsTheRun) {
    for (const size_t rank : {1, 0}) {
        const std::string results = "hung-" + std::to_string(rank);
        const auto program = long_run(results, {"--ckpt-every=5", "--dist-timeout=3"});
        kill(program->ranks().at(rank), SIGSTOP);
        EXPECT_TRUE(wait_until([&] { return !program->runs(); }, 60));
        EXPECT_NE(program->wait(), 0);
        const std::string printed = program->printed();
        EXPECT_NE(printed.find("error: rank " + std::to_string(rank) + " on "), std::string::npos) << printed;
        EXPECT_NE(printed.find("has not answered for"), std::string::npos) << printed;
        EXPECT_GT(describe(read_checkpoint(last_checkpoint(results))).step, 0);
    }
}

TEST_F(ManyProcessesTest, AnErrorIsPrintedOnce) {
    const auto expect_once = [](test::LaunchedProgram& program, const std::string& message,
                                const std::string& who) {
        EXPECT_NE(program.wait(), 0);
        const std::string printed = program.printed();
        const size_t first = printed.find("error: " + message);
        ASSERT_NE(first, std::string::npos) << printed;
        EXPECT_EQ(printed.find("error: ", first + 1), std::string::npos) << printed;
        EXPECT_NE(printed.find(who, first), std::string::npos) << printed;
    };
    test::LaunchedProgram all(11, arguments("error", 3), folder / "all.txt");
    expect_once(all, "a batch of 10 windows cannot be shared by 11 processes",
                "(rank ");  // whichever is first
    EXPECT_TRUE(runs("error").empty());

    const fs::path odd = folder / "odd.sh";
    write_file(odd,
               std::string("#!/bin/sh\n[ \"$OMPI_COMM_WORLD_RANK\" = 1 ] && set -- \"$@\" --num-classes=2\n"
                           "exec ") +
                   test::program_path() + " \"$@\"\n");
    fs::permissions(odd, fs::perms::owner_all);
    test::LaunchedProgram one(2, arguments("error", 3), folder / "one.txt", odd.string());
    expect_once(one, "the dataset has 6 classes, the label table only 2", "(rank 1 on ");

    test::LaunchedProgram nccl(2, arguments("error", 3, {"--device=cpu", "--dist=nccl"}),
                               folder / "nccl.txt");
    expect_once(nccl, "NCCL sums between GPUs, and this run is on the CPU", "(rank ");
}

TEST_F(ManyProcessesTest, ASignalToOneStopsAllAtTheSameStep) {
    const auto program = long_run("stopped", {"--ckpt-every=3"});
    kill(program->ranks().at(1), SIGUSR1);
    EXPECT_EQ(program->wait(), 0) << program->printed();
    EXPECT_NE(program->printed().find("Stopped at step"), std::string::npos) << program->printed();
    EXPECT_EQ(losses("stopped").size(),
              static_cast<size_t>(describe(read_checkpoint(last_checkpoint("stopped"))).step));
}

TEST_F(ManyProcessesTest, WithoutMpiSeveralProcessesAreAnError) {
    fs::copy(test::program_path(), folder / "osu-diffusion");
    const std::string output = (folder / "without.txt").string();
    std::string line = "OMPI_COMM_WORLD_SIZE=2 " + (folder / "osu-diffusion").string();
    for (const std::string& argument : arguments("without", 1)) line += " " + argument;
    EXPECT_NE(std::system((line + " >" + output + " 2>&1").c_str()), 0);
    EXPECT_NE(read_file(output).find("built without MPI"), std::string::npos) << read_file(output);
    EXPECT_TRUE(runs("without").empty());
}

}  // namespace
}  // namespace osu
