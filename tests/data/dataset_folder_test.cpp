// Dataset folders as the reference's tool writes them and its loader reads them.
#include "data/dataset_folder.h"

#include <set>

#include <gtest/gtest.h>

#include "base/error.h"
#include "data/dataset_fixture.h"

namespace osu {
namespace {

namespace fs = std::filesystem;
using test::DatasetTest;
using test::text_of;
using test::write_text;

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

}  // namespace
}  // namespace osu
