// The verbs `dataset` and `styles` as a user runs them, and the geometry beneath.
#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "app/command.h"
#include "archive/checkpoint.h"
#include "base/file.h"
#include "base/random.h"
#include "base/text.h"
#include "data/game_fixture.h"
#include "data/label_index.h"
#include "model/label_space.h"
#include "model/parameters.h"
#include "sampling/checkpoint_metadata.h"

namespace osu {
namespace {

namespace fs = std::filesystem;
using test::run_command;

// Points in a tilted plane of five dimensions, three times as wide as high, and a little noise.
LabelSpace tilted_plane() {
    const double u[5] = {0.6, 0, 0.8, 0, 0}, v[5] = {0, 1, 0, 0, 0};
    Philox random(3);
    std::vector<float> rows;
    for (int n = 0; n < 400; ++n) {
        float normal[3];
        random.fill_normal(normal);
        for (int i = 0; i < 5; ++i)
            rows.push_back(static_cast<float>(7 + 3 * normal[0] * u[i] + normal[1] * v[i] +
                                              (i == 4 ? 0.01 * normal[2] : 0)));
    }
    return {rows, 5};
}

TEST(LabelSpace, FindsThePrincipalPlane) {
    const LabelSpace space = tilted_plane();
    const LabelSpace::Plane plane = space.principal_plane();
    ASSERT_EQ(plane.points.size(), 400u);
    EXPECT_NEAR(plane.share[0] + plane.share[1], 1, 1e-3);
    EXPECT_NEAR(plane.share[0], 0.9, 0.02);
    double x = 0, y = 0, xy = 0;
    for (size_t n = 0; n < 400; ++n) {
        const auto [a, b] = plane.points[n];
        x += a;
        y += b;
        xy += a * b;
        const auto [c, d] = plane.points[(n * 7 + 1) % 400];
        EXPECT_NEAR(std::hypot(a - c, b - d), space.distance(n, (n * 7 + 1) % 400), 0.1)
            << "nearly all lies in it";
    }
    EXPECT_NEAR(x, 0, 1e-6);
    EXPECT_NEAR(y, 0, 1e-6);
    EXPECT_NEAR(xy / 400, 0, 1e-3) << "components are uncorrelated";
}

TEST(LabelSpace, MeasuresAsOneWouldByHand) {
    const LabelSpace space({0, 0, 3, 4, 0, 5, -3, -4}, 2);
    EXPECT_DOUBLE_EQ(space.distance(0, 1), 5);
    EXPECT_DOUBLE_EQ(space.cosine(1, 2), 0.8);
    EXPECT_DOUBLE_EQ(space.cosine(1, 3), -1);
    EXPECT_EQ(space.cosine(0, 1), 0);
    const std::vector<double> spread = space.spread();
    for (size_t i = 0; i < 4; ++i) {
        double sum = 0;
        for (size_t j = 0; j < 4; ++j) sum += space.distance(i, j) * space.distance(i, j);
        EXPECT_NEAR(spread[i], std::sqrt(sum / 4), 1e-12);
    }
    const LabelSpace same({1, 1, 1, 1, 1, 1}, 2);
    for (const auto& [x, y] : same.principal_plane().points) EXPECT_EQ(std::hypot(x, y), 0);
}

class StylesTest : public ::testing::Test {
  protected:
    // Four maps; their vectors are (0, 0, …), (1, 0, …), (3, 0, …), (0, 9, …).
    void SetUp() override { write_network({}); }
    void write_network(const HeldOut& held_out) {
        std::vector<LabelEntry> entries;
        const char* mappers[] = {"Ann", "Bob", "Ann", "Cy"};
        for (int i = 0; i < 4; ++i)
            entries.push_back({{100 + i, 7, mappers[i], "band", i < 2 ? "first song" : "second song",
                                i == 3 ? "Ann's Hard" : "Hard", i == 1 ? "calm Piano" : "loud"},
                               i});
        CheckpointInfo info;
        info.config = {1, 32, 2, 4};
        info.held_out = held_out;
        info.labels = LabelIndex(entries);
        const ParameterLayout layout(info.config);
        std::vector<float> values(layout.size(), 0.1f);
        Checkpoint checkpoint;
        checkpoint.model = parameter_views(layout, values);
        const size_t width = 32;
        std::vector<float> rows(5 * width);
        rows[width] = 1;
        rows[2 * width] = 3;
        rows[3 * width + 1] = 9;
        checkpoint.model.at("y_embedder.embedding_table.weight").bytes = std::as_bytes(std::span(rows));
        set_metadata(checkpoint, info);
        ckpt_ = (folder_ / "a.safetensors").string();
        write_checkpoint(ckpt_, checkpoint);
    }
    std::vector<int> ids(const std::string& output) {
        std::vector<int> found;
        for (size_t at = 0; (at = output.find(" 10", at)) != std::string::npos; ++at)
            if (output[at + 4] == ' ') found.push_back(output[at + 3] - '0');
        return found;
    }
    std::string styles(std::vector<std::string> flags) {
        flags.insert(flags.begin(), {"styles", "--ckpt", ckpt_, "--threads", "1"});
        const test::CommandResult result = run_command(flags);
        EXPECT_EQ(result.error, "");
        return result.output;
    }

    test::TemporaryFolder folder_;
    std::string ckpt_;
};

TEST_F(StylesTest, SearchesByMapperTitleAndTag) {
    EXPECT_EQ(ids(styles({})), (std::vector{0, 1, 2, 3}));
    EXPECT_EQ(ids(styles({"--mapper", "ann"})), (std::vector{0, 2, 3})) << "a guest difficulty too";
    EXPECT_EQ(ids(styles({"--title", "SECOND"})), (std::vector{2, 3}));
    EXPECT_EQ(ids(styles({"--tag", "piano"})), (std::vector{1}));
    EXPECT_EQ(ids(styles({"--mapper", "Ann", "--title", "first"})), (std::vector{0}));
    EXPECT_NE(styles({"--limit", "1"}).find("and 3 more"), std::string::npos);
    EXPECT_EQ(ids(styles({"--mapper", "bo"})), (std::vector{1})) << "a part of a name does";
    const std::string mappers = styles({"--mappers"});
    EXPECT_NE(mappers.find("3  Ann\n"), std::string::npos) << mappers;
    EXPECT_NE(mappers.find("1  Bob\n"), std::string::npos) << mappers;
    EXPECT_EQ(nlohmann::json::parse(styles({"--json"}))["styles"].size(), 4u);
    EXPECT_EQ(nlohmann::json::parse(styles({"--mappers", "--json"}))["mappers"][0]["mapper"], "Ann");
}

// Of a mapper whom nobody knows, and of an index that knows no names at all.
TEST_F(StylesTest, StylesOfNobodyAreListed) {
    write_file(folder_ / "ids.json", "{\"100\": 0, \"102\": 2}");
    const std::string index = (folder_ / "ids.json").string();
    EXPECT_EQ(ids(styles({"--beatmap-idx", index})), (std::vector{0, 2}));
    EXPECT_NE(run_command({"styles", "--ckpt", ckpt_, "--beatmap-idx", index, "--mapper", "Ann"})
                  .error.find("none of 2 styles is found by --mapper \"Ann\""),
              std::string::npos);
    write_file(folder_ / "none.json", "{}");
    EXPECT_EQ(
        run_command({"styles", "--ckpt", ckpt_, "--beatmap-idx", (folder_ / "none.json").string()}).error,
        "the index has no styles");
    EXPECT_TRUE(contains_but_for_case("", "") && contains_but_for_case("Ann", "NN"));
    EXPECT_FALSE(contains_but_for_case("", "a"));
}

// However they are counted: the list of mappers, the search by a name or a part of it, and inspect.
TEST_F(StylesTest, CountsOfMappersAgree) {
    const std::string all = styles({"--mappers"});
    EXPECT_NE(all.find("2 mappers\n"), std::string::npos) << "Cy's only map is Ann's: " << all;
    for (const char* name : {"Ann", "ANN", "an"}) {
        EXPECT_NE(styles({"--mapper", name}).find("3 of 4 styles"), std::string::npos) << name;
        const std::string mappers = styles({"--mappers", "--mapper", name});
        EXPECT_NE(mappers.find("     3  Ann\n"), std::string::npos) << mappers;
    }
    const std::string inspected = run_command({"inspect", ckpt_}).output;
    EXPECT_NE(inspected.find("4 maps of 2 mappers: Ann (3), Bob (1)"), std::string::npos) << inspected;
}

TEST_F(StylesTest, TheNearestAreNearest) {
    EXPECT_EQ(ids(styles({"--similar-to", "100"})), (std::vector{0, 1, 2, 3}));
    EXPECT_EQ(ids(styles({"--similar-to", "102"})), (std::vector{2, 1, 0, 3}));
    EXPECT_EQ(ids(styles({"--similar-to", "102", "--mapper", "Ann"})), (std::vector{2, 0, 3}));
    EXPECT_EQ(ids(styles({"--outliers", "--limit", "2"})), (std::vector{3, 2}));
    const test::CommandResult unknown = run_command({"styles", "--ckpt", ckpt_, "--similar-to", "104"});
    EXPECT_NE(unknown.error.find("104"), std::string::npos);
    EXPECT_NE(unknown.hint.find("103"), std::string::npos);
}

TEST_F(StylesTest, WhatIsNearIsJsonToo) {
    write_network({.mappers = {mapper_hash("bob")}});
    const auto said = nlohmann::json::parse(
        styles({"--similar-to", "100", "--outliers", "--json", "--csv", (folder_ / "a.csv").string()}));
    EXPECT_EQ(said["similar"]["to"]["beatmap_id"], 100);
    ASSERT_EQ(said["similar"]["styles"].size(), 2u);
    EXPECT_EQ(said["similar"]["styles"][0]["beatmap_id"], 102);
    EXPECT_NEAR(said["similar"]["styles"][0]["distance"].get<double>(), 3, 1e-5);
    EXPECT_TRUE(said["similar"]["styles"][0].contains("cosine"));
    ASSERT_EQ(said["outliers"].size(), 3u);
    EXPECT_EQ(said["outliers"][0]["title"], "second song");
    const auto idle = run_command({"styles", "--ckpt", ckpt_, "--outliers", "--mappers"});
    EXPECT_NE(idle.warnings.find("--mappers changes nothing"), std::string::npos) << idle.warnings;
}

TEST_F(StylesTest, WhatWasNeverTrainedIsLikeNothing) {
    write_network({.mappers = {mapper_hash("bob")}});
    EXPECT_EQ(ids(styles({"--similar-to", "100"})), (std::vector{0, 2, 3}));
    EXPECT_EQ(ids(styles({"--outliers"})), (std::vector{3, 2, 0}));
    EXPECT_EQ(ids(styles({})), (std::vector{0, 1, 2, 3})) << "it is in the index all the same";
    EXPECT_NE(run_command({"styles", "--ckpt", ckpt_, "--similar-to", "101"}).error, "");
}

TEST_F(StylesTest, DrawsAndWritesTables) {
    const std::string picture = (folder_ / "a.svg").string(), table = (folder_ / "a.csv").string();
    styles({"--plot", picture, "--csv", table});
    EXPECT_NE(read_file(picture).find("<svg"), std::string::npos);
    const std::string csv = read_file(table);
    EXPECT_NE(csv.find("2,102,7,\"Ann\",\"band\",\"second song\",\"Hard\",\"loud\","), std::string::npos)
        << csv;
    EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 5);
}

TEST_F(StylesTest, SaysWhatIsMissing) {
    const test::CommandResult nobody = run_command({"styles", "--ckpt", ckpt_, "--mapper", "Nobody"});
    EXPECT_NE(nobody.error.find("none of 4 styles is found by --mapper \"Nobody\""), std::string::npos);
    EXPECT_NE(run_command({"styles", "--limit", "1"}).output.find("of 2712 styles"), std::string::npos)
        << "without a name it is the model that comes with the program";
    test::StableFolder stable(folder_ / "osu!");
    stable.add({.version = "Hard", .beatmap_id = 100, .set_id = 7}, 4.25);
    stable.write({{"Mine", {stable.maps()[0].md5}}});
    const std::string data = (folder_ / "data").string();
    const test::CommandResult built = run_command({"dataset",
                                                   "--from",
                                                   stable.path().string(),
                                                   "-o",
                                                   data,
                                                   "-c",
                                                   "Mine",
                                                   "-s",
                                                   "4,loved",
                                                   "-r",
                                                   "4",
                                                   "-t",
                                                   "4.5",
                                                   "-i",
                                                   "7",
                                                   "-x",
                                                   "7",
                                                   "-a",
                                                   "nobody,somebody",
                                                   "-m",
                                                   "osu",
                                                   "--threads",
                                                   "1"});
    EXPECT_EQ(built.error, "");
    EXPECT_NE(built.output.find("osu!stable"), std::string::npos);
    EXPECT_NE(built.output.find("added     1 map in 1 set"), std::string::npos) << built.output;
    EXPECT_NE(run_command({"styles", "--data-path", data, "--outliers"}).error.find("vectors"),
              std::string::npos);
    const std::string table = (folder_ / "d.csv").string();
    EXPECT_EQ(ids(run_command({"styles", "--data-path", data, "--tag", "some", "--csv", table}).output),
              std::vector{0});
    EXPECT_NE(read_file(table).find(",4.25\n"), std::string::npos) << "stars";
    EXPECT_NE(run_command({"dataset", "--from", data, "-o", data, "-s", "best"}).error.find("best"),
              std::string::npos);
    EXPECT_NE(run_command({"dataset", "--from", data}).error, "");
    fs::create_directory(folder_ / "empty");
    const test::CommandResult nothing =
        run_command({"dataset", "--from", (folder_ / "empty").string(), "-o", (folder_ / "none").string()});
    EXPECT_NE(nothing.error.find("no map"), std::string::npos) << nothing.error;
    EXPECT_EQ(run_command({"dataset", "--from", stable.path().string(), "-o", data, "-a", "nobody"}).error,
              "")
        << "it holds a map already";
}

}  // namespace
}  // namespace osu
