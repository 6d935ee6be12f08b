// The verb evaluate from flags to files, with a small network of random weights on small maps.
#include <cmath>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "app/command.h"
#include "base/file.h"
#include "base/parallel.h"
#include "base/random.h"
#include "data/dataset_builder.h"
#include "data/pack_dataset.h"
#include "data/split.h"
#include "model/parameters.h"
#include "sampling/checkpoint_metadata.h"
#include "support/small_maps.h"
#include "support/temporary_folder.h"

namespace osu {
namespace {

class Evaluate : public ::testing::Test {
  protected:
    void SetUp() override {
        threads_ = thread_count();
        write_dataset();
        write_network();
        write_file(folder_ / "dora", "# of Dora and nobody else\n" + mapper_hash("Dora") + " it is\n");
    }
    void TearDown() override { set_thread_count(threads_); }

    // Four mappers with three maps each, of circles and some sliders.
    void write_dataset() {
        int id = 0;
        for (const char* creator : {"Anna", "Bert", "Cora", "Dora"})
            for (int i = 0; i < 3; ++i) {
                test::SmallMap map{.version = fmt::format("{}", i), .creator = creator, .title = creator};
                map.beatmap_id = ++id;
                map.circles = 30;
                for (int k = 0; k < 4; ++k)
                    map.objects += fmt::format("{},200,{},2,0,B|{}:250|{}:{},1,90\r\n", 60 + 40 * k,
                                               9000 + 600 * k + i, 90 + 40 * k, 150 + 40 * k, 180 + 20 * i);
                test::write_text(folder_ / "maps" / fmt::format("{}.osu", id), test::text_of(map));
            }
        build_dataset({.sources = {recognise_source(folder_ / "maps")}, .out = folder_ / "data"});
    }

    void write_network() {
        CheckpointInfo info;
        info.config = {1, 32, 2, 12};
        info.labels = label_index(open_dataset(folder_ / "data"));
        info.tokens = 16;
        const ParameterLayout layout(info.config);
        std::vector<float> values(layout.size());
        Philox(1).fill_normal(values);
        for (float& value : values) value *= 0.03f;
        Checkpoint checkpoint;
        checkpoint.model = parameter_views(layout, values);
        set_metadata(checkpoint, info);
        write_checkpoint(folder_ / "net.safetensors", checkpoint);
    }

    test::CommandResult evaluate(std::vector<std::string> flags) {
        std::vector<std::string> arguments{"evaluate",
                                           "--data",
                                           (folder_ / "data").string(),
                                           "--ckpt",
                                           (folder_ / "net.safetensors").string(),
                                           "--precision",
                                           "f32",
                                           "--threads",
                                           "1",
                                           "--num-sampling-steps",
                                           "3"};
        arguments.insert(arguments.end(), flags.begin(), flags.end());
        return test::run_command(arguments);
    }
    std::string held_out() { return (folder_ / "dora").string(); }

    nlohmann::json figures(std::vector<std::string> flags) {
        const std::string file = (folder_ / "figures.json").string();
        flags.insert(flags.end(), {"--held-out", held_out(), "--json", file});
        EXPECT_EQ(evaluate(flags).error, "");
        return nlohmann::json::parse(read_file(file));
    }

    test::TemporaryFolder folder_;
    int threads_ = 0;
};

TEST_F(Evaluate, FiguresOfEveryContestant) {
    const nlohmann::json all = figures({"--seeds", "2", "--keep-spacing", "false"});
    for (const char* contestant : {"model", "real", "random_walk", "untrained", "styled"}) {
        ASSERT_TRUE(all.contains(contestant));
        const nlohmann::json& one = all[contestant];
        for (const char* key : {"spacing_mean_px", "spacing_median_px", "off_field_share", "flow_distance",
                                "slider_length_share", "overlap_excess", "covered_share", "repeat_kept_share",
                                "style_accuracy", "loss"}) {
            EXPECT_TRUE(one.contains(key)) << contestant << " " << key;
            EXPECT_EQ(one["intervals"][key].size(), 2u) << contestant << " " << key;
        }
    }
    EXPECT_EQ(all["model"]["maps"], 3);
    // The maps are called 0, 1 and 2; all are as dense.
    size_t maps = 0;
    for (const char* difficulty : {"easy", "normal", "hard", "insane"}) {
        const nlohmann::json& one = all["model"]["by_difficulty"][difficulty];
        maps += one["maps"].get<size_t>();
        EXPECT_TRUE(one["maps"] == 0 || one["edge_share"] == all["model"]["edge_share"]) << difficulty;
    }
    EXPECT_EQ(maps, 3u);
    EXPECT_EQ(all["real"]["spacing_mean_px"], 0);
    EXPECT_EQ(all["real"]["overlap_excess"], 0);
    EXPECT_LT(all["random_walk"]["spacing_mean_px"], 1e-3);
    EXPECT_GT(all["model"]["spacing_mean_px"], 5);  // it knows nothing
    EXPECT_TRUE(all["real"]["loss"].is_null());
    EXPECT_GT(all["model"]["loss"], 0);
    double mean = 0;
    for (int decile = 0; decile < 10; ++decile)
        mean += all["model"][fmt::format("loss_decile_{}", decile)].get<double>() / 10;
    EXPECT_NEAR(all["model"]["loss"].get<double>(), mean, 1e-5);
    // Dora's are held out, so three are left to be told apart.
    for (const char* contestant : {"model", "real", "random_walk"}) {
        const double accuracy = all[contestant]["style_accuracy"];
        EXPECT_NEAR(accuracy * 9, std::round(accuracy * 9), 1e-9) << contestant;
    }
    EXPECT_EQ(all["styled"]["maps"], 3);
    EXPECT_EQ(all["styled"]["style_accuracy"], all["model"]["style_accuracy"]);
    EXPECT_NE(all["styled"]["flow_distance"], all["model"]["flow_distance"]);
}

TEST_F(Evaluate, SeedsDecideAndNothingElseDoes) {
    const std::vector<std::string> one{"--maps", "2", "--seeds", "1", "--style-maps", "0"};
    std::vector<std::string> other = one;
    other.insert(other.end(), {"--seed", "5"});
    const nlohmann::json first = figures(one);
    EXPECT_EQ(first, figures(one));
    EXPECT_NE(first["model"]["spacing_mean_px"], figures(other)["model"]["spacing_mean_px"]);
    EXPECT_FALSE(first["model"].contains("style_accuracy"));
    EXPECT_EQ(first["model"]["maps"], 2);
}

TEST_F(Evaluate, APicture) {
    const std::string file = (folder_ / "page.svg").string();
    EXPECT_EQ(evaluate({"--held-out", held_out(), "--seeds", "1", "--plot", file}).error, "");
    EXPECT_NE(read_file(file).find("</svg>"), std::string::npos);
}

TEST_F(Evaluate, AllMapsOfADatasetThatNobodyTrainedOn) {
    const std::string file = (folder_ / "figures.json").string();
    EXPECT_EQ(evaluate({"--held-out", "all", "--seeds", "1", "--json", file}).error, "");
    const nlohmann::json all = nlohmann::json::parse(read_file(file));
    EXPECT_EQ(all["model"]["maps"], 12);
    // Of four mappers, so there is something to cross-validate by.
    const double told = all["random_walk"]["told_auc"];
    EXPECT_GE(told, 0);
    EXPECT_EQ(all["random_walk"]["told_by"].size(), 3u);
    EXPECT_TRUE(all["real"]["told_auc"].is_null());
}

TEST_F(Evaluate, MapsThatAnyProgramPlaced) {
    const std::string file = (folder_ / "figures.json").string(), maps = (folder_ / "maps").string();
    const auto result =
        test::run_command({"evaluate", "--maps-from", maps, "--sources", maps, "--json", file});
    EXPECT_EQ(result.error, "");
    EXPECT_NE(result.output.find("12 maps"), std::string::npos);
    const nlohmann::json all = nlohmann::json::parse(read_file(file));
    EXPECT_EQ(all["model"]["edge_share"], all["real"]["edge_share"]);
    EXPECT_EQ(all["model"]["spacing_mean_px"], 0);
    EXPECT_NE(test::run_command({"evaluate", "--maps-from", maps}).error, "");
    EXPECT_NE(test::run_command({"evaluate"}).error.find("--data"), std::string::npos);
}

TEST_F(Evaluate, Mistakes) {
    EXPECT_NE(evaluate({}).hint.find("--held-out"), std::string::npos);
    EXPECT_NE(evaluate({"--held-out", held_out(), "--plot", "page.doc"}).error, "");
    write_file(folder_ / "nobody", mapper_hash("nobody") + "\n");
    EXPECT_NE(evaluate({"--held-out", (folder_ / "nobody").string()}).error.find("no held-out maps"),
              std::string::npos);
}

}  // namespace
}  // namespace osu
