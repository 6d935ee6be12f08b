// Dataset folders built from maps lying about.
#include "data/dataset_builder.h"

#include <algorithm>
#include <chrono>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/parallel.h"
#include "beatmap/beatmap.h"
#include "beatmap/osu_db.h"
#include "data/dataset_fixture.h"
#include "data/dataset_folder.h"
#include "data/taken_map.h"
#include "support/goldens.h"

namespace osu {
namespace {

namespace fs = std::filesystem;
using test::DatasetTest;
using test::text_of;
using test::write_text;

TEST_F(DatasetTest, TakesMapsAndSaysWhatItLeftOut) {
    write_maps();
    const DatasetReport report = build();
    EXPECT_EQ(report.maps_found, 12u);
    EXPECT_EQ(report.maps_added, 6u);
    EXPECT_EQ(report.sets_added, 4u);
    EXPECT_EQ(report.skipped_by_reason(),
              (std::map<std::string, uint64_t>{
                  {"cannot be read", 1}, {"duplicate", 1}, {"no hit objects", 1}, {"not a beatmap", 1}}));
    EXPECT_EQ(report.filtered, (std::map<std::string, uint64_t>{{"another mode", 2}}));
    const std::string json = read("dataset-report.json");
    for (const char* name : {"empty.osu", "notes.osu", "bad.osz", "a copy.osu"})
        EXPECT_NE(json.find(name), std::string::npos) << name;
    EXPECT_NE(json.find("\"another mode\": 2"), std::string::npos);

    // Sets by their ID, the unknown last; maps of a set by density.
    std::vector<std::string> names;
    for (const auto& entry : fs::recursive_directory_iterator(folder_ / "out"))
        if (entry.path().extension() == ".osu")
            names.push_back(fs::relative(entry.path(), folder_ / "out").string());
    std::sort(names.begin(), names.end());
    EXPECT_EQ(names, (std::vector<std::string>{
                         "Track00000/beatmaps/000000M000.osu", "Track00001/beatmaps/000001M000.osu",
                         "Track00001/beatmaps/000002M001.osu", "Track00002/beatmaps/000003M000.osu",
                         "Track00002/beatmaps/000004M001.osu", "Track00003/beatmaps/000005M000.osu"}));
    const int64_t set_ids[] = {33, 44, 77, -1};
    for (uint32_t track = 0; track < 4; ++track)
        EXPECT_EQ(parse_track_metadata(read(track_name(track) + "/metadata.json")).set_id, set_ids[track]);
    EXPECT_NE(read("Track00002/beatmaps/000003M000.osu").find("Version:Easy"), std::string::npos);
    EXPECT_NE(read("Track00002/beatmaps/000004M001.osu").find("Version:Hard"), std::string::npos);
}

TEST_F(DatasetTest, WritesTheMetadataOfTheReference) {
    write_maps();
    build();
    const TrackMetadata track = parse_track_metadata(read("Track00002/metadata.json"));
    EXPECT_EQ(track.set_id, 77);
    EXPECT_EQ(track.artist, "band");
    EXPECT_EQ(track.title, "song");
    EXPECT_EQ(track.creator, "somebody");
    EXPECT_EQ(track.source, "film");
    EXPECT_EQ(track.tags, "some tags");
    EXPECT_EQ(track.audio_file, "audio.ogg");
    EXPECT_EQ(track.map_dir, "beatmaps");
    ASSERT_EQ(track.beatmaps.size(), 2u);
    TrackBeatmap easy;
    easy.name = "000003M000";
    easy.index = 3;
    easy.beatmap_id = 11;
    easy.difficulty = "Easy";
    easy.drain_time = 59;
    easy.total_time = 61000;
    easy.circles = 40;
    easy.spinners = 1;
    easy.cs = 4.2f;
    easy.ar = 9.3f;
    easy.od = 8;
    easy.hp = 5;
    easy.slider_velocity = 1.4;
    easy.stack_leniency = 0.5f;
    easy.md5 = track.beatmaps[0].md5;
    EXPECT_EQ(track.beatmaps[0], easy);
    EXPECT_EQ(track.beatmaps[1].drain_time, 9);  // 39 · 250 ms without the break of 100
    EXPECT_EQ(track.beatmaps[1].total_time, 10750);
    EXPECT_EQ(to_json(track), read("Track00002/metadata.json"));
    EXPECT_NE(read("Track00002/metadata.json").find("\"CircleSize\": 4.2,"), std::string::npos)
        << "shortest digits";
}

TEST_F(DatasetTest, Md5IsThatOfTheSourceFile) {
    write_text(folder_ / "maps" / "a.osu", "osu file format v14\n\n[HitObjects]\n1,2,3,1,0\n");
    build();
    // printf 'osu file format v14\n\n[HitObjects]\n1,2,3,1,0\n' | md5sum
    EXPECT_EQ(parse_track_metadata(read("Track00000/metadata.json")).beatmaps.at(0).md5,
              "94a0585dc0a1022f3f6c0b50a149e21c");
}

TEST_F(DatasetTest, StripsTheStoryboardAndKeepsEveryOtherByte) {
    write_maps();
    build();
    EXPECT_EQ(
        read("Track00002/beatmaps/000004M001.osu"),
        text_of(
            {.version = "Hard", .beatmap_id = 12, .set_id = 77, .circles = 40, .events = test::stripped}));
    EXPECT_EQ(read("Track00002/beatmaps/000003M000.osu"),
              read_file(folder_ / "maps" / "77 band - song" / "easy.osu"));
    // The set ID comes from the archive's name where the map has none.
    const Beatmap map = parse_beatmap(read("Track00001/beatmaps/000001M000.osu"));
    EXPECT_EQ(map.metadata.set_id, 44);
}

TEST_F(DatasetTest, AddsWhatIsNewAndLetsTheRestStand) {
    write_maps();
    build();
    std::map<std::string, std::string> before;
    for (const FolderMap& map : read_dataset_folder(folder_ / "out").maps) before[map.path] = read(map.path);
    ASSERT_EQ(before.size(), 6u);
    const DatasetReport again = build();
    EXPECT_EQ(again.maps_added, 0u);
    EXPECT_EQ(again.maps_already_there, 7u);  // the copy too

    write_text(folder_ / "maps" / "new.osu", text_of({.version = "Extra", .beatmap_id = 13, .set_id = 77}));
    write_text(folder_ / "maps" / "first.osu", text_of({.version = "First", .beatmap_id = 1, .set_id = 1}));
    write_text(folder_ / "out" / ".Track00004.part" / "beatmaps" / "000006M000.osu",
               "a killed run left this");
    const DatasetReport more = build();
    EXPECT_EQ(more.maps_added, 2u);
    EXPECT_EQ(more.maps_in_dataset, 8u);
    EXPECT_FALSE(fs::exists(folder_ / "out" / ".Track00004.part"));
    const DatasetFolder dataset = read_dataset_folder(folder_ / "out");
    ASSERT_EQ(dataset.maps.size(), 8u);
    EXPECT_TRUE(dataset.problems.empty());
    EXPECT_EQ(dataset.tracks, 6u);
    for (size_t i = 0; i < dataset.maps.size(); ++i)
        EXPECT_EQ(dataset.maps[i].label, static_cast<int32_t>(i));
    EXPECT_EQ(dataset.maps[6].set_id, 1);
    EXPECT_EQ(dataset.maps[7].beatmap_id, 13);
    for (const auto& [path, text] : before) EXPECT_EQ(read(path), text);
}

TEST_F(DatasetTest, ReadsNothingBelowItsOutput) {
    write_maps();
    const fs::path maps = folder_ / "maps";
    build_dataset({.sources = {recognise_source(maps)}, .out = maps / "out"});
    const DatasetReport again = build_dataset({.sources = {recognise_source(maps)}, .out = maps / "out"});
    EXPECT_EQ(again.maps_found, 12u);
    EXPECT_EQ(again.maps_added, 0u);
    fs::create_directory_symlink(maps / "out", folder_ / "link");
    EXPECT_EQ(build_dataset({.sources = {recognise_source(maps)}, .out = folder_ / "link"}).maps_found, 12u);
}

TEST_F(DatasetTest, IsNoSourceOfItself) {
    write_maps();
    build();
    const fs::path out = folder_ / "out";
    fs::create_directory_symlink(out, folder_ / "link");
    const auto refusal = [&](const fs::path& from, const fs::path& to) -> std::string {
        try {
            build_dataset({.sources = {recognise_source(from)}, .out = to});
        } catch (const Error& error) {
            EXPECT_NE(error.hint(), "");
            return error.what();
        }
        return "";
    };
    for (const fs::path& from : {out, out / "", folder_ / "link", folder_ / "maps" / ".." / "out"})
        EXPECT_NE(refusal(from, out).find(" is --out "), std::string::npos) << from;
    EXPECT_NE(refusal(out, folder_ / "link").find(" is --out "), std::string::npos);
    for (const fs::path& from : {out / "Track00000", folder_ / "link" / "Track00000" / "beatmaps"})
        EXPECT_NE(refusal(from, out).find(" lies in --out "), std::string::npos) << from;
    EXPECT_NE(refusal(folder_ / "maps", folder_.path()).find(" lies in --out "), std::string::npos);
    EXPECT_EQ(read_dataset_folder(out).maps.size(), 6u);
}

TEST_F(DatasetTest, IsWrittenByOneProcessAtATime) {
    write_maps();
    DatasetOptions options{.sources = {recognise_source(folder_ / "maps")}, .out = folder_ / "out"};
    bool refused = false;
    options.before_track = [&](uint32_t) {
        try {
            build();
        } catch (const Error& error) {
            refused = std::string(error.what()).find("another process") != std::string::npos;
        }
    };
    build_dataset(options);
    EXPECT_TRUE(refused);
    EXPECT_EQ(build().maps_added, 0u) << "nothing holds it afterwards";
}

TEST_F(DatasetTest, IsPackedAnewWhenAMapChanges) {
    write_maps();
    build();
    const fs::path out = folder_ / "out";
    EXPECT_EQ(open_dataset(out).size(), 6u);
    const auto map_of = [&](size_t i) { return out / read_dataset_folder(out).maps[i].path; };
    write_file(map_of(0), text_of({.version = "longer", .circles = 77}));
    const PackedDataset changed = open_dataset(out);
    EXPECT_EQ(changed.size(), 6u);
    EXPECT_EQ(changed.map(0).count, 77u);
    fs::remove(map_of(5));
    EXPECT_EQ(open_dataset(out).size(), 5u);

    const fs::path edited = map_of(1);
    std::string text = read_file(edited);
    text.replace(text.find("Creator:somebody"), 16, "Creator:SOMEBODY");
    fs::last_write_time(edited, fs::last_write_time(edited) - std::chrono::seconds(5));
    open_dataset(out);
    write_text(edited, text);
    EXPECT_EQ(open_dataset(out).map(1).creator, "SOMEBODY") << "a map of the same size";

    const fs::path added = edited.parent_path() / "000099M000.osu";
    write_text(added, text_of({.version = "by hand"}));
    EXPECT_EQ(open_dataset(out).size(), 6u);
    const std::string before = dataset_fingerprint(out);
    EXPECT_EQ(dataset_fingerprint(out), before);
    fs::rename(added, edited.parent_path() / "000098M000.osu");
    EXPECT_NE(dataset_fingerprint(out), before) << "another name";
}

TEST_F(DatasetTest, MapsThatSwapTheirSizesChangeTheFingerprint) {
    const fs::path maps = folder_ / "data" / "Track00000" / "beatmaps";
    const auto now = fs::file_time_type::clock::now();
    const auto print = [&](size_t first, size_t second) {
        write_text(maps / "000000M000.osu", std::string(first, 'x'));
        write_text(maps / "000001M001.osu", std::string(second, 'x'));
        for (const auto& map : fs::directory_iterator(maps)) fs::last_write_time(map.path(), now);
        return dataset_fingerprint(folder_ / "data");
    };
    for (size_t size = 1; size < 64; ++size) EXPECT_NE(print(size, size + 1), print(size + 1, size)) << size;
}

TEST_F(DatasetTest, IsTheSameForAnyNumberOfThreads) {
    for (int set = 0; set < 150; ++set)
        write_text(folder_ / "maps" / (std::to_string(set) + ".osu"),
                   text_of({.beatmap_id = 500 + set, .set_id = 900 - set}));
    const int threads = thread_count();
    set_thread_count(1);
    build_dataset({.sources = {recognise_source(folder_ / "maps")}, .out = folder_ / "one"});
    set_thread_count(4);
    build_dataset({.sources = {recognise_source(folder_ / "maps")}, .out = folder_ / "four"});
    set_thread_count(threads);
    const DatasetFolder one = read_dataset_folder(folder_ / "one"),
                        four = read_dataset_folder(folder_ / "four");
    ASSERT_EQ(one.maps.size(), 150u);
    ASSERT_EQ(four.maps.size(), 150u);
    for (size_t i = 0; i < one.maps.size(); ++i) {
        EXPECT_EQ(one.maps[i].path, four.maps[i].path);
        EXPECT_EQ(one.maps[i].set_id, 751 + static_cast<int64_t>(i));
        EXPECT_EQ(read_file(folder_ / "one" / one.maps[i].path),
                  read_file(folder_ / "four" / one.maps[i].path));
    }
}

TEST_F(DatasetTest, LimitModesAndMistakes) {
    write_maps();
    EXPECT_EQ(build(2).maps_added, 2u);
    EXPECT_EQ(build().maps_added, 4u);
    const DatasetReport taiko = build_dataset({.sources = {recognise_source(folder_ / "maps" / "taiko.osu")},
                                               .out = folder_ / "taiko",
                                               .filter = {.modes = {GameMode::taiko}}});
    EXPECT_EQ(taiko.maps_added, 1u);
    EXPECT_EQ(parse_track_metadata(read_file(folder_ / "taiko" / "Track00000" / "metadata.json"))
                  .beatmaps[0]
                  .ruleset,
              1);
    EXPECT_THROW(recognise_source(folder_ / "nowhere"), Error);
    EXPECT_THROW(
        build_dataset({.sources = {recognise_source(folder_ / "maps" / "readme.txt")}, .out = folder_ / "x"}),
        Error);
}

// Counts and times against the game's own database of the same files.
TEST_F(DatasetTest, FactsAreThoseOfTheGame) {
    SHARED_OR_SKIP(maps, "maps");
    SHARED_OR_SKIP(database_file, "db/osu-20210316.db");
    std::map<std::string, DatabaseBeatmap> known;
    for (DatabaseBeatmap& map : read_osu_database(database_file).beatmaps) known[map.md5] = map;
    int compared = 0;
    for (const fs::path& file : test::shared_maps()) {
        for (const ExaminedMap& examined : examine_file(file).maps) {
            const auto found = known.find(examined.summary.md5);
            if (found == known.end()) continue;
            const DatabaseBeatmap& game = found->second;
            const TakenMap map = take_map(examined.candidate, TakeSequence::no);
            EXPECT_EQ(map.facts.drain_time, game.drain_time) << game.osu_file;
            EXPECT_NEAR(map.facts.total_time, game.total_time, 1) << game.osu_file;
            EXPECT_EQ(map.facts.circles, game.circles);
            EXPECT_EQ(map.facts.sliders, game.sliders);
            EXPECT_EQ(map.facts.spinners, game.spinners);
            EXPECT_EQ(map.facts.beatmap_id, game.beatmap_id);
            EXPECT_EQ(map.set.set_id, game.set_id);
            EXPECT_EQ(map.facts.cs, game.cs);
            EXPECT_EQ(map.facts.ar, game.ar);
            EXPECT_EQ(map.facts.slider_velocity, game.slider_velocity);
            EXPECT_NEAR(map.facts.stack_leniency, game.stack_leniency, 1e-6);
            ++compared;
        }
    }
    EXPECT_GE(compared, 20);
}

TEST_F(DatasetTest, FollowsLinksAndLeavesOutWhatIsNoFile) {
    const fs::path maps = folder_ / "maps", elsewhere = folder_ / "elsewhere";
    write_text(elsewhere / "a.osu", text_of({.version = "A", .title = "a", .beatmap_id = 1, .set_id = 1}));
    fs::create_directories(maps / "deep");
    fs::create_directory_symlink(elsewhere, maps / "link");
    fs::create_directory_symlink(maps, maps / "deep" / "loop");
    fs::create_directory_symlink(elsewhere, elsewhere / "itself");
    ASSERT_EQ(::mkfifo((maps / "pipe.osu").c_str(), 0600), 0);
    write_text(maps / "._a.osu", "mac");
    write_text(maps / "__MACOSX" / "b.osu", "mac");
    test::write_osz(maps / "1207609.olz", {{"c.osu", text_of({.version = "C", .title = "c"})}});
    fs::copy_file(maps / "1207609.olz", maps / "named.osu");
    const DatasetReport report = build();
    EXPECT_EQ(report.maps_added, 2u);
    EXPECT_EQ(report.skipped_by_reason(),
              (std::map<std::string, uint64_t>{{"cannot be read", 1}, {"duplicate", 1}}));
    EXPECT_NE(read("dataset-report.json").find("pipe.osu"), std::string::npos);
    EXPECT_EQ(parse_track_metadata(read("Track00001/metadata.json")).set_id, 1207609);
}

TEST_F(DatasetTest, Utf16IsTakenAsUtf8) {
    write_text(folder_ / "maps" / "a.osu",
               to_utf16("\xef\xbb\xbf" + text_of({.version = "愛", .title = "a", .beatmap_id = 1}),
                        Encoding::utf16_big));
    EXPECT_EQ(build().maps_added, 1u);
    EXPECT_NE(read("Track00000/beatmaps/000000M000.osu").find("Version:愛"), std::string::npos);
    EXPECT_EQ(build().maps_added, 0u) << "it is known again";
}

TEST_F(DatasetTest, SaysThatItsNumbersAreUsedUp) {
    write_maps();
    write_text(folder_ / "out" / "Track100000000" / "beatmaps" / "000000M000.osu",
               text_of({.version = "A", .beatmap_id = 1}));
    try {
        build();
        FAIL() << "what it wrote could not be read again";
    } catch (const Error& error) {
        EXPECT_NE(std::string(error.what()).find("used up"), std::string::npos) << error.what();
    }
    EXPECT_EQ(find_dataset_folder(folder_ / "out").tracks, 1u);
}

TEST_F(DatasetTest, OfTwoEntriesOfOneNameTheFirstIsTaken) {
    const std::string first = text_of({.version = "first", .title = "a", .beatmap_id = 1});
    test::write_osz(
        folder_ / "maps" / "a.osz",
        {{"a.osu", first}, {"b.osu", text_of({.version = "second", .title = "a", .beatmap_id = 2})}});
    std::string bytes = read_file(folder_ / "maps" / "a.osz");
    for (size_t at = bytes.find("b.osu"); at != bytes.npos; at = bytes.find("b.osu", at)) bytes[at] = 'a';
    write_text(folder_ / "maps" / "a.osz", bytes);
    const DatasetReport report = build();
    EXPECT_EQ(report.maps_added, 1u);
    ASSERT_EQ(report.skipped.size(), 1u);
    EXPECT_EQ(report.skipped[0].reason, "duplicate");
    EXPECT_NE(report.skipped[0].detail.find("two entries"), std::string::npos) << report.skipped[0].detail;
    EXPECT_EQ(read("Track00000/beatmaps/000000M000.osu"), first);
}

TEST_F(DatasetTest, ClassesBeyondWhatIsReadAreNamedAsSuch) {
    write_text(folder_ / "out" / "Track00000" / "beatmaps" / "100000001M000.osu", text_of({}));
    write_text(folder_ / "out" / "Track00000" / "beatmaps" / "notes.osu", text_of({}));
    std::vector<std::string> reasons;
    for (const SkippedMap& problem : find_dataset_folder(folder_ / "out").problems)
        reasons.push_back(problem.reason);
    std::sort(reasons.begin(), reasons.end());
    ASSERT_EQ(reasons.size(), 3u) << "the metadata, too";
    EXPECT_NE(reasons[1].find("beyond 100000000"), std::string::npos) << reasons[1];
    EXPECT_NE(reasons[2].find("does not begin"), std::string::npos) << reasons[2];
}

TEST_F(DatasetTest, AMapWithoutMetadataGetsTheSection) {
    write_text(folder_ / "maps" / "5 a" / "a.osu",
               "osu file format v14\n\n[TimingPoints]\n0,500,4,2,0,50,1,0\n\n[HitObjects]\n1,2,3,1,0\n");
    EXPECT_EQ(build().maps_added, 1u);
    const std::string text = read("Track00000/beatmaps/000000M000.osu");
    EXPECT_NE(text.find("[Metadata]\nVersion:\nBeatmapSetID:5\n"), std::string::npos) << text;
    EXPECT_EQ(text.find("[Metadata]"), text.rfind("[Metadata]"));
}

TEST(TrackMetadata, IsNotNestedDeeply) {
    EXPECT_THROW(parse_track_metadata("{\"a\":" + std::string(1000000, '[')), Error);
    EXPECT_THROW(parse_track_metadata("[0,0,0]"), Error);
    const TrackMetadata track =
        parse_track_metadata("{\"Tags\": \"b\", \"List\": [1, [2]], \"Title\": \"a\"}");
    EXPECT_EQ(track.title + track.tags, "ab") << "lists are left out";
}

TEST(TrackMetadata, HasNoMoreMapsThanASet) {
    const auto maps = [](int count) {
        std::string text = "{\"Other\": {\"Deep\": {}}, \"Beatmaps\": {";
        for (int i = 0; i < count; ++i)
            text += fmt::format("{}\"m{}\": {{\"Index\": {}, \"Other\": {{\"a\": 1}}}}", i ? "," : "", i, i);
        return text + "}}";
    };
    const TrackMetadata track = parse_track_metadata(maps(900));
    ASSERT_EQ(track.beatmaps.size(), 900u);
    EXPECT_EQ(track.beatmaps[899].index, 899);
    EXPECT_THROW(parse_track_metadata(maps(1001)), Error);
}

}  // namespace
}  // namespace osu
