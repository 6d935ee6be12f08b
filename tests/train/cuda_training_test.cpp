// Whole training runs on the CUDA backend, which works behind the host: the same as on the CPU, resumed, on
// several ranks that sum by NCCL or through their hosts, and when the loss is no number. The ranks are
// threads.
#if defined(OSU_CUDA) || defined(OSU_EMULATED_CUDA)

#include <algorithm>
#include <cmath>
#include <sstream>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/file.h"
#include "ops/cuda/gpus.h"
#include "support/thread_ranks.h"
#include "support/training_run.h"
#include "train/trainer.h"

#ifdef OSU_EMULATED_CUDA
namespace osu::emulation {

void make_hasty(bool hasty);  // streams beside the operations' own, from now on
void install_nccl(bool installed);
void share_one_gpu(bool share);

}  // namespace osu::emulation
#endif

namespace osu {
namespace {

namespace fs = std::filesystem;

class CudaTraining : public test::TrainingRun {
  protected:
    void SetUp() override {
        if (cuda::device_count() == 0) GTEST_SKIP() << "no GPU";
        TrainingRun::SetUp();
        options.tokens = 16;
        options.max_steps = 4;  // as they come, recorded, and twice from the recording
        options.log_every = 1;
    }

    static OpenDevice gpu() { return {cuda::make_backend(DType::f32, 0), "a GPU", {}}; }
    TrainOutcome on_gpu(const TrainOptions& with, const TrainEvents& events = {}) const {
        const auto alone = make_single_process();
        return train(with, events, *alone, gpu);
    }
    // Rank 0's outcome.
    TrainOutcome on_gpus(int ranks, Distribution distribution) const {
        TrainOutcome outcome;
        test::on_ranks(ranks, [&](Communicator& communicator) {
            TrainOptions with = options;
            with.distribution = distribution;
            const TrainOutcome own = train(with, {}, communicator, gpu);
            if (communicator.leads()) outcome = own;
        });
        return outcome;
    }
    static std::vector<double> losses(const TrainOutcome& outcome) {
        std::istringstream table(read_file(outcome.run / "log.csv"));
        std::vector<double> all;
        std::string line;
        std::getline(table, line);
        while (std::getline(table, line)) all.push_back(std::stod(line.substr(line.find(',') + 1)));
        return all;
    }
    static void expect_near(const TrainOutcome& a, const TrainOutcome& b, double of_loss, double of_weights) {
        const std::vector<double> left = losses(a), right = losses(b);
        ASSERT_EQ(left.size(), right.size());
        for (size_t i = 0; i < left.size(); ++i) EXPECT_NEAR(left[i], right[i], of_loss * right[i]) << i;
        const auto mine = all_floats(read_checkpoint(a.checkpoint)),
                   theirs = all_floats(read_checkpoint(b.checkpoint));
        ASSERT_EQ(mine.size(), theirs.size());
        double difference = 0, way = 0;
        for (size_t i = 0; i < mine.size(); ++i) {
            difference += std::pow(double{mine[i]} - theirs[i], 2);
            way += std::pow(double{theirs[i]}, 2);
        }
        EXPECT_LT(std::sqrt(difference / way), of_weights);
    }
};

TEST_F(CudaTraining, IsThatOfTheCpu) {
    options.held_out.emplace().mappers = {mapper_hash("mapper 2")};
    expect_near(on_gpu(options), train(options, {}), 1e-4, 1e-3);
}

TEST_F(CudaTraining, ResumesBitForBit) {
    const TrainOutcome whole = on_gpu(options);
    int asked = 0;
    const TrainOutcome half = on_gpu(options, {[&] { return ++asked == 2; }, {}});
    EXPECT_EQ(half.step, 2);
    options.ckpt = half.checkpoint;
    const TrainOutcome resumed = on_gpu(options);
    EXPECT_EQ(all_floats(read_checkpoint(resumed.checkpoint)), all_floats(read_checkpoint(whole.checkpoint)));
}

TEST_F(CudaTraining, ALossThatIsNoNumberIsFoundBehindTheNextStep) {
    options.learning_rate = 1e38;
    options.gradient_clip = 0;
    options.log_every = 100;
    try {
        on_gpu(options);
        FAIL() << "the loss stayed finite";
    } catch (const Error& error) {
        EXPECT_NE(std::string(error.what()).find("not a finite number at step 2"), std::string::npos)
            << error.what();
        EXPECT_NE(std::string(error.what()).find("beatmaps/00000"), std::string::npos) << error.what();
    }
    for (const auto& entry : fs::recursive_directory_iterator(options.results_dir))
        EXPECT_NE(entry.path().extension(), ".safetensors");
}

#ifdef OSU_EMULATED_CUDA
// The label table alone, and then all: what is recorded of an update does not outlive its kind.
TEST_F(CudaTraining, LabelsFirst) {
    options.embed_only_epochs = 1;
    options.batch_size = 3;
    expect_near(on_gpu(options), train(options, {}), 1e-4, 1e-3);
}

class CudaRanks : public CudaTraining, public testing::WithParamInterface<bool> {
  protected:
    void SetUp() override {
        emulation::make_hasty(GetParam());
        CudaTraining::SetUp();
    }
    void TearDown() override {
        emulation::make_hasty(false);
        emulation::install_nccl(true);
        emulation::share_one_gpu(false);
        CudaTraining::TearDown();
    }
    void expect_hosts_to_sum() {
        options.max_steps = 1;
        EXPECT_NE(read_file(on_gpus(2, Distribution::automatic).run / "log.txt").find("MPI sums"),
                  std::string::npos);
        test::on_ranks(2, [&](Communicator& ranks) {
            TrainOptions with = options;
            with.distribution = Distribution::nccl;
            EXPECT_THROW(train(with, {}, ranks, gpu), Error);
        });
    }
};

TEST_P(CudaRanks, AreTheSameRunAndRepeat) {
    const TrainOutcome one = on_gpu(options), two = on_gpus(2, Distribution::nccl);
    expect_near(two, one, 1e-5, 1e-4);
    const auto expected = all_floats(read_checkpoint(two.checkpoint));
    EXPECT_EQ(all_floats(read_checkpoint(on_gpus(2, Distribution::automatic).checkpoint)), expected);
    EXPECT_EQ(all_floats(read_checkpoint(on_gpus(2, Distribution::mpi).checkpoint)), expected)
        << "both add in the order of ranks";
    EXPECT_NE(read_file(two.run / "log.txt").find("NCCL sums their gradients"), std::string::npos);
    if (GetParam()) expect_near(on_gpus(3, Distribution::nccl), one, 1e-5, 1e-4);
}

TEST_P(CudaRanks, WithoutNcclTheHostsSum) {
    emulation::install_nccl(false);
    expect_hosts_to_sum();
}

TEST_P(CudaRanks, OnOneGpuTheHostsSum) {
    emulation::share_one_gpu(true);
    expect_hosts_to_sum();
}

TEST_P(CudaRanks, GiveUpBeforeAnythingWaitsForTheGpu) {
    options.learning_rate = 1e38;
    options.gradient_clip = 0;
    options.distribution = Distribution::nccl;
    test::on_ranks(2, [&](test::ThreadRank& rank) {
        EXPECT_THROW(train(options, {}, rank, gpu), Error);
        EXPECT_TRUE(rank.gave_up);
    });
}

INSTANTIATE_TEST_SUITE_P(Streams, CudaRanks, testing::Bool(),
                         [](const auto& info) { return info.param ? "hasty" : "late"; });
#endif

}  // namespace
}  // namespace osu

#endif
