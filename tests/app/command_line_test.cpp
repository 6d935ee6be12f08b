// What a newcomer types: words made into declared ones, times of the editor, names that are nearly right.
#include "app/command_line.h"

#include <gtest/gtest.h>

#include "app/command.h"
#include "app/editor_time.h"
#include "app/sample_names.h"
#include "base/file.h"
#include "support/temporary_folder.h"

namespace osu {
namespace {

using Words = std::vector<std::string>;

Words declared(Words words) {
    CLI::App app;
    declare_command_line(app);
    return as_declared(app, std::move(words));
}

TEST(CommandLine, AMapAloneIsSampled) {
    EXPECT_EQ(declared({"map.osu"}), (Words{"sample", "map.osu"}));
    EXPECT_EQ(declared({"song.osz", "-s", "7"}), (Words{"sample", "song.osz", "-s", "7"}));
    const test::TemporaryFolder folder;
    EXPECT_EQ(declared({folder.path().string()}), (Words{"sample", folder.path().string()}));
}

TEST(CommandLine, FlagsAloneAreThoseOfSample) {
    EXPECT_EQ(declared({"-n", "4", "map.osu"}), (Words{"sample", "-n", "4", "map.osu"}));
    EXPECT_EQ(declared({"--steps", "3", "map.osu"}), (Words{"sample", "--steps", "3", "map.osu"}));
    EXPECT_EQ(declared({"-i", "map.osu"}), (Words{"sample", "-i", "map.osu"}));
    EXPECT_EQ(declared({"-h"}), Words{"-h"});
    const auto flag = test::run_command({"--variant"});
    EXPECT_NE(flag.error.find("no flag --variant"), std::string::npos) << flag.error;
    EXPECT_EQ(flag.hint, "did you mean --variants?");
}

TEST(CommandLine, ErrorsSayWhatWasTyped) {
    const auto error = [](Words words) {
        words.insert(words.begin(), {"sample", "x.osu"});
        return test::run_command(words).error;
    };
    EXPECT_EQ(error({"--fast", "--steps", "4"}), "--fast excludes --steps");
    EXPECT_EQ(error({"--steps", "4", "--fast"}), "--steps excludes --fast");
    EXPECT_EQ(error({"--style", "Fort", "--style-id", "5"}), "--style excludes --style-id");
    EXPECT_TRUE(error({"--from", "abc"}).starts_with("--from: abc is no time")) << error({"--from", "abc"});
    EXPECT_EQ(error({"-s", "1", "-s", "2"}), "-s is given 2 times");
    EXPECT_EQ(error({"--seed"}), "--seed needs a value");
    EXPECT_EQ(test::run_command({"sample"}).error, "sample needs a map");
    EXPECT_EQ(test::run_command({"inspect"}).error, "inspect needs a file");
}

TEST(CommandLine, HelpIsAVerbToo) {
    EXPECT_EQ(declared({}), Words{"--help"});
    EXPECT_EQ(declared({"help"}), Words{"--help"});
    EXPECT_EQ(declared({"help", "sample"}), (Words{"sample", "--help"}));
    EXPECT_EQ(declared({"sample", "help"}), (Words{"sample", "--help"}));
    EXPECT_EQ(declared({"--version"}), Words{"--version"});
}

TEST(CommandLine, FlagsAsPeopleTypeThem) {
    EXPECT_EQ(declared({"sample", "--beatmap_idx", "x", "--num_variants=2"}),
              (Words{"sample", "--beatmap-idx", "x", "--num-variants=2"}));
    EXPECT_EQ(declared({"sample", "--no-keep-spacing", "map.osu"}),
              (Words{"sample", "--keep-spacing=false", "map.osu"}));
    EXPECT_EQ(declared({"sample", "--no-osz"}), (Words{"sample", "--osz=false"}));
    EXPECT_EQ(declared({"sample", "--gif", "map.osu"}), (Words{"sample", "--gif=true", "map.osu"}));
    EXPECT_EQ(declared({"sample", "--gif", "False", "map.osu"}),
              (Words{"sample", "--gif", "False", "map.osu"}));
    EXPECT_EQ(declared({"sample", "--", "--odd_name.osu"}), (Words{"sample", "--", "--odd_name.osu"}));
}

TEST(CommandLine, TheVersionSaysWhatIsInside) {
    CLI::App app;
    declare_command_line(app);
    const std::string version = app.version();
    EXPECT_NE(version.find("osu-diffusion "), std::string::npos) << version;
    EXPECT_NE(version.find("CPU with "), std::string::npos) << version;
}

// The command lines of the reference's page, with the program's name in front.
TEST(CommandLine, TheReferencesOwn) {
    EXPECT_EQ(declared({"python", "sample.py", "--beatmap", "path to beatmap", "--ckpt", "DiT-B.pt"}),
              (Words{"sample", "--beatmap", "path to beatmap", "--ckpt", "DiT-B.pt"}));
    EXPECT_EQ(declared({"Mapperator.ConsoleApp.exe", "dataset", "-m", "Standard", "-s", "Ranked", "-i",
                        "200000", "-o", "folder"}),
              (Words{"dataset", "-m", "Standard", "-s", "Ranked", "-i", "200000", "-o", "folder"}));
    const Words train = {"train",
                         "--data-path",
                         "..\\all_ranked_sets_ever",
                         "--model",
                         "DiT-B",
                         "--num-workers",
                         "4",
                         "--epochs",
                         "100",
                         "--global-batch-size",
                         "256",
                         "--ckpt-every",
                         "20000",
                         "--seq-len",
                         "128",
                         "--dist",
                         "gloo"};
    Words typed = train;
    typed[0] = "train.py";
    EXPECT_EQ(declared(typed), train);
    for (const Words& line :
         {Words{"torchrun", "--nproc-per-node=1", "train.py"},
          Words{"train", "--nproc-per-node", "2", "--data-path", "x"}, Words{"train", "--nproc_per_node=2"}})
        EXPECT_NE(test::run_command(line).hint.find("mpirun -np"), std::string::npos);
}

TEST(CommandLine, TheNearestIsNamed) {
    const auto verb = test::run_command({"samle", "map.osu"});
    EXPECT_NE(verb.error.find("no verb samle"), std::string::npos) << verb.error;
    EXPECT_EQ(verb.hint, "did you mean sample?");
    const auto flag = test::run_command({"sample", "map.osu", "--variant", "3"});
    EXPECT_NE(flag.error.find("--variant"), std::string::npos) << flag.error;
    EXPECT_EQ(flag.hint, "did you mean --variants?");
    EXPECT_NE(test::run_command({"sample", "--xyzzy"}).hint.find("sample --help"), std::string::npos);
    EXPECT_NE(test::run_command({"frobnicate"}).hint.find("dataset"), std::string::npos);
    EXPECT_EQ(nearest_names("--sed", {"--steps", "--seed"}).front(), "--seed");
}

TEST(EditorTime, AsTheEditorWritesIt) {
    EXPECT_EQ(parse_editor_time("01:02:345").ms, 62345);
    EXPECT_EQ(parse_editor_time("1:02").ms, 62000);
    EXPECT_EQ(parse_editor_time("1:02.345").ms, 62345);
    EXPECT_EQ(parse_editor_time("1:02.5").ms, 62500);
    EXPECT_EQ(parse_editor_time("-0:01:500").ms, -1500);
    EXPECT_EQ(parse_editor_time("75:00:000").ms, 4500000);
    EXPECT_EQ(parse_editor_time("62345").ms, 62345);
    EXPECT_EQ(parse_editor_time("01:02:345 - ").ms, 62345);
    const EditorTime copied = parse_editor_time("01:02:345 (1,2,3) - look at this");
    EXPECT_EQ(copied.ms, 62345);
    EXPECT_EQ(copied.combo_numbers, (std::vector<int>{1, 2, 3}));
    for (const char* bad : {"", "x", "1:", ":2", "1:60", "1:02:1000", "1:02:45", "1:02.", "1:02.3456",
                            "1:2:3:4", "1:-2", "01:02:345 (1,2", "01:02:345 (a)", "nan", "inf", "1e300"})
        EXPECT_THROW(parse_editor_time(bad), Error) << bad;
    EXPECT_EQ(parse_editor_time("62345.5").ms, 62345.5);
    EXPECT_THROW(parse_editor_time("62.0"), Error);
    try {
        parse_editor_time("62.345");
        FAIL();
    } catch (const Error& error) {
        EXPECT_NE(error.hint().find("62"), std::string::npos);
        EXPECT_NE(error.hint().find("01:02:345"), std::string::npos) << error.hint();
    }
    EXPECT_EQ(format_editor_time(62345.9), "01:02:345");
}

TEST(EditorTime, FlagsTakeIt) {
    const auto fraction = test::run_command({"sample", "x.osu", "--from-ms", "62.345"}).error;
    EXPECT_NE(fraction.find("01:02:345"), std::string::npos) << fraction;
    for (const char* flag : {"--from-ms", "--from", "--to", "--plot-time"})
        EXPECT_NE(test::run_command({"sample", "absent.osu", flag, "01:02:345"}).error.find("absent.osu"),
                  std::string::npos);
}

TEST(EditorTime, FindsObjectsByTheirComboNumbers) {
    const Beatmap map = parse_beatmap(
        "osu file format v14\n[Difficulty]\nCircleSize:4\n[TimingPoints]\n0,500,4,2,1,60,1,0\n[HitObjects]\n"
        "0,0,1000,5,0\n0,0,1500,1,0\n0,0,2000,1,0\n0,0,2500,5,0\n0,0,3000,1,0\n256,192,3500,12,0,4000\n"
        "0,0,4500,1,0\n");
    const auto found = [&](const char* text) { return objects_of(map, parse_editor_time(text)); };
    EXPECT_EQ(found("00:01:000 (1,2)"), (std::vector<size_t>{0, 1}));
    EXPECT_EQ(found("00:01:500 (2,3,1,2)"), (std::vector<size_t>{1, 2, 3, 4}));
    EXPECT_THROW(found("00:02:500 (3)"), Error);
    try {
        found("00:01:200 (1,2)");
        FAIL() << "no object stands there";
    } catch (const Error& error) {
        EXPECT_NE(error.hint().find("00:01:000"), std::string::npos) << error.hint();
    }

    Selection selection;
    selection.section = "0:01..00:02:000";
    EXPECT_EQ(select_objects(map, selection), (std::vector<uint8_t>{1, 1, 1, 0, 0, 0, 0}));
    selection.section = "00:02:500 (1,2) - ";
    EXPECT_EQ(select_objects(map, selection), (std::vector<uint8_t>{0, 0, 0, 1, 1, 0, 0}));
    selection.section = "2:00";
    EXPECT_THROW(select_objects(map, selection), Error);
    selection.section = "";
    selection.objects = "00:01:500 (2,3) - ";
    EXPECT_EQ(select_objects(map, selection), (std::vector<uint8_t>{0, 1, 1, 0, 0, 0, 0}));
}

TEST(Names, DoNotGrow) {
    EXPECT_EQ(plain_version("Hard"), "Hard");
    EXPECT_EQ(plain_version("Diffusion Hard (seed 0)"), "Hard");
    EXPECT_EQ(plain_version("Diffusion Diffusion X (seed 7) (seed 0)"), "X");
    EXPECT_EQ(plain_version("Diffusion X (style 100, cfg 2, 1:02 to 1:15, seed 0) (2)"), "X");
    EXPECT_EQ(plain_version("Diffusion (seed 3)"), "");
    EXPECT_EQ(plain_version("Diffusion of light"), "Diffusion of light");
    EXPECT_EQ(plain_version("Diffusion (hard)"), "Diffusion (hard)");
}

TEST(Names, AreUnique) {
    const test::TemporaryFolder folder;
    write_file(folder / "a.osu", "osu file format v14\n[Metadata]\nVersion:Hard\n[HitObjects]\n");
    TakenVersions taken;
    taken.add_folder(folder.path());
    EXPECT_EQ(taken.take("hard"), "hard (2)");
    EXPECT_EQ(taken.take("Hard"), "Hard (3)");
    EXPECT_EQ(taken.take("Easy"), "Easy");
}

}  // namespace
}  // namespace osu
