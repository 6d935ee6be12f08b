// Which maps of files, archives and folders the verb sample places.
#include "app/map_choice.h"

#include <fstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "app/sample_fixture.h"
#include "beatmap/osz.h"

namespace osu {
namespace {

namespace fs = std::filesystem;
using test::map_text;

std::string map_named(const std::string& version) {
    std::string text = map_text;
    text.replace(text.find("Version:Hard"), 12, "Version:" + version);
    return text;
}

// Maps of two difficulties, of which the second's data are overwritten.
std::string half_damaged_archive() {
    std::string bytes = make_osz(
        std::vector<OszArchive::NewEntry>{{"good.osu", map_named("Good")}, {"bad.osu", map_named("Bad")}});
    const size_t name = bytes.find("bad.osu");
    bytes.replace(name + 40, 60, std::string(60, '\xff'));
    return bytes;
}

class MapChoiceTest : public test::SampleTest {
  protected:
    ChosenMaps choose(const std::string& difficulty = {}) {
        const std::vector<std::string> paths{(folder_ / "songs").string()};
        return choose_maps(paths, difficulty, folder_ / "songs/results");
    }
    static std::vector<std::string> names(const ChosenMaps& chosen) {
        std::vector<std::string> names;
        for (const MapChoice& map : chosen.maps) names.push_back(fs::path(map.path).filename());
        return names;
    }
    test::CommandResult place(std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), "sample");
        arguments.insert(arguments.end(), {"--ckpt", (folder_ / "net.safetensors").string(), "--steps", "2",
                                           "--threads", "1", "--out", (folder_ / "out").string()});
        return test::run_command(arguments);
    }
};

TEST_F(MapChoiceTest, ResultsOfAFolderAreLeftOut) {
    write_file(folder_ / "songs/7/hard.osu", map_text);
    const auto in_place = [&] {
        return test::run_command({"sample", (folder_ / "songs").string(), "--in-place", "--steps", "2",
                                  "--threads", "1", "--ckpt", (folder_ / "net.safetensors").string()});
    };
    EXPECT_EQ(in_place().output.find("left out"), std::string::npos);
    EXPECT_NE(in_place().output.find("1 result of this program left out"), std::string::npos);
    EXPECT_NE(in_place().output.find("2 results of this program left out"), std::string::npos);
    EXPECT_EQ(files("songs").size(), 4u) << "one more a time";
    // In archives, too; and what lies where results go, whatever its name.
    write_file(folder_ / "songs/set.osz",
               make_osz(std::vector<OszArchive::NewEntry>{
                   {"a.osu", map_named("Easy")}, {"b.osu", map_named("Diffusion Easy (seed 3) (2)")}}));
    write_file(folder_ / "songs/results/7/named.osu", map_named("Mine"));
    const ChosenMaps chosen = choose();
    EXPECT_EQ(names(chosen), (std::vector<std::string>{"hard.osu", "set.osz"}));
    EXPECT_EQ(chosen.results, 5u);
    // What is given as a file is placed.
    const std::string result = files("songs")[0].string();
    EXPECT_EQ(choose_maps(std::vector{result}, "", "").maps.size(), 1u);
    EXPECT_EQ(choose_maps(std::vector{(folder_ / "songs/set.osz").string()}, "all", "").maps.size(), 2u);
    fs::remove(folder_ / "songs/7/hard.osu");
    fs::remove(folder_ / "songs/set.osz");
    fs::remove_all(folder_ / "songs/results");
    const auto none = in_place();
    EXPECT_NE(none.error.find("has no map"), std::string::npos) << none.error;
    EXPECT_NE(none.hint.find("are results of this program"), std::string::npos) << none.hint;
}

TEST_F(MapChoiceTest, ADamagedMapOfAnArchiveIsAFailure) {
    write_file(folder_ / "songs/set.osz", half_damaged_archive());
    const std::string archive = (folder_ / "songs/set.osz").string();
    for (const std::vector<std::string>& arguments :
         {std::vector<std::string>{archive, "--difficulty", "all"}, {(folder_ / "songs").string()}}) {
        auto with_json = arguments;
        with_json.push_back("--json");
        const auto result = place(with_json);
        EXPECT_EQ(result.error, "1 of 2 maps could not be placed");
        EXPECT_NE(result.warnings.find("bad.osu"), std::string::npos) << result.warnings;
        const auto said = nlohmann::json::parse(result.output);
        EXPECT_EQ(said["written"].size(), 1u);
        ASSERT_EQ(said["failed"].size(), 1u);
        EXPECT_NE(said["failed"][0]["error"].get<std::string>().find("bad.osu"), std::string::npos);
    }
    // The only one that can be read is taken, and the other is named.
    const auto alone = place({archive});
    EXPECT_EQ(alone.error, "");
    EXPECT_NE(alone.warnings.find("bad.osu is left out"), std::string::npos) << alone.warnings;
    const auto gone = place({archive, "--difficulty", "bad.osu"});
    EXPECT_NE(gone.error.find("damaged"), std::string::npos) << gone.error;
}

TEST_F(MapChoiceTest, ALinkThatLeadsRoundDoesNotEndTheOthers) {
    write_file(folder_ / "songs/hard.osu", map_text);
    fs::create_symlink("round.osu", folder_ / "songs/round.osu");
    fs::create_symlink("loop", folder_ / "songs/loop");
    const auto result = place({(folder_ / "songs").string()});
    EXPECT_EQ(result.error, "1 of 2 maps could not be placed");
    EXPECT_NE(result.warnings.find("round.osu"), std::string::npos) << result.warnings;
    EXPECT_NE(result.warnings.find("warning: cannot read " + (folder_ / "songs/loop").string()),
              std::string::npos)
        << result.warnings;
    EXPECT_EQ(files("out").size(), 1u);
    EXPECT_EQ(names(choose("hard")), std::vector<std::string>{"hard.osu"});
    const std::string loop = (folder_ / "songs/round.osu").string();
    const auto named = place({loop, (folder_ / "songs/hard.osu").string()});
    EXPECT_EQ(named.error, "1 of 2 maps could not be placed");
    EXPECT_EQ(test::run_command({"inspect", loop, (folder_ / "songs/hard.osu").string()}).error,
              "1 of 2 could not be read");
    EXPECT_NE(test::run_command({(folder_ / "songs/loop").string()}).error.find("loop"), std::string::npos);
    fs::remove(folder_ / "songs/hard.osu");
    fs::remove(folder_ / "songs/round.osu");
    const auto none = place({(folder_ / "songs").string()});
    EXPECT_TRUE(none.hint.starts_with("cannot read " + (folder_ / "songs/loop").string())) << none.hint;
}

TEST_F(MapChoiceTest, AFolderThatCannotBeReadIsTold) {
    if (::geteuid() == 0) GTEST_SKIP() << "root may read all";
    write_file(folder_ / "songs/hard.osu", map_text);
    write_file(folder_ / "songs/locked/map.osu", map_text);
    fs::permissions(folder_ / "songs/locked", fs::perms::none);
    const auto result = place({(folder_ / "songs").string(), "--quiet"});
    EXPECT_EQ(result.error, "");
    EXPECT_EQ(result.warnings,
              "warning: cannot read " + (folder_ / "songs/locked").string() + ": Permission denied\n");
    EXPECT_NE(place({(folder_ / "songs/locked").string()}).error.find("Permission denied"),
              std::string::npos);
    fs::permissions(folder_ / "songs/locked", fs::perms::owner_all);
}

}  // namespace
}  // namespace osu
