#include <algorithm>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "app/command.h"
#include "archive/checkpoint.h"
#include "archive/pickle.h"
#include "archive/safetensors.h"
#include "base/file.h"
#include "beatmap/osz.h"
#include "support/database_writer.h"
#include "support/goldens.h"
#include "support/small_maps.h"
#include "support/temporary_folder.h"

namespace osu {
namespace {

using test::run_command;

::testing::AssertionResult has(const std::string& text, const std::vector<std::string>& parts) {
    for (const std::string& part : parts)
        if (text.find(part) == std::string::npos)
            return ::testing::AssertionFailure() << "\"" << part << "\" is not in:\n" << text;
    return ::testing::AssertionSuccess();
}

TEST(Inspect, Checkpoints) {
    SHARED_OR_SKIP(golden, "golden");
    for (const auto& [name, kind] : {std::pair{"checkpoint_tiny.pt", "PyTorch zip"},
                                     {"checkpoint_tiny_legacy.pt", "PyTorch stream"},
                                     {"checkpoint_tiny.safetensors", "safetensors"}}) {
        const auto result = run_command({"inspect", (golden / name).string()});
        EXPECT_EQ(result.error, "");
        EXPECT_TRUE(
            has(result.output, {kind, "depth 2, hidden 64, unknown heads, 10 classes", "model, EMA", "f32"}));
        if (std::string(kind) == "safetensors") continue;  // which counts the optimiser's state by number
        EXPECT_TRUE(has(result.output, {"optimiser (step 1)", "\"model\":\"DiT-T\""}));
    }
}

TEST(Inspect, OtherTensors) {
    const auto result = run_command({"inspect", test::test_data("schedules.safetensors").string()});
    EXPECT_EQ(result.error, "");
    EXPECT_TRUE(has(result.output, {"no osu-diffusion network", "f64, i64", "linear.betas f64 (1000)"}));
}

TEST(Inspect, Maps) {
    SHARED_OR_SKIP(edge, "edge");
    const auto result = run_command({"inspect", (edge / "Soleily - Renatus (Gamu) [Insane].osu").string()});
    EXPECT_EQ(result.error, "");
    EXPECT_TRUE(has(result.output, {"beatmap, osu!, format v14", "Soleily - Renatus [Insane]", "Gamu",
                                    "circles", "datapoints"}));
    EXPECT_TRUE(has(run_command({"inspect", (edge / "missing-header.osu").string()}).output,
                    {"Beatmap with no header"}));
    EXPECT_TRUE(has(run_command({"inspect", (edge / "sample-beatmap-mania.osu").string()}).output,
                    {"osu!mania", "holds"}));
}

// Every map has a summary, whatever is wrong with it.
TEST(Inspect, EveryMap) {
    SHARED_OR_SKIP(edge, "edge");
    for (const auto& entry : std::filesystem::directory_iterator(edge)) {
        const auto result = run_command({"inspect", entry.path().string()});
        EXPECT_TRUE(result.error.empty() != result.output.empty()) << entry.path() << ": " << result.error;
    }
}

TEST(Inspect, Databases) {
    SHARED_OR_SKIP(db, "db");
    EXPECT_TRUE(has(run_command({"inspect", (db / "osu-20210316.db").string()}).output,
                    {"osu!.db", "20210316", "in "}));
    EXPECT_TRUE(
        has(run_command({"inspect", (db / "osu-20250108.db").string()}).output, {"osu!.db", "20250108"}));
    EXPECT_TRUE(has(run_command({"inspect", (db / "collection-20210316.db").string()}).output,
                    {"collection.db", "20210316"}));
    EXPECT_TRUE(has(run_command({"inspect", (db / "collection-20200811-empty.db").string()}).output,
                    {"collection.db", "0 with 0 maps"}));
    test::TemporaryFolder folder;
    const std::string whole = read_file(db / "osu-20210316.db");
    write_file(folder / "cut.db", std::string_view(whole).substr(0, whole.size() / 2));
    const auto cut = run_command({"inspect", (folder / "cut.db").string()});
    EXPECT_TRUE(has(cut.error, {"cut.db", "maps"}));
    EXPECT_EQ(cut.output, "");
}

TEST(Inspect, Indices) {
    test::TemporaryFolder folder;
    write_file(folder / "a", pickle_int_map({{519007, 0}, {4000000, 1}}));
    write_file(folder / "b", "{\"519007\": 0, \"4000000\": 1}");
    for (const char* name : {"a", "b"})
        EXPECT_TRUE(has(run_command({"inspect", (folder / name).string()}).output,
                        {"index of beatmaps", "519007 to 4000000", "2"}));
}

TEST(Inspect, ErrorsNameTheFile) {
    test::TemporaryFolder folder;
    const auto error_of = [&](std::string_view content) {
        write_file(folder / "it", content);
        const auto result = run_command({"inspect", (folder / "it").string()});
        EXPECT_EQ(result.output, "");
        return result.error;
    };
    EXPECT_TRUE(has(error_of(""), {"it: the file is empty"}));
    EXPECT_TRUE(has(error_of("hello"), {"it is nothing that osu-diffusion knows"}));
    EXPECT_TRUE(has(error_of("PK\x03\x04 and no more of it than that"), {"it: the zip archive"}));
    EXPECT_TRUE(has(error_of("\x80\x02}"), {"it: ", "ends in the middle"}));
    EXPECT_TRUE(has(error_of("{\"a\": "), {"it: "}));
    EXPECT_TRUE(has(error_of(std::string("\x10\0\0\0\0\0\0\0{\"a\":1}        ", 24)), {"it: tensor \"a\""}));
    EXPECT_TRUE(has(run_command({"inspect", folder.path().string()}).error, {folder.path().string()}));
    EXPECT_TRUE(has(run_command({"inspect", "/absent"}).error, {"/absent"}));
}

// What other people wrote into a file does not steer the terminal.
TEST(Inspect, PrintsNoControlCharacters) {
    test::TemporaryFolder folder;
    write_file(folder / "map.osu", "osu file format v14\n[Metadata]\nTitle:a\x1b[31mb\n");
    const auto result = run_command({"inspect", (folder / "map.osu").string()});
    EXPECT_TRUE(has(result.output, {"a?[31mb"}));
    EXPECT_EQ(result.output.find('\x1b'), std::string::npos);
}

TEST(Inspect, Verifies) {
    test::TemporaryFolder folder;
    const std::vector<float> data = {1, 2, 3, 4};
    Checkpoint checkpoint;
    checkpoint.model = {{"a", {DType::f32, {2, 2}, std::as_bytes(std::span(data))}}};
    const std::string file = (folder / "a.safetensors").string();
    write_checkpoint(file, checkpoint);
    EXPECT_TRUE(has(run_command({"inspect", "--verify", file}).output, {"the digest is right"}));
    std::string bytes = read_file(file);
    bytes.back() ^= 4;
    write_file(file, bytes);
    EXPECT_EQ(run_command({"inspect", file}).error, "");
    EXPECT_TRUE(has(run_command({"inspect", "--verify", file}).error, {"damaged"}));
    EXPECT_TRUE(has(run_command({"convert", file, (folder / "b.pt").string()}).error, {"damaged"}));
}

TEST(Inspect, DatabasesThatAreNotRead) {
    test::TemporaryFolder folder;
    test::DatabaseWriter scores, presence;
    for (const int32_t number : {20210316, 1}) scores.value(number), presence.value(number);
    scores.string(std::string(32, 'a'));
    scores.value<int32_t>(0);
    presence.value<int32_t>(1234567);
    presence.string("somebody");
    presence.bytes.append(20, '\1');
    write_file(folder / "scores.db", scores.bytes);
    write_file(folder / "presence.db", presence.bytes);
    for (const char* name : {"scores.db", "presence.db"}) {
        const auto result = run_command({"inspect", (folder / name).string()});
        EXPECT_EQ(result.error, "");
        EXPECT_TRUE(has(result.output, {name, "not read"}));
    }
    // A first map that is damaged makes no collections of the others.
    std::string maps = test::write_osu_database(std::vector<DatabaseBeatmap>(2), {});
    std::fill(maps.begin() + 29, maps.begin() + 60, '\xff');
    write_file(folder / "osu!.db", maps);
    EXPECT_TRUE(has(run_command({"inspect", (folder / "osu!.db").string()}).error, {"0 of 2 maps"}));
}

TEST(Inspect, FailuresStandInTheJson) {
    test::TemporaryFolder folder;
    test::write_text(folder / "a.osu", test::text_of({.title = "a"}));
    const std::string map = (folder / "a.osu").string(), absent = (folder / "absent").string();
    const auto one = run_command({"inspect", "--json", absent});
    const auto said = nlohmann::json::parse(one.output);
    EXPECT_EQ(said[absent]["error"], one.error);
    EXPECT_EQ(one.error.find(absent), one.error.rfind(absent)) << "named once: " << one.error;
    const auto both = run_command({"inspect", "--json", absent, map});
    EXPECT_EQ(both.error, "1 of 2 could not be read");
    EXPECT_TRUE(nlohmann::json::parse(both.output)[absent].contains("error"));
    EXPECT_TRUE(nlohmann::json::parse(both.output)[map].contains("kind"));
}

TEST(Inspect, ValuesOfTheJsonAreNumbersAndLists) {
    test::TemporaryFolder folder;
    const std::string text = test::text_of({.version = "Hard", .title = "a", .beatmap_id = 4, .set_id = 40});
    const std::string map = (folder / "a.osu").string(), archive = (folder / "a.osz").string();
    test::write_text(folder / "a.osu", text);
    const OszArchive::NewEntry entry{"hard.osu", text};
    write_file(archive, make_osz({&entry, 1}));
    const auto said = nlohmann::json::parse(run_command({"inspect", "--json", map, archive}).output);
    EXPECT_EQ(said[map]["IDs"], (nlohmann::json{{"beatmap", 4}, {"set", 40}}));
    EXPECT_EQ(said[map]["objects"]["all"], read_beatmap(map).objects.size());
    EXPECT_TRUE(said[map]["objects"]["circles"].is_number()) << said[map];
    EXPECT_TRUE(said[map]["length"].is_number() && said[map]["difficulty"]["CS"].is_number());
    ASSERT_EQ(said[archive]["maps"].size(), 1u) << said[archive];
    EXPECT_EQ(said[archive]["maps"][0]["version"], "Hard");
    EXPECT_EQ(said[archive]["maps"][0]["beatmap_id"], 4);
}

// Sets without an ID are counted by their tracks, wherever they are counted.
TEST(Inspect, CountsSetsAsIndexDoes) {
    test::TemporaryFolder folder;
    for (const char* title : {"a", "b", "c"})
        for (const char* version : {"Easy", "Hard"})
            test::write_text(folder / "maps" / title / version / "map.osu",
                             test::text_of({.version = version, .title = title}));
    test::write_text(folder / "maps/d.osu", test::text_of({.title = "d", .beatmap_id = 4, .set_id = 40}));
    const std::string out = (folder / "out").string(), pack = (folder / "out/dataset.pack").string();
    ASSERT_EQ(run_command({"dataset", "--from", (folder / "maps").string(), "--out", out, "--pack"}).error,
              "");
    EXPECT_TRUE(has(run_command({"inspect", out}).output, {"7 in 4 sets"}));
    EXPECT_TRUE(has(run_command({"inspect", pack}).output, {"7 in 4 sets"}));
    EXPECT_TRUE(has(run_command({"index", out}).output, {"sets      4\n"}));
    const std::string one = (folder / "one").string();
    EXPECT_TRUE(has(run_command({"dataset", "--from", (folder / "maps/d.osu").string(), "--out", one}).output,
                    {"added     1 map in 1 set\n"}));
    EXPECT_TRUE(has(run_command({"inspect", one}).output, {"1 in 1 set\n"}));
}

}  // namespace
}  // namespace osu
