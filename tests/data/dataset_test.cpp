// Dataset folders: built from maps lying about, read as the reference writes them, packed.
#include <algorithm>
#include <set>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/file.h"
#include "base/parallel.h"
#include "beatmap/beatmap.h"
#include "beatmap/osu_db.h"
#include "data/dataset_builder.h"
#include "data/dataset_folder.h"
#include "data/map_source.h"
#include "data/sequence.h"
#include "data/small_maps.h"
#include "data/temporary_folder.h"
#include "support/goldens.h"

namespace osu {
namespace {

namespace fs = std::filesystem;
using test::SmallMap;
using test::text_of;
using test::write_text;

constexpr char storyboard[] =
    "//Background and Video events\r\n0,0,\"bg.jpg\",0,0\r\nVideo,10,\"film.avi\"\r\n//Break "
    "Periods\r\n2,1100,1200\r\n"
    "3,100,163,162,255\r\nSprite,Foreground,Centre,\"a, b.png\",320,240\r\n "
    "F,0,100,,0,1\r\n__M,0,1,2,3,4,5,6\r\n"
    "5,100,0,\"hit.wav\",70\r\n//Storyboard Sound Samples\r\n";
constexpr char stripped[] =
    "//Background and Video events\r\n0,0,\"bg.jpg\",0,0\r\n//Break Periods\r\n2,1100,1200\r\n"
    "//Storyboard Sound Samples\r\n";

class DatasetTest : public ::testing::Test {
  protected:
    DatasetReport build(uint64_t limit = 0) {
        return build_dataset({.from = {folder_ / "maps"}, .out = folder_ / "out", .limit = limit});
    }
    std::string read(const std::string& name) { return read_file(folder_ / "out" / name); }

    // Two sets in folders and one in an archive, six maps to take; and what must be left out.
    void write_maps() {
        const fs::path maps = folder_ / "maps";
        write_text(
            maps / "77 band - song" / "hard.osu",
            text_of(
                {.version = "Hard", .beatmap_id = 12, .set_id = 77, .circles = 40, .events = storyboard}));
        write_text(
            maps / "77 band - song" / "easy.osu",
            text_of({.version = "Easy", .beatmap_id = 11, .set_id = 77, .circles = 40, .objects = spinner}));
        write_text(maps / "55 other - old" / "deep" / "x.OSU",
                   text_of({.version = "no IDs", .title = "old"}));
        write_text(maps / "33 other - old" / "x.osu",
                   text_of({.version = "set from the folder", .title = "old"}));
        test::write_osz(
            maps / "44 band - third.osz",
            {{"a.osu", text_of({.version = "A", .title = "third", .beatmap_id = 21})},
             {"sub/b.osu", text_of({.version = "B", .title = "third", .beatmap_id = 22, .circles = 9})},
             {"mania.osu", text_of({.mode = 3})},
             {"audio.mp3", "noise"}});
        write_text(maps / "taiko.osu", text_of({.mode = 1}));
        write_text(maps / "empty.osu", text_of({.circles = 0}));
        write_text(maps / "notes.osu", "dear diary");
        write_text(maps / "bad.osz", "PK no zip");
        write_text(maps / "a copy.osu", text_of({.version = "set from the folder", .title = "old"}));
        write_text(maps / "readme.txt", "no map");
    }

    // A minute in which nothing else happens: fewer objects a second.
    const std::string spinner = "256,192,60000,12,0,61000,0:0:0:0:\r\n";
    test::TemporaryFolder folder_;
};

TEST_F(DatasetTest, TakesMapsAndSaysWhatItLeftOut) {
    write_maps();
    const DatasetReport report = build();
    EXPECT_EQ(report.maps_found, 12u);
    EXPECT_EQ(report.maps_added, 6u);
    EXPECT_EQ(report.sets_added, 4u);
    EXPECT_EQ(report.skipped_by_reason(), (std::map<std::string, uint64_t>{{"another mode", 2},
                                                                           {"cannot be read", 1},
                                                                           {"duplicate", 1},
                                                                           {"no hit objects", 1},
                                                                           {"not a beatmap", 1}}));
    const std::string json = read("dataset-report.json");
    for (const char* name :
         {"taiko.osu", "empty.osu", "notes.osu", "bad.osz", "44 band - third.osz:mania.osu", "a copy.osu"})
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
        text_of({.version = "Hard", .beatmap_id = 12, .set_id = 77, .circles = 40, .events = stripped}));
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
    build_dataset({.from = {maps}, .out = maps / "out"});
    const DatasetReport again = build_dataset({.from = {maps}, .out = maps / "out"});
    EXPECT_EQ(again.maps_found, 12u);
    EXPECT_EQ(again.maps_added, 0u);
}

TEST_F(DatasetTest, IsTheSameForAnyNumberOfThreads) {
    for (int set = 0; set < 150; ++set)
        write_text(folder_ / "maps" / (std::to_string(set) + ".osu"),
                   text_of({.beatmap_id = 500 + set, .set_id = 900 - set}));
    const int threads = thread_count();
    set_thread_count(1);
    build_dataset({.from = {folder_ / "maps"}, .out = folder_ / "one"});
    set_thread_count(4);
    build_dataset({.from = {folder_ / "maps"}, .out = folder_ / "four"});
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
    const DatasetReport taiko = build_dataset(
        {.from = {folder_ / "maps" / "taiko.osu"}, .out = folder_ / "taiko", .modes = {GameMode::taiko}});
    EXPECT_EQ(taiko.maps_added, 1u);
    EXPECT_EQ(parse_track_metadata(read_file(folder_ / "taiko" / "Track00000" / "metadata.json"))
                  .beatmaps[0]
                  .ruleset,
              1);
    EXPECT_THROW(build_dataset({.from = {folder_ / "nowhere"}, .out = folder_ / "x"}), Error);
    EXPECT_THROW(build_dataset({.from = {folder_ / "maps" / "readme.txt"}, .out = folder_ / "x"}), Error);
}

// As .NET's JSON writer formats it: byte order mark, CRLF, escapes, and the fields of the reference's tool.
constexpr char reference_json[] =
    "\xef\xbb\xbf{\r\n  \"BeatmapSetId\": 1234,\r\n  \"Artist\": \"\\u30A2 \\u0026 B\",\r\n  \"Title\": "
    "\"T\",\r\n"
    "  \"Source\": \"the mapper\",\r\n  \"Creator\": \"\",\r\n  \"Tags\": null,\r\n  \"AudioFile\": "
    "\"audio.mp3\",\r\n"
    "  \"MapDir\": \"beatmaps\",\r\n  \"Beatmaps\": {\r\n    \"000007M000\": {\r\n      \"Index\": 7,\r\n"
    "      \"BeatmapId\": 99,\r\n      \"Ruleset\": 0,\r\n      \"MD5Hash\": \"abc\",\r\n      "
    "\"Difficulty\": \"Easy\",\r\n"
    "      \"OnlineOffset\": -5,\r\n      \"DrainTime\": 61,\r\n      \"TotalTime\": 65432,\r\n      "
    "\"RankedStatus\": 4,\r\n"
    "      \"CirclesCount\": 1,\r\n      \"SpinnersCount\": 2,\r\n      \"SlidersCount\": 3,\r\n      "
    "\"CircleSize\": 3.5,\r\n"
    "      \"ApproachRate\": 9.3,\r\n      \"OverallDifficulty\": 8,\r\n      \"HPDrain\": 6,\r\n"
    "      \"SliderVelocity\": 1.7999999523162842,\r\n      \"StackLeniency\": 0.7,\r\n"
    "      \"StandardStarRating\": {\r\n        \"0\": 2.345678,\r\n        \"64\": 3.5\r\n      },\r\n"
    "      \"TaikoStarRating\": {},\r\n      \"CatchStarRating\": {},\r\n      \"ManiaStarRating\": {}\r\n   "
    " }\r\n  }\r\n}";

TEST_F(DatasetTest, ReadsTheMetadataOfTheReference) {
    const TrackMetadata track = parse_track_metadata(reference_json);
    EXPECT_EQ(track.set_id, 1234);
    EXPECT_EQ(track.artist, "ア & B");
    EXPECT_EQ(track.tags, "");
    ASSERT_EQ(track.beatmaps.size(), 1u);
    const TrackBeatmap& map = track.beatmaps[0];
    EXPECT_EQ(map.name, "000007M000");
    EXPECT_EQ(map.online_offset, -5);
    EXPECT_EQ(map.ranked_status, 4);
    EXPECT_EQ(map.ar, 9.3f);
    EXPECT_EQ(map.slider_velocity, 1.7999999523162842);
    EXPECT_EQ(map.stars[0], (std::map<int64_t, double>{{0, 2.345678}, {64, 3.5}}));
    EXPECT_EQ(parse_track_metadata(to_json(track)), track);

    EXPECT_EQ(parse_track_metadata("{}"), TrackMetadata());
    for (const char* bad :
         {"", "[]", "{", "{\"BeatmapSetId\": \"x\"}", "{\"Artist\": 3}", "{\"Beatmaps\": {\"a\": 1}}"})
        EXPECT_THROW(parse_track_metadata(bad), Error) << bad;
    EXPECT_EQ(parse_track_metadata("{\"BeatmapSetId\": 1e300}").set_id, -1);
}

TEST_F(DatasetTest, ReadsFoldersAsTheReferencesLoader) {
    const fs::path data = folder_ / "data";
    write_text(data / "Track00003" / "metadata.json", reference_json);
    write_text(data / "Track00003" / "beatmaps" / "000007M000.osu", text_of({}));
    write_text(data / "Track00003" / "beatmaps" / "000009M002.osu", text_of({}));  // not in the metadata
    write_text(data / "Track00001" / "beatmaps" / "000002M000.osu", text_of({}));  // without any
    write_text(data / "Track00001" / "beatmaps" / "stray.osu", text_of({}));
    write_text(data / "Trackless" / "beatmaps" / "000001M000.osu", text_of({}));
    std::string missing = reference_json;
    missing.replace(missing.find("000007M000"), 10, "000011M000");
    write_text(data / "Track00004" / "metadata.json", missing);

    const DatasetFolder dataset = read_dataset_folder(data);
    ASSERT_EQ(dataset.maps.size(), 3u);
    EXPECT_EQ(dataset.maps[0].label, 2);
    EXPECT_EQ(dataset.maps[0].track, 1u);
    EXPECT_EQ(dataset.maps[0].set_id, -1);
    EXPECT_EQ(dataset.maps[1].label, 7);
    EXPECT_EQ(dataset.maps[1].beatmap_id, 99);
    EXPECT_EQ(dataset.maps[1].md5, "abc");
    EXPECT_EQ(dataset.maps[1].path, "Track00003/beatmaps/000007M000.osu");
    EXPECT_EQ(dataset.maps[2].label, 9);
    EXPECT_EQ(dataset.maps[2].set_id, 1234);
    EXPECT_EQ(dataset.tracks, 3u);
    EXPECT_EQ(dataset.next_track, 5u);
    EXPECT_EQ(dataset.next_index, 10);
    std::set<std::string> problems;
    for (const SkippedMap& problem : dataset.problems) problems.insert(problem.path);
    EXPECT_EQ(problems, (std::set<std::string>{"Track00001/metadata.json", "Track00001/beatmaps/stray.osu",
                                               "Track00004/beatmaps/000011M000.osu"}));

    EXPECT_THROW(read_dataset_folder(folder_ / "nowhere"), Error);
    fs::create_directories(folder_ / "nothing");
    EXPECT_THROW(read_dataset_folder(folder_ / "nothing"), Error);
    EXPECT_TRUE(find_dataset_folder(folder_ / "nowhere").maps.empty());
}

void expect_sequence(const PackedDataset& dataset, const DatasetMap& map, const Sequence& sequence) {
    ASSERT_EQ(map.count, sequence.size()) << map.path;
    const std::vector<float> distance = distances(sequence);
    for (size_t i = 0; i < sequence.size(); ++i)
        ASSERT_TRUE(dataset.x(map)[i] == sequence.position[i].x &&
                    dataset.y(map)[i] == sequence.position[i].y && dataset.time(map)[i] == sequence.time[i] &&
                    dataset.distance(map)[i] == distance[i] &&
                    dataset.type(map)[i] == static_cast<uint8_t>(sequence.type[i]))
            << map.path << ", datapoint " << i;
}

TEST_F(DatasetTest, PacksTheSequencesOfItsMaps) {
    write_maps();
    write_text(folder_ / "maps" / "slider.osu",
               text_of({.version = "S", .objects = "10,20,9000,6,0,B|40:50|70:80,2,100\r\n"}));
    build();
    // One map becomes bad after the fact, and its class stays its own.
    write_text(folder_ / "out" / "Track00002" / "beatmaps" / "000003M000.osu", "scribbled over");
    const PackReport report = pack_dataset(folder_ / "out", folder_ / "pack");
    EXPECT_EQ(report.maps, 6u);
    ASSERT_EQ(report.skipped.size(), 1u);
    EXPECT_EQ(report.skipped[0].path, "Track00002/beatmaps/000003M000.osu");
    EXPECT_EQ(report.bytes, fs::file_size(folder_ / "pack"));

    const PackedDataset dataset = PackedDataset::open(folder_ / "pack");
    ASSERT_EQ(dataset.size(), 6u);
    EXPECT_EQ(dataset.datapoints(), report.datapoints);
    std::set<int32_t> labels;
    for (size_t i = 0; i < dataset.size(); ++i) {
        const DatasetMap map = dataset.map(i);
        labels.insert(map.label);
        const Beatmap beatmap = read_beatmap(folder_ / "out" / map.path);
        expect_sequence(dataset, map, to_sequence(beatmap));
        EXPECT_EQ(map.version, beatmap.metadata.version);
        EXPECT_EQ(map.creator, "somebody");
        EXPECT_EQ(map.beatmap_id, beatmap.metadata.beatmap_id);
    }
    EXPECT_EQ(labels, (std::set<int32_t>{0, 1, 2, 4, 5, 6}));
    EXPECT_EQ(dataset.map(2).set_id, 44);
    EXPECT_EQ(dataset.map(2).track, 1u);
}

TEST_F(DatasetTest, OpensFoldersByPackingThemOnce) {
    write_text(folder_ / "maps" / "a.osu", text_of({.set_id = 5}));
    build();
    const fs::path pack = folder_ / "out" / "dataset.pack";
    EXPECT_EQ(open_dataset(folder_ / "out").size(), 1u);
    const auto written = fs::last_write_time(pack);
    EXPECT_EQ(open_dataset(folder_ / "out").size(), 1u);
    EXPECT_EQ(fs::last_write_time(pack), written);
    EXPECT_EQ(open_dataset(pack).size(), 1u);
    write_text(folder_ / "maps" / "b.osu", text_of({.set_id = 6}));
    build();
    EXPECT_EQ(open_dataset(folder_ / "out").size(), 2u) << "a pack that is older than the folder's content";
    write_text(pack, "damaged");
    EXPECT_EQ(open_dataset(folder_ / "out").size(), 2u);
    EXPECT_THROW(open_dataset(folder_ / "maps"), Error);
    EXPECT_THROW(open_dataset(folder_ / "nowhere"), Error);
}

TEST_F(DatasetTest, DamagedPacksAreErrors) {
    write_maps();
    build();
    pack_dataset(folder_ / "out", folder_ / "pack");
    const std::string whole = read_file(folder_ / "pack");
    for (size_t size = 0; size < whole.size(); size += 499) {
        write_text(folder_ / "cut", whole.substr(0, size));
        EXPECT_THROW(PackedDataset::open(folder_ / "cut"), Error) << size;
    }
    // A changed byte is an error, or data that stays within the file.
    uint32_t state = 1;
    for (int trial = 0; trial < 500; ++trial) {
        std::string changed = whole;
        state = state * 1664525 + 1013904223;
        changed[(state >> 8) % changed.size()] ^= static_cast<char>(1 << (trial % 8));
        write_text(folder_ / "changed", changed);
        try {
            const PackedDataset dataset = PackedDataset::open(folder_ / "changed");
            uint64_t total = 0;
            for (size_t i = 0; i < dataset.size(); ++i) total += dataset.time(dataset.map(i)).size();
            EXPECT_EQ(total, dataset.datapoints());
        } catch (const Error& error) {
            EXPECT_NE(std::string(error.what()), "");
        }
    }
    test::write_text(folder_ / "other", "x");
    EXPECT_THROW(PackedDataset::open(folder_ / "other"), Error);
}

TEST_F(DatasetTest, TheMapsOfTheSharedFolder) {
    SHARED_OR_SKIP(maps, "maps");
    size_t files = 0;
    for (const auto& entry : fs::recursive_directory_iterator(maps))
        files += entry.path().extension() == ".osu";
    const DatasetReport report = build_dataset({.from = {maps}, .out = folder_ / "out"});
    EXPECT_EQ(report.maps_found, files);
    EXPECT_EQ(report.maps_added + report.skipped.size(), files);
    EXPECT_GE(report.maps_added, 1130u);
    const PackReport packed = pack_dataset(folder_ / "out", folder_ / "pack");
    EXPECT_EQ(packed.maps, report.maps_added);
    EXPECT_TRUE(packed.skipped.empty());
    const PackedDataset dataset = PackedDataset::open(folder_ / "pack");
    for (size_t i = 0; i < dataset.size(); ++i) {
        const DatasetMap map = dataset.map(i);
        EXPECT_EQ(map.label, static_cast<int32_t>(i));
        expect_sequence(dataset, map, to_sequence(read_beatmap(folder_ / "out" / map.path)));
    }
}

// Counts and times against the game's own database of the same files.
TEST_F(DatasetTest, FactsAreThoseOfTheGame) {
    SHARED_OR_SKIP(maps, "maps");
    SHARED_OR_SKIP(database_file, "db/osu-20210316.db");
    std::map<std::string, DatabaseBeatmap> known;
    for (DatabaseBeatmap& map : read_osu_database(database_file).beatmaps) known[map.md5] = map;
    int compared = 0;
    for (const fs::path& file : test::shared_maps()) {
        for (const MapCandidate& map : examine_file(file, {GameMode::standard}).candidates) {
            const auto found = known.find(map.facts.md5);
            if (found == known.end()) continue;
            const DatabaseBeatmap& game = found->second;
            EXPECT_EQ(map.facts.drain_time, game.drain_time) << game.osu_file;
            EXPECT_NEAR(map.facts.total_time, game.total_time, 1) << game.osu_file;
            EXPECT_EQ(map.facts.circles, game.circles);
            EXPECT_EQ(map.facts.sliders, game.sliders);
            EXPECT_EQ(map.facts.spinners, game.spinners);
            EXPECT_EQ(map.facts.beatmap_id, game.beatmap_id);
            EXPECT_EQ(map.set_id, game.set_id);
            EXPECT_EQ(map.facts.cs, game.cs);
            EXPECT_EQ(map.facts.ar, game.ar);
            EXPECT_EQ(map.facts.slider_velocity, game.slider_velocity);
            EXPECT_NEAR(map.facts.stack_leniency, game.stack_leniency, 1e-6);
            ++compared;
        }
    }
    EXPECT_GE(compared, 20);
}

}  // namespace
}  // namespace osu
