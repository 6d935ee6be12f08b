// What the verb sample writes, where, and under which names.
#include <fstream>
#include <set>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sys/wait.h>

#include "app/command.h"
#include "app/sample_fixture.h"
#include "app/sample_names.h"
#include "base/file.h"
#include "base/text.h"

namespace osu {
namespace {

namespace fs = std::filesystem;
using test::differences;
using test::map_text;
using Sample = test::SampleTest;

TEST_F(Sample, TakesANewNameUnlessToldToOverwrite) {
    for (int i = 0; i < 3; ++i) ASSERT_EQ(sample({}).error, "");
    const auto written = files("out");
    ASSERT_EQ(written.size(), 3u);
    EXPECT_EQ(written[0].filename(), "Artist - Song- part 1-2 (me) [Diffusion Hard (seed 0) (2)].osu");
    // The game shows two difficulties of one name. All else is the same: same seed, same threads.
    const auto changed = differences(written[0], written[1]);
    ASSERT_EQ(changed.size(), 1u);
    EXPECT_EQ(changed[0].first, "Version:Diffusion Hard (seed 0) (2)\r");
    EXPECT_EQ(changed[0].second, "Version:Diffusion Hard (seed 0) (3)\r");
    ASSERT_EQ(sample({"--overwrite", "--seed", "0"}).error, "");
    EXPECT_EQ(files("out").size(), 3u);
}

TEST_F(Sample, PicturesLeaveTheMapAlone) {
    ASSERT_EQ(sample({}, "plain").error, "");
    const std::string svg = (folder_ / "p.svg").string();
    ASSERT_EQ(sample({"--plot", svg, "--plot-time", "1400", "--plot-width", "500"}, "drawn").error, "");
    ASSERT_EQ(sample({"--make-animation", "True", "--plot-time", "900"}, "moving").error, "");
    ASSERT_EQ(sample({"--make-animation", "--plot-time", "900"}, "bare").error, "");
    ASSERT_EQ(sample({"--make-animation", "False"}, "still").error, "");
    ASSERT_EQ(sample({"--plot-time", "900", "--num-variants", "2"}, "beside").error, "");
    EXPECT_EQ(read_file(files("plain")[0]), read_file(files("drawn")[0]));
    EXPECT_EQ(read_file(files("plain")[0]), read_file(files("moving")[0]));
    EXPECT_NE(read_file(svg).find("<svg"), std::string::npos);
    ASSERT_EQ(files("moving", ".gif").size(), 1u);
    EXPECT_EQ(files("bare", ".gif").size(), 1u);
    EXPECT_EQ(files("still", ".gif").size(), 0u);
    EXPECT_EQ(read_file(files("moving", ".gif")[0]).substr(0, 4), "GIF8");
    ASSERT_EQ(files("beside", ".png").size(), 1u);
    EXPECT_EQ(read_file(files("beside", ".png")[0]).substr(1, 3), "PNG");
    EXPECT_TRUE(files("plain", ".png").empty() && files("drawn", ".png").empty());
}

TEST_F(Sample, Archives) {
    std::string easy = map_text;
    easy.replace(easy.find("Version:Hard"), 12, "Version:Easy");
    easy.replace(easy.find("BeatmapID:77"), 12, "BeatmapID:78");
    const fs::path archive = folder_ / "7 Artist - Song.osz";
    std::ofstream(archive, std::ios::binary)
        << std::string("PK\5\6") + std::string(18, '\0');  // an empty zip
    OszArchive(archive).write_with(archive, "hard.osu", map_text);
    OszArchive(archive).write_with(archive, "easy.osu", easy);
    const auto from = [&](std::vector<std::string> flags, const std::string& out) {
        flags.insert(flags.begin(), {"sample", "--beatmap", archive.string(), "--ckpt",
                                     (folder_ / "net.safetensors").string(), "--num-sampling-steps", "2",
                                     "--out", (folder_ / out).string()});
        return test::run_command(flags);
    };
    const auto unnamed = from({}, "none");
    EXPECT_NE((unnamed.error + unnamed.hint).find("Easy"), std::string::npos)
        << unnamed.error << unnamed.hint;
    EXPECT_EQ(from({"--difficulty", "all"}, "all").error, "");
    EXPECT_EQ(files("all").size(), 2u);
    EXPECT_EQ(from({"--difficulty", "eas"}, "part").error, "");
    ASSERT_EQ(from({"--difficulty", "78", "--osz", "--num-variants", "2"}, "out").error, "");
    EXPECT_EQ(files("out").size(), 2u);
    ASSERT_EQ(files("out", ".osz").size(), 1u);
    const OszArchive made(files("out", ".osz")[0]);
    ASSERT_EQ(made.entries().size(), 4u);
    EXPECT_EQ(made.read("hard.osu"), map_text);
    EXPECT_EQ(made.read(files("out")[1].filename().string()), read_file(files("out")[1]));
    EXPECT_EQ(OszArchive(archive).entries().size(), 2u);  // the source stays
    ASSERT_EQ(from({"--difficulty", "Hard", "--osz"}, "out").error, "");
    ASSERT_EQ(files("out", ".osz").size(), 1u);  // what it made before is gone on with
    EXPECT_EQ(OszArchive(files("out", ".osz")[0]).entries().size(), 5u);

    const fs::path deep = folder_ / "deep.olz";
    fs::copy_file(archive, deep);
    std::string other = easy;
    other.replace(other.find("Version:Easy"), 12, "Version:Deep");
    OszArchive(archive).write_with(deep, "folder/map.osu", other);
    const auto in_folder = test::run_command(
        {"sample", "--beatmap", deep.string(), "--ckpt", (folder_ / "net.safetensors").string(),
         "--num-sampling-steps", "2", "--out", (folder_ / "deep").string(), "--difficulty", "Deep", "--osz"});
    ASSERT_EQ(in_folder.error, "");
    const OszArchive beside(files("deep", ".olz").at(0));
    EXPECT_TRUE(beside.entries().back().name.starts_with("folder/")) << beside.entries().back().name;

    const auto plot = [&](std::vector<std::string> flags) {
        flags.insert(flags.begin(), {"plot", "--out", (folder_ / "p.svg").string(), "--beatmap"});
        return test::run_command(flags);
    };
    EXPECT_EQ(plot({archive.string(), map_.string(), "--difficulty", "Easy"}).error, "");
    EXPECT_NE(read_file(folder_ / "p.svg").find("<svg"), std::string::npos);
    EXPECT_NE(plot({archive.string()}).hint.find("Easy"), std::string::npos) << plot({archive.string()}).hint;
    const auto unwatched = test::run_command({"sample", archive.string(), "--watch", "--difficulty", "Easy"});
    EXPECT_TRUE(unwatched.error.starts_with("--watch")) << unwatched.error;
    write_file(folder_ / "empty.osz", std::string("PK\5\6") + std::string(18, '\0'));
    EXPECT_TRUE(
        test::run_command({"sample", (folder_ / "empty.osz").string()}).error.ends_with("holds no map"));
    EXPECT_NE(plot({map_.string(), "--difficulty", "Easy"}).warnings.find("--difficulty changes nothing"),
              std::string::npos);
}

TEST(CleanName, FitsEverySystem) {
    EXPECT_EQ(clean_name("a/b\\c?d%e*f:g|h\"i<j>k\tl", 99), "a-b-c-d-e-f-g-h-i-j-k-l");
    EXPECT_EQ(clean_name(" ..name. ", 99), "name");
    EXPECT_EQ(clean_name("..", 99), "untitled");
    EXPECT_EQ(clean_name("", 99), "untitled");
    EXPECT_EQ(clean_name("ありがとう", 10), "ありが");  // three bytes each
}

TEST_F(Sample, WhereItIsWritten) {
    const fs::path one = folder_ / "one.osu";
    ASSERT_EQ(sample({}, "one.osu").error, "");
    EXPECT_EQ(read_beatmap(one).metadata.version, "Diffusion Hard (seed 0)");
    EXPECT_NE(sample({}, "one.osu").error.find("there already"), std::string::npos);
    EXPECT_EQ(sample({"--overwrite"}, "one.osu").error, "");
    EXPECT_NE(sample({"-n", "2"}, "two.osu").error.find("2 variants"), std::string::npos);
    // A placement of a placement, named by hand or not, stays with its set.
    const fs::path source = map_;
    map_ = one;
    ASSERT_EQ(sample({"--seed", "4"}).error, "");
    ASSERT_EQ(sample({"--version-name", "Mine"}).error, "");
    map_ = source;
    const auto written = files("out");
    ASSERT_EQ(written.size(), 2u);
    EXPECT_EQ(written[0].parent_path().filename(), "7 Artist - Song- part 1-2");
    EXPECT_EQ(read_beatmap(written[0]).metadata.version, "Diffusion Hard (seed 4)");
    EXPECT_EQ(read_beatmap(written[1]).metadata.version, "Mine");
}

TEST_F(Sample, BesideTheSource) {
    write_file(folder_ / "Songs/7/hard.osu", map_text);
    const auto result = test::run_command({"sample", (folder_ / "Songs/7/hard.osu").string(), "--in-place",
                                           "--section", "0:01..0:02", "--steps", "2", "--threads", "1",
                                           "--ckpt", (folder_ / "net.safetensors").string()});
    ASSERT_EQ(result.error, "");
    EXPECT_NE(result.output.find("F5"), std::string::npos);
    const fs::path made =
        folder_ / "Songs/7/Artist - Song- part 1-2 (me) [Diffusion Hard (0-01 to 0-01, seed 0)].osu";
    ASSERT_TRUE(fs::exists(made)) << result.output;
    EXPECT_EQ(read_file(folder_ / "Songs/7/hard.osu"), map_text);
    EXPECT_FALSE(fs::exists(folder_ / "results"));
}

TEST_F(Sample, ManyMapsAndOneThatIsBroken) {
    std::string easy = map_text, taiko = map_text;
    easy.replace(easy.find("Version:Hard"), 12, "Version:Fort's Light Insane");
    taiko.replace(taiko.find("Mode: 0"), 7, "Mode: 1");
    write_file(folder_ / "set/easy.osu", easy);
    write_file(folder_ / "set/hard.osu", map_text);
    write_file(folder_ / "set/taiko.osu", taiko);
    write_file(folder_ / "set/broken.osu", "nothing");
    write_file(folder_ / "set/empty.osz", "");
    const fs::path source = map_;
    map_ = folder_ / "set";
    const auto all = sample({"--json"}, "all");
    EXPECT_EQ(all.error, "2 of 4 maps could not be placed");
    const auto times_said = [&](const std::string& name) {
        std::istringstream lines(all.warnings);
        size_t count = 0;
        for (std::string line; std::getline(lines, line);)
            if (line.starts_with("error:"))
                for (size_t at = 0; (at = line.find(name, at)) != line.npos; ++at) ++count;
        return count;
    };
    EXPECT_EQ(times_said("broken.osu"), 1u) << all.warnings;
    EXPECT_EQ(times_said("empty.osz"), 1u) << all.warnings;
    const auto said = nlohmann::json::parse(all.output);
    ASSERT_EQ(said["written"].size(), 2u);
    EXPECT_EQ(said["failed"].size(), 2u);
    EXPECT_TRUE(fs::exists(said["written"][0]["maps"][0]["file"].get<std::string>()));
    EXPECT_EQ(files("all").size(), 2u);
    ASSERT_EQ(sample({"--difficulty", "light", "--quiet"}, "part").error, "");
    EXPECT_EQ(files("part").size(), 1u);
    EXPECT_EQ(sample({"--difficulty", "all"}, "every").error, "2 of 4 maps could not be placed");
    map_ = source;
    EXPECT_EQ(sample({"--difficulty", "all"}, "one").error, "") << "of a map alone it is that map";
    const auto typed = sample({"--difficulty", "all", (folder_ / "set/empty.osz").string()}, "typed");
    EXPECT_EQ(typed.error, "1 of 2 maps could not be placed");
    EXPECT_EQ(files("typed").size(), 1u);
    const auto quiet = sample({"--quiet"}, "quiet");
    EXPECT_EQ(quiet.output + quiet.warnings, "");
}

TEST_F(Sample, AFailureIsOneJsonObject) {
    for (const char* flag : {"--objects=99", "--no-such-flag", "--from=abc"}) {
        const auto result = sample({"--json", flag});
        EXPECT_NE(result.error, "");
        const auto said = nlohmann::json::parse(result.output);
        EXPECT_EQ(said["error"], result.error) << flag;
        EXPECT_EQ(said["hint"], result.hint) << flag;
    }
    EXPECT_EQ(sample({"--objects=99"}).output, "");
    EXPECT_EQ(sample({"--objects=99", "--", "--json"}).output.find("\"error\""), std::string::npos)
        << "a file";
}

TEST_F(Sample, APictureOfASectionHasTheSourceBesideIt) {
    const std::string svg = (folder_ / "p.svg").string();
    const auto width = [&](std::vector<std::string> flags) {
        flags.insert(flags.end(), {"--plot", svg});
        EXPECT_EQ(sample(flags).error, "");
        const std::string text = read_file(svg);
        return std::stod(text.substr(text.find("width=\"") + 7));
    };
    EXPECT_GT(width({"--section", "0:01..0:02"}), 1.5 * width({}));
}

TEST_F(Sample, NamesOfNothingAreRefusedBeforeTheWork) {
    for (const std::string flag :
         {"--version-name=   ", "--version-name=a\nb",
          "--style=", "--style-mapper= ", "--section=", "--objects= ", "--section=..", "--section=0:01..x"}) {
        const auto result = sample({flag}, "none");
        EXPECT_TRUE(result.error.starts_with(flag.substr(0, flag.find('=')))) << flag << ": " << result.error;
        EXPECT_EQ(result.output, "") << "nothing was placed";
    }
}

TEST_F(Sample, LongNamesStillFit) {
    std::string text = map_text;
    text.replace(text.find("Title:"), 6, "Title:" + std::string(400, 'x'));
    text.replace(text.find("Version:"), 8, "Version:" + std::string(400, 'y'));
    write_file(map_, text);
    ASSERT_EQ(sample({"--num-variants", "2", "--make-animation"}).error, "");
    ASSERT_EQ(files("out").size(), 2u);
    EXPECT_NE(files("out")[1].filename().string().find("(seed 1)].osu"), std::string::npos);
}

TEST_F(Sample, NamesThatCannotBeAreFoundBeforeTheWork) {
    for (const std::string& name : {std::string(300, 'n'), std::string(300, 'n') + ".osu"}) {
        const auto result = sample({}, name);
        EXPECT_NE(result.error.find("name too long"), std::string::npos) << result.error;
        EXPECT_EQ(result.output, "") << "nothing was placed";
    }
    const auto plot = sample({"--plot", (folder_ / (std::string(300, 'n') + ".png")).string()});
    EXPECT_NE(plot.error.find("name too long"), std::string::npos) << plot.error;
    EXPECT_EQ(plot.output, "");
}

// Those that run side by side choose their names one after the other, and all get into the archive.
TEST_F(Sample, ManyAtOnceTakeNoNameTwice) {
    const fs::path program = fs::read_symlink("/proc/self/exe").parent_path() / "osu-diffusion";
    if (!fs::exists(program)) GTEST_SKIP() << "the program is not built";
    const fs::path archive = folder_ / "song.osz";
    std::ofstream(archive, std::ios::binary)
        << std::string("PK\5\6") + std::string(18, '\0');  // an empty zip
    OszArchive(archive).write_with(archive, "hard.osu", map_text);
    const std::string line = "for i in 1 2 3 4 5 6; do '" + program.string() + "' sample '" +
                             archive.string() + "' --osz --steps 2 --threads 1 --ckpt '" +
                             (folder_ / "net.safetensors").string() + "' --out '" +
                             (folder_ / "out").string() + "' >/dev/null & done; wait";
    ASSERT_EQ(std::system(line.c_str()), 0);
    const auto written = files("out");
    ASSERT_EQ(written.size(), 6u);
    std::set<std::string> versions;
    for (const fs::path& path : written) versions.insert(read_beatmap(path).metadata.version);
    EXPECT_EQ(versions.size(), 6u);
    ASSERT_EQ(files("out", ".osz").size(), 1u);
    EXPECT_EQ(OszArchive(files("out", ".osz")[0]).entries().size(), 7u);
}

TEST_F(Sample, ExitStatus) {
    const fs::path program = fs::read_symlink("/proc/self/exe").parent_path() / "osu-diffusion";
    if (!fs::exists(program)) GTEST_SKIP() << "the program is not built";
    const auto status = [&](const std::string& flags) {
        const int code =
            std::system(("'" + program.string() + "' sample " + flags + " >/dev/null 2>&1").c_str());
        return WIFEXITED(code) ? WEXITSTATUS(code) : -1;
    };
    const std::string ckpt = " --threads 1 --num-sampling-steps 2 --ckpt '" +
                             (folder_ / "net.safetensors").string() + "' --out '" +
                             (folder_ / "out").string() + "' --beatmap ";
    EXPECT_EQ(status(ckpt + "'" + map_.string() + "'"), 0);
    EXPECT_EQ(status(ckpt + "absent.osu"), 1);
    EXPECT_EQ(status(ckpt + "'" + map_.string() + "' --no-such-flag"), 1);
    EXPECT_EQ(status("--help"), 0);
}

}  // namespace
}  // namespace osu
