// Whole runs on a small dataset: resuming, stopping, and a loss that is no number.
#include "train/trainer.h"

#include <algorithm>
#include <fstream>
#include <limits>
#include <optional>

#include <gtest/gtest.h>

#include "archive/checkpoint.h"
#include "base/error.h"
#include "base/file.h"
#include "sampling/checkpoint_metadata.h"
#include "support/training_run.h"

namespace osu {
namespace {

namespace fs = std::filesystem;

using TrainerTest = test::TrainingRun;

TEST_F(TrainerTest, ResumingIsBitExact) {
    const TrainOutcome whole = train(options, {});
    EXPECT_TRUE(whole.finished);
    EXPECT_EQ(whole.step, 6);

    int asked = 0;
    const TrainOutcome half = train(options, {[&] { return ++asked == 3; }, {}});
    EXPECT_FALSE(half.finished);
    EXPECT_EQ(half.step, 3);
    EXPECT_NE(half.run, whole.run) << "a run never writes into another's folder";
    TrainOptions rest = options;
    rest.ckpt = half.checkpoint;
    rest.model.clear();
    const TrainOutcome resumed = train(rest, {});
    EXPECT_EQ(resumed.step, 6);

    const auto expected = all_floats(read_checkpoint(whole.checkpoint));
    const auto actual = all_floats(read_checkpoint(resumed.checkpoint));
    ASSERT_EQ(actual.size(), expected.size());
    EXPECT_TRUE(std::equal(actual.begin(), actual.end(), expected.begin()));
    EXPECT_NE(all_floats(read_checkpoint(half.checkpoint)), expected);
    EXPECT_THROW(train(
                     [&] {
                         auto o = rest;
                         o.ckpt = whole.checkpoint;
                         return o;
                     }(),
                     {}),
                 Error)
        << "nothing left to do";
}

TEST_F(TrainerTest, AListOfNobodyIsTold) {
    options.max_steps = 1;
    const auto warned = [&](const std::string& name) {
        options.held_out = HeldOut{0, 0, {mapper_hash(name)}};
        return read_file(train(options, {}).run / "log.txt").find("--held-out lists no mapper") !=
               std::string::npos;
    };
    EXPECT_TRUE(warned("nobody"));
    EXPECT_FALSE(warned("Mapper 2"));
}

TEST_F(TrainerTest, ANewRunTakesTheWeightsAlone) {
    const TrainOutcome first = train(options, {});
    TrainOptions again = options;
    again.ckpt = first.checkpoint;
    again.new_run = true;
    again.max_steps = 2;
    const Checkpoint second = read_checkpoint(train(again, {}).checkpoint);
    const CheckpointInfo info = describe(second);
    EXPECT_EQ(info.step, 2);
    EXPECT_EQ(info.samples, 12u);
    EXPECT_EQ(second.optimizer_step, 2);
    // From the same weights, without a word of what came before, comes the same.
    Checkpoint bare = read_checkpoint(first.checkpoint);
    bare.exp_avg.clear();
    bare.exp_avg_sq.clear();
    CheckpointInfo bare_info = describe(bare);
    bare_info.step = bare_info.samples = 0;
    set_metadata(bare, bare_info);
    write_checkpoint(folder / "bare.safetensors", bare);
    again.ckpt = folder / "bare.safetensors";
    again.new_run = false;
    EXPECT_EQ(all_floats(read_checkpoint(train(again, {}).checkpoint)), all_floats(second));
    again.ckpt.clear();
    again.new_run = true;
    EXPECT_THROW(train(again, {}), Error);
}

// The folder of checkpoints, out of the way: a file stands in its place.
class Obstacle {
  public:
    explicit Obstacle(const fs::path& run) : folder_(run / "checkpoints"), away_(run / "away") {
        fs::rename(folder_, away_);
        write_file(folder_, "");
    }
    ~Obstacle() {
        fs::remove(folder_);
        fs::rename(away_, folder_);
    }

  private:
    const fs::path folder_, away_;
};

TEST_F(TrainerTest, ACheckpointThatCannotBeWrittenIsTriedAgain) {
    const fs::path run = options.results_dir / "000-DiT-XS";
    options.log_every = 1;
    options.ckpt_every = 3;
    std::optional<Obstacle> obstacle;
    int steps = 0;
    const TrainOutcome outcome = train(options, {[&] {
                                                     ++steps;
                                                     if (steps == 3) obstacle.emplace(run);
                                                     if (steps == 5) obstacle.reset();
                                                     return false;
                                                 },
                                                 {}});
    EXPECT_TRUE(outcome.finished);
    EXPECT_FALSE(fs::exists(run / "checkpoints" / "0000003.safetensors"));
    EXPECT_TRUE(fs::exists(run / "checkpoints" / "0000005.safetensors")) << "with the next line of the log";
    EXPECT_TRUE(fs::exists(run / "checkpoints" / "0000006.safetensors"));
    EXPECT_NE(read_file(run / "log.txt").find("Warning: no checkpoint of step 3"), std::string::npos);
}

TEST_F(TrainerTest, TheLastGoodCheckpointStays) {
    const fs::path run = options.results_dir / "000-DiT-XS";
    options.ckpt_every = 3;
    options.save_patience = 0.1;
    std::optional<Obstacle> obstacle;
    int steps = 0;
    const TrainEvents events{[&] {
                                 if (++steps == 6) obstacle.emplace(run);
                                 return false;
                             },
                             {}};
    try {
        train(options, events);
        FAIL() << "it was not written";
    } catch (const Error& error) {
        EXPECT_NE(error.hint().find("0000003.safetensors"), std::string::npos) << error.hint();
    }
    obstacle.reset();
    EXPECT_EQ(describe(read_checkpoint(run / "checkpoints" / "0000003.safetensors")).step, 3);
}

TEST_F(TrainerTest, APackThatIsCutEndsTheRunWithACheckpoint) {
    int steps = 0;
    const TrainEvents events{[&] {
                                 if (++steps == 4) fs::resize_file(options.data_path / "dataset.pack", 0);
                                 return false;
                             },
                             {}};
    try {
        train(options, events);
        FAIL() << "zeros were trained on";
    } catch (const Error& error) {
        EXPECT_NE(std::string(error.what()).find("became shorter"), std::string::npos) << error.what();
    }
    EXPECT_TRUE(fs::exists(options.results_dir / "000-DiT-XS" / "checkpoints" / "0000004.safetensors"));
}

TEST_F(TrainerTest, CheckpointsKnowTheirStyles) {
    options.max_steps = 1;
    options.ckpt_format = "pt";
    options.held_out.emplace().mappers = {mapper_hash("somebody else")};
    const TrainOutcome outcome = train(options, {});
    const CheckpointInfo info = describe(read_checkpoint(outcome.checkpoint));
    EXPECT_EQ(info.config.name(), "DiT-XS");
    EXPECT_EQ(info.config.num_classes, 8);
    EXPECT_EQ(info.step, 1);
    EXPECT_EQ(info.samples, 6u);
    EXPECT_EQ(info.held_out.mappers, options.held_out->mappers);
    ASSERT_EQ(info.labels.entries().size(), 8u);
    EXPECT_EQ(info.labels.entries()[3].beatmap_id, 103);
    EXPECT_EQ(info.labels.entries()[3].creator, "mapper 1");
}

TEST_F(TrainerTest, LogsAsTheReferenceAndAsATable) {
    options.held_out.emplace().mappers = {mapper_hash("mapper 2")};
    int drawn = 0;
    const TrainOutcome outcome = train(options, {{}, [&](const fs::path&, std::span<const LogEntry> log) {
                                                     ++drawn;
                                                     EXPECT_EQ(log.size(), 3u);
                                                     EXPECT_TRUE(log.back().validation_loss.has_value());
                                                 }});
    EXPECT_EQ(drawn, 1);
    const std::string text = read_file(outcome.run / "log.txt"), table = read_file(outcome.run / "log.csv");
    EXPECT_NE(text.find("(step=0000004) Train Loss: "), std::string::npos);
    EXPECT_NE(text.find(", Train Steps/Sec: "), std::string::npos);
    EXPECT_NE(text.find("(step=0000006) Validation Loss: "), std::string::npos);
    EXPECT_EQ(std::count(table.begin(), table.end(), '\n'), 4);
    EXPECT_EQ(outcome.checkpoint.filename(), "0000006.safetensors");
}

TEST_F(TrainerTest, ALossThatIsNoNumberStopsWithoutACheckpoint) {
    options.learning_rate = 1e38;
    options.gradient_clip = 0;
    try {
        train(options, {});
        FAIL() << "the loss stayed finite";
    } catch (const Error& error) {
        EXPECT_NE(std::string(error.what()).find("not a finite number at step"), std::string::npos)
            << error.what();
        EXPECT_NE(std::string(error.what()).find("beatmaps/00000"), std::string::npos) << error.what();
        EXPECT_FALSE(error.hint().empty());
    }
    for (const auto& entry : fs::recursive_directory_iterator(options.results_dir))
        EXPECT_NE(entry.path().extension(), ".safetensors");
}

TEST_F(TrainerTest, FineTuningRelearnsLabels) {
    options.max_steps = 2;
    const TrainOutcome first = train(options, {});
    TrainOptions tuning = options;
    tuning.ckpt = first.checkpoint;
    tuning.fine_tune_ids = {103, 104};
    tuning.relearn_embeds = true;
    tuning.num_classes = 20;
    tuning.embed_only_epochs = 1000;
    tuning.max_steps = 4;
    const Checkpoint before = read_checkpoint(first.checkpoint),
                     after = read_checkpoint(train(tuning, {}).checkpoint);
    EXPECT_EQ(after.model.at("y_embedder.embedding_table.weight").shape[0], 21);
    EXPECT_EQ(to_floats(after.model.at("blocks.0.mlp.fc1.weight")),
              to_floats(before.model.at("blocks.0.mlp.fc1.weight")))
        << "only the label table is trained";
    const auto log_of = [&] { return read_file(train(tuning, {}).run / "log.txt"); };
    EXPECT_EQ(log_of().find("--embed-only-epochs are over"), std::string::npos);
    tuning.embed_only_epochs = 1;
    EXPECT_NE(log_of().find("--embed-only-epochs are over"), std::string::npos);
    tuning.fine_tune_ids = {999};
    EXPECT_THROW(train(tuning, {}), Error);
}

TEST_F(TrainerTest, GoingOnHoldsOutTheSameMappers) {
    const HeldOut two{0, 0, {mapper_hash("mapper 2")}};
    options.held_out = two;
    options.max_steps = 1;
    const auto held_out = [&](const TrainOptions& with) {
        return describe(read_checkpoint(train(with, {}).checkpoint)).held_out.mappers;
    };
    options.ckpt = train(options, {}).checkpoint;
    options.max_steps = 2;
    options.held_out.reset();
    EXPECT_EQ(held_out(options), two.mappers);
    options.new_run = true;
    EXPECT_EQ(held_out(options), two.mappers);
    options.held_out.emplace();
    EXPECT_TRUE(held_out(options).empty()) << "unless it is told otherwise";
}

TEST_F(TrainerTest, GoingOnTrainsAsBefore) {
    options.noise_schedule = NoiseSchedule::linear;
    options.seed = 5;
    options.held_out = HeldOut{0.3, 0, {}};
    options.max_steps = 1;
    options.ckpt = train(options, {}).checkpoint;
    options.noise_schedule.reset();
    options.tokens.reset();
    options.seed.reset();
    options.held_out.reset();
    options.max_steps = 2;
    const auto info = [&] { return describe(read_checkpoint(options.ckpt)); };
    const auto go_on = [&] {
        const TrainOutcome outcome = train(options, {});
        options.ckpt = outcome.checkpoint;
        return read_file(outcome.run / "log.txt").find("other than in the checkpoint");
    };
    EXPECT_EQ(go_on(), std::string::npos);
    EXPECT_EQ(info().noise_schedule, NoiseSchedule::linear);
    EXPECT_EQ(info().tokens, 24);
    EXPECT_EQ(info().seed, 5u);

    options.seed = 6;
    options.max_steps = 3;
    EXPECT_NE(go_on(), std::string::npos);
    EXPECT_EQ(info().seed, 6u);
    EXPECT_EQ(info().held_out.seed, 5u) << "what is held out stays so when the order of the data changes";
    EXPECT_EQ(info().held_out.share, 0.3);

    options.seed.reset();
    options.new_run = true;
    go_on();
    EXPECT_EQ(info().seed, 0u);
    EXPECT_EQ(info().noise_schedule, NoiseSchedule::linear);
}

TEST_F(TrainerTest, FlagsThatContradictTheCheckpoint) {
    options.max_steps = 1;
    const TrainOutcome first = train(options, {});
    options.ckpt = first.checkpoint;
    options.max_steps = 2;
    options.model = "DiT-S";
    EXPECT_THROW(train(options, {}), Error);
    options.model = "DiT-XS";
    options.num_classes = 9;
    EXPECT_THROW(train(options, {}), Error);
}

TEST_F(TrainerTest, ARunThatCannotBeginOpensNoDeviceAndMakesNoFolder) {
    options.max_steps = 1;
    options.ckpt = train(options, {}).checkpoint;
    options.results_dir = folder / "nothing";
    const auto alone = make_single_process();
    const auto no_device = []() -> OpenDevice { throw std::logic_error("a device was asked for"); };
    EXPECT_THROW(train(options, {}, *alone, no_device), Error) << "the checkpoint is at the last step";
    options.ckpt.clear();
    options.fine_tune_ids = {-7};
    EXPECT_THROW(train(options, {}, *alone, no_device), Error) << "no such map";
    EXPECT_FALSE(fs::exists(options.results_dir));
}

}  // namespace
}  // namespace osu
