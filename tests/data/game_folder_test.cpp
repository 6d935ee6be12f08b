// Finding the game's folders, and datasets made from them.
#include "data/game_folder.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/file.h"
#include "data/dataset_folder.h"
#include "data/game_fixture.h"
#include "data/mapper_names.h"
#include "data/taken_map.h"

namespace osu {
namespace {

namespace fs = std::filesystem;
using test::StableFolder;
using test::text_of;
using test::write_lazer_file;
using test::write_text;

class GameFolderTest : public ::testing::Test {
  protected:
    DatasetReport build(const MapSource& source, MapFilter filter = {}, bool with_audio = false) {
        return build_dataset(
            {.sources = {source}, .out = out_, .filter = std::move(filter), .with_audio = with_audio});
    }
    TrackMetadata track(uint32_t number) {
        return parse_track_metadata(read_file(out_ / track_name(number) / "metadata.json"));
    }
    // Two sets, four maps.
    void add_maps() {
        stable_.add({.version = "Hard", .title = "a", .beatmap_id = 12, .set_id = 90, .circles = 10}, 4.5);
        stable_.add({.version = "Easy", .title = "a", .beatmap_id = 11, .set_id = 90, .circles = 20}, 1.25);
        stable_.add({.version = "Insane", .title = "b", .beatmap_id = 5, .set_id = 30}, 5.75,
                    RankedStatus::loved);
        stable_.add({.version = "Drums", .title = "b", .beatmap_id = 6, .set_id = 30, .mode = 1}, 3);
    }

    test::TemporaryFolder folder_;
    fs::path out_ = folder_ / "out";
    StableFolder stable_{folder_ / "osu!"};
};

TEST_F(GameFolderTest, TakesWhatTheDatabaseKnows) {
    add_maps();
    stable_.write();
    ASSERT_EQ(stable_.source().kind, SourceKind::stable);
    const DatasetReport report = build(stable_.source());
    EXPECT_EQ(report.maps_found, 4u);
    EXPECT_EQ(report.maps_added, 3u);
    EXPECT_EQ(report.filtered, (std::map<std::string, uint64_t>{{"another mode", 1}}));
    EXPECT_EQ(track(0).set_id, 30);
    const TrackMetadata set = track(1);
    EXPECT_EQ(set.set_id, 90);
    EXPECT_EQ(set.audio_file, "audio.ogg");
    EXPECT_EQ(set.source, "film");
    ASSERT_EQ(set.beatmaps.size(), 2u);
    EXPECT_EQ(set.beatmaps[0].difficulty, "Easy") << "by stars, though it is denser";
    TrackBeatmap hard;
    hard.name = "000002M001";
    hard.index = 2;
    hard.beatmap_id = 12;
    hard.md5 = stable_.maps()[0].md5;
    hard.difficulty = "Hard";
    hard.online_offset = -7;
    hard.drain_time = 2;
    hard.total_time = 3250;
    hard.ranked_status = 4;
    hard.circles = 10;
    hard.cs = 4.2f;
    hard.ar = 9.3f;
    hard.od = 8;
    hard.hp = 5;
    hard.slider_velocity = 1.4;
    hard.stack_leniency = 0.5f;
    hard.stars[0] = {{0, 4.5}, {64, 6.75}};
    EXPECT_EQ(set.beatmaps[1], hard);
    EXPECT_FALSE(fs::exists(out_ / "Track00001" / "audio.ogg"));
    EXPECT_EQ(build(stable_.source()).maps_already_there, 3u);
}

TEST_F(GameFolderTest, SaysWhatIsMissingOrHasChanged) {
    add_maps();
    stable_.maps()[1].osu_file = "nothing there.osu";
    write_text(stable_.path() / "Songs" / stable_.maps()[2].folder / stable_.maps()[2].osu_file, text_of({}));
    // The database's spelling is Windows': letter case and outer spaces do not count, '\' parts folders.
    stable_.maps()[0].folder = " 90 BAND - a";
    stable_.add({.version = "Out", .beatmap_id = 7, .set_id = 31}, 2).folder = "..\\Songs\\31 band - song";
    stable_.add({.version = "Deep", .beatmap_id = 8, .set_id = 32}, 2).folder = "deep\\FOLDER";
    write_text(stable_.path() / "Songs" / "deep" / "folder" / stable_.maps().back().osu_file,
               text_of({.version = "Deep", .beatmap_id = 8, .set_id = 32}));
    stable_.write();
    const DatasetReport report = build(stable_.source());
    EXPECT_EQ(report.maps_added, 2u);
    EXPECT_EQ(report.skipped_by_reason(),
              (std::map<std::string, uint64_t>{{"the file is missing", 2},
                                               {"changed since osu!.db was written", 1}}));
    EXPECT_NE(read_file(out_ / "dataset-report.json").find("nothing there.osu"), std::string::npos);
}

// Where line ends were changed, say: every map differs from what the database says of it.
TEST_F(GameFolderTest, TakesChangedMapsWhereItIsAsked) {
    add_maps();
    const fs::path file = stable_.path() / "Songs" / stable_.maps()[0].folder / stable_.maps()[0].osu_file;
    std::string text = read_file(file);
    text.replace(text.find("Version:Hard"), 12, "Version:Other");
    write_text(file, text);
    stable_.write();
    DatasetOptions options{.sources = {stable_.source()}, .out = out_};
    options.take_changed = true;
    EXPECT_EQ(build_dataset(options).maps_added, 3u);
    bool found = false;
    for (const auto& entry : fs::recursive_directory_iterator(out_))
        if (entry.path().filename() == "metadata.json")
            for (const TrackBeatmap& map : parse_track_metadata(read_file(entry.path())).beatmaps)
                if (map.md5 == stable_.maps()[0].md5) {
                    found = true;
                    EXPECT_EQ(map.difficulty, "Other") << "as the file says";
                    EXPECT_EQ(map.stars[0].at(0), 4.5) << "as only the database knows";
                    EXPECT_EQ(map.ranked_status, 4);
                }
    EXPECT_TRUE(found);
    EXPECT_EQ(build_dataset(options).maps_already_there, 3u);
}

TEST_F(GameFolderTest, FiltersByTheDatabase) {
    add_maps();
    stable_.write({{"Favourites", {stable_.maps()[1].md5, std::string(32, 'f')}}, {"None", {}}});
    const MapSource source = stable_.source();
    const auto taken = [&](MapFilter filter) {
        const DatasetReport report =
            build_dataset({.sources = {source}, .out = out_, .filter = filter, .dry_run = true});
        EXPECT_FALSE(fs::exists(out_));
        return report.maps_added;
    };
    EXPECT_EQ(taken({}), 3u);
    EXPECT_EQ(taken({.collection = "Favourites"}), 1u);
    EXPECT_EQ(taken({.collection = "favourites"}), 1u);
    EXPECT_EQ(taken({.collection = "None"}), 0u);
    EXPECT_EQ(taken({.min_set_id = 30, .max_set_id = 30}), 1u);
    EXPECT_EQ(taken({.min_set_id = 31}), 2u);
    EXPECT_EQ(taken({.status = {RankedStatus::loved}}), 1u);
    EXPECT_EQ(taken({.modes = {GameMode::taiko}}), 1u);
    EXPECT_EQ(taken({.min_stars = 4.5}), 2u);
    EXPECT_EQ(taken({.min_stars = 1.25, .max_stars = 4.5}), 2u);
    EXPECT_EQ(taken({.min_objects = 11}), 1u);
    EXPECT_EQ(taken({.exclude_tags = {"TAGS"}}), 0u);
    EXPECT_EQ(taken({.exclude_tags = {"tag"}}), 3u);
    EXPECT_EQ(taken({.mappers = {"nobody", "Somebody"}}), 3u);
    try {
        taken({.collection = "Fav"});
        FAIL() << "there is no such collection";
    } catch (const Error& error) {
        EXPECT_NE(error.hint().find("'Favourites', 'None'"), std::string::npos) << error.hint();
    }
}

TEST_F(GameFolderTest, CountsForADryRun) {
    add_maps();
    stable_.write();
    const DatasetReport report = build_dataset({.sources = {stable_.source()}, .dry_run = true});
    EXPECT_EQ(report.maps_added, 3u);
    EXPECT_EQ(report.sets_added, 2u);
    EXPECT_EQ(report.by_year, (std::map<int, uint64_t>{{2013, 3}}));
    EXPECT_EQ(report.by_stars, (std::map<int, uint64_t>{{1, 1}, {4, 1}, {5, 1}}));
    EXPECT_EQ(report.by_mapper, (std::map<std::string, uint64_t>{{"somebody", 3}}));
}

TEST_F(GameFolderTest, RefusesAFilterThatTheSourceCannotAnswer) {
    add_maps();
    stable_.write();
    EXPECT_THROW(build(stable_.source(), {.collection = "Favourites"}), Error);
    const MapSource songs = recognise_source(stable_.path() / "Songs");
    EXPECT_EQ(songs.kind, SourceKind::folder);
    EXPECT_THROW(build(songs, {.min_stars = 1}), Error);
    EXPECT_THROW(build(songs, {.max_stars = 9}), Error);
    EXPECT_THROW(build(songs, {.status = {RankedStatus::ranked}}), Error);
    EXPECT_EQ(build(songs, {.min_set_id = 90}).maps_added, 2u);
    stable_.write({}, {.version = 20130815});
    EXPECT_THROW(build(stable_.source(), {.min_stars = 1}), Error) << "the game kept no stars then";
    EXPECT_EQ(build(stable_.source()).maps_added, 1u);
}

TEST_F(GameFolderTest, ACutDatabaseSaysHowManyMapsCanBeRead) {
    add_maps();
    stable_.write();
    const std::string whole = read_file(stable_.path() / "osu!.db");
    write_text(stable_.path() / "osu!.db", whole.substr(0, whole.size() * 2 / 3));
    try {
        build(stable_.source());
        FAIL() << "the database is cut";
    } catch (const Error& error) {
        EXPECT_NE(std::string(error.what()).find("2 of 4 maps can be read"), std::string::npos)
            << error.what();
        EXPECT_NE(error.hint().find("Songs"), std::string::npos) << error.hint();
    }
}

TEST_F(GameFolderTest, FindsTheMapsOfLazerByTheirFirstLine) {
    const fs::path game = folder_ / "lazer";
    write_lazer_file(game, text_of({.version = "A", .beatmap_id = 1, .set_id = 7}));
    write_lazer_file(
        game, "\xef\xbb\xbf\r\n" + text_of({.version = "B", .beatmap_id = 2, .set_id = 7, .circles = 99}));
    write_lazer_file(game, text_of({.version = "without IDs", .title = "other"}));
    write_lazer_file(game, text_of({.version = "without IDs either", .title = "other"}));
    write_lazer_file(game, "osu file format v14 and nothing else");
    write_lazer_file(game, "ID3 a song");
    write_lazer_file(game, "");
    write_text(game / "files" / "0" / "00" / "0123.tmp", text_of({.version = "half written"}));
    write_text(game / "client.realm", "osu file format v14");
    const MapSource source = recognise_source(game);
    ASSERT_EQ(source.kind, SourceKind::lazer);
    const DatasetReport report = build(source, {}, true);
    EXPECT_EQ(report.maps_added, 4u);
    EXPECT_EQ(report.sets_added, 2u);
    EXPECT_EQ(report.skipped.size(), 1u);
    EXPECT_EQ(report.without_audio.size(), 2u);
    EXPECT_EQ(track(0).set_id, 7);
    EXPECT_EQ(track(0).beatmaps.size(), 2u);
    EXPECT_EQ(track(1).title, "other");
    EXPECT_THROW(build(source, {.min_stars = 1}), Error);

    // Where the files have been moved, lazer leaves a note.
    write_text(folder_ / "old" / "storage.ini", "FullPath = " + game.string() + "\r\n");
    EXPECT_EQ(recognise_source(folder_ / "old").maps, game / "files");
}

TEST_F(GameFolderTest, CopiesAudioWhereItIs) {
    add_maps();
    fs::remove(stable_.path() / "Songs" / stable_.maps()[2].folder / "Song.OGG");
    stable_.write();
    build(stable_.source());
    EXPECT_FALSE(fs::exists(out_ / "Track00001" / "audio.ogg"));
    EXPECT_EQ(build(stable_.source(), {}, true).without_audio.size(), 1u) << "added to the sets that stand";
    EXPECT_EQ(read_file(out_ / "Track00001" / "audio.ogg"), "sound of a");
    EXPECT_FALSE(fs::exists(out_ / "Track00000" / "audio.ogg"));

    test::write_osz(folder_ / "8 x.osz",
                    {{"sub/a.osu", text_of({.title = "zipped"})}, {"sub/SONG.ogg", "zipped sound"}});
    EXPECT_TRUE(build(recognise_source(folder_ / "8 x.osz"), {}, true).without_audio.empty());
    EXPECT_EQ(read_file(out_ / "Track00002" / "audio.ogg"), "zipped sound");
}

TEST_F(GameFolderTest, IsFoundInItsUsualPlaces) {
    const fs::path drives = folder_ / "mnt", home = folder_ / "home";
    Machine machine{home, home / ".local/share", drives};
    EXPECT_TRUE(usual_sources(machine).empty());
    write_text(drives / "c" / "Users" / "Player" / "AppData" / "Local" / "osu!" / "osu!.db", "x");
    write_text(drives / "wsl" / "osu!" / "osu!.db", "no drive");
    write_lazer_file(home / ".local/share/osu", "x");
    write_lazer_file(home / "Library/Application Support/osu", "x");
    fs::create_directories(home / ".wine/drive_c/osu!");
    const std::vector<MapSource> sources = usual_sources(machine);
    ASSERT_EQ(sources.size(), 3u);
    EXPECT_EQ(sources[0].kind, SourceKind::stable);
    EXPECT_EQ(sources[0].path, drives / "c" / "Users" / "Player" / "AppData" / "Local" / "osu!");
    EXPECT_EQ(sources[1].path, home / ".local/share/osu");
    EXPECT_EQ(sources[2].kind, SourceKind::lazer);
}

TEST_F(GameFolderTest, FollowsTheSettingsToTheMaps) {
    add_maps();
    stable_.write();
    const fs::path elsewhere = folder_ / "my maps";
    fs::rename(stable_.path() / "Songs", elsewhere);
    EXPECT_THROW(build(stable_.source()), Error) << "there are no Songs";
    write_text(stable_.path() / "osu!.player.cfg",
               "# osu!\r\nVolume = 3\r\nBeatmapDirectory = " + elsewhere.string() + "\r\n");
    EXPECT_EQ(stable_.source().maps, elsewhere);
    EXPECT_EQ(build(stable_.source()).maps_added, 3u);
    EXPECT_EQ(find_named(folder_.path(), "MY MAPS\\..\\out"), "");
    EXPECT_EQ(find_named(folder_.path(), "."), "");
    EXPECT_EQ(find_named(folder_.path(), " .\\MY MAPS "), elsewhere);
    EXPECT_EQ(from_windows("D:\\Games\\Songs", "/mnt"), "/mnt/d/Games/Songs");
    EXPECT_EQ(from_windows("Songs", "/mnt"), "Songs");
    EXPECT_EQ(setting("a = b\nBeatmapDirectoryOld = x\n BeatmapDirectory=y z ", "BeatmapDirectory"), "y z");
}

TEST(MapFilter, KnowsWhoMadeADifficulty) {
    EXPECT_TRUE(is_by_mapper("Sotarks", "Insane", "sotarks"));
    EXPECT_TRUE(is_by_mapper("Other", "Sotarks' Extra", "Sotarks"));
    EXPECT_TRUE(is_by_mapper("Other", "Nevo's Extra", "Nevo"));
    EXPECT_TRUE(is_by_mapper("Other", "Sakura Hana\u2019s Hard", "Sakura Hana"));
    EXPECT_TRUE(is_by_mapper("Nevo", "It's over", "Nevo"));
    EXPECT_TRUE(is_by_mapper("Other", "Insane de Nevo", "Nevo"));
    EXPECT_TRUE(is_by_mapper("Nevo", "Shadows", "Nevo"));
    EXPECT_FALSE(is_by_mapper("Nevo", "Kroytz's Extra", "Nevo"));
    EXPECT_FALSE(is_by_mapper("Nevo", "Sotarks' Extra", "Nevo"));
    EXPECT_FALSE(is_by_mapper("Nevo", "Insane de Kroytz", "Nevo"));
    EXPECT_FALSE(is_by_mapper("Nevo", "Nevo & Kroytz's Collab", "Nevo"));
    EXPECT_FALSE(is_by_mapper("Nevo", "HITSOUNDS", "Nevo"));
    EXPECT_FALSE(is_by_mapper("Other", "Insane", "Nevo"));
}

TEST(MapFilter, SplitsTags) {
    EXPECT_TRUE(has_tag("metal,power,anthrax", "power"));
    EXPECT_TRUE(has_tag("stream Jump", "jump"));
    EXPECT_FALSE(has_tag("streams", "stream"));
    EXPECT_FALSE(has_tag("", "stream"));
}

}  // namespace
}  // namespace osu
