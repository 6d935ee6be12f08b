// Whose the rows of the label table are where a run goes on, and where its dataset has grown.
#include <gtest/gtest.h>

#include "archive/checkpoint.h"
#include "base/error.h"
#include "base/file.h"
#include "sampling/checkpoint_metadata.h"
#include "support/training_run.h"
#include "train/trainer.h"

namespace osu {
namespace {

namespace fs = std::filesystem;

using LabelRows = test::TrainingRun;

// Two maps more, one by a mapper whom the checkpoint knows: the old rows stay, the new ones begin where they
// should.
TEST_F(LabelRows, LabelsGrowWithTheDataset) {
    options.max_steps = 1;
    const TrainOutcome first = train(options, {});
    const fs::path maps = folder / "data/Track00004/beatmaps";
    fs::create_directories(maps);
    write_file(maps / "000008M000.osu", test::circle_map(108, 14, 60, "mapper 1"));
    write_file(maps / "000009M001.osu", test::circle_map(109, 14, 60, "somebody else"));
    TrainOptions again = options;
    again.ckpt = first.checkpoint;
    again.new_run = true;
    again.learning_rate = 1e-12;
    EXPECT_THROW(train(again, {}), Error) << "too many classes";
    again.grow_labels = true;
    const Checkpoint before = read_checkpoint(first.checkpoint),
                     after = read_checkpoint(train(again, {}).checkpoint);
    EXPECT_EQ(describe(after).config.num_classes, 10);
    EXPECT_EQ(describe(after).labels.entries().back().creator, "somebody else");
    const auto old_rows = to_floats(before.model.at("y_embedder.embedding_table.weight")),
               rows = to_floats(after.model.at("y_embedder.embedding_table.weight"));
    const size_t h = old_rows.size() / 9;
    ASSERT_EQ(rows.size(), 11 * h);
    for (size_t k = 0; k < h; ++k) {
        for (size_t row = 0; row < 8; ++row) EXPECT_NEAR(rows[row * h + k], old_rows[row * h + k], 1e-6);
        EXPECT_NEAR(rows[8 * h + k], (old_rows[2 * h + k] + old_rows[3 * h + k]) / 2, 1e-6)
            << "mapper 1's mean";
        EXPECT_NEAR(rows[9 * h + k], old_rows[8 * h + k], 1e-6) << "the null row";
        EXPECT_NEAR(rows[10 * h + k], old_rows[8 * h + k], 1e-6) << "which is the last again";
    }
    write_file(folder / "data/Track00000/beatmaps/000001M001.osu", test::circle_map(101, 10, 60, "another"));
    EXPECT_THROW(train(again, {}), Error) << "another map in the place of one that it knows";
    again.grow_labels = true;
    again.new_run = false;
    EXPECT_THROW(train(again, {}), Error);
}

// Its rows are of maps: of a dataset that has others in their classes they would be of these from then on.
TEST_F(LabelRows, RowsDoNotChangeOwners) {
    options.max_steps = 1;
    options.ckpt = train(options, {}).checkpoint;
    options.max_steps = 2;
    // A part of the maps, in their classes, and one whose mapper has another name now.
    fs::remove(folder / "data/Track00003/beatmaps/000007M001.osu");
    write_file(folder / "data/Track00002/beatmaps/000005M001.osu",
               test::circle_map(105, 12, 60, "renamed since"));
    EXPECT_EQ(train(options, {}).step, 2);
    write_file(folder / "data/Track00001/beatmaps/000002M000.osu",
               test::circle_map(202, 21, 60, "somebody else"));
    for (const bool new_run : {false, true}) {
        options.new_run = new_run;
        try {
            train(options, {});
            ADD_FAILURE() << "went on, new run " << new_run;
        } catch (const Error& error) {
            EXPECT_NE(std::string(error.what()).find("class 2 of"), std::string::npos) << error.what();
            EXPECT_NE(error.hint().find("--relearn-embeds"), std::string::npos) << error.hint();
        }
    }
    TrainOptions taught = options;
    taught.teacher = options.ckpt;
    taught.ckpt.clear();
    EXPECT_THROW(train(taught, {}), Error);
    options.relearn_embeds = true;
    EXPECT_EQ(train(options, {}).step, 2);
    // One that does not say which maps it has, as the reference's.
    Checkpoint silent = read_checkpoint(options.ckpt);
    silent.metadata.erase("labels");
    write_checkpoint(folder / "silent.safetensors", silent);
    options.ckpt = folder / "silent.safetensors";
    options.relearn_embeds = false;
    EXPECT_EQ(train(options, {}).step, 2);
}

}  // namespace
}  // namespace osu
