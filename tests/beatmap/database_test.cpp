// osu!.db and collection.db: every version's layout, and every way to cut a file short.
#include <algorithm>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/file.h"
#include "beatmap/collection_db.h"
#include "beatmap/database_kind.h"
#include "beatmap/osu_db.h"
#include "support/database_writer.h"
#include "support/goldens.h"

namespace osu {
namespace {

std::span<const std::byte> bytes_of(const std::string& text) {
    return std::as_bytes(std::span(text));
}

DatabaseBeatmap example(int i) {
    DatabaseBeatmap map;
    map.artist = "artist " + std::to_string(i);
    map.title = std::string(200, 't');  // a length of two bytes
    map.title_unicode = "愛";
    map.creator = "creator";
    map.version = "Hard";
    map.md5 = std::string(32, static_cast<char>('a' + i));
    map.osu_file = "a.osu";
    map.folder = "1 a - b";
    map.source = "source";
    map.tags = "some tags";
    map.status = RankedStatus::loved;
    map.circles = 1000;
    map.sliders = 300;
    map.spinners = 2;
    map.ar = 9;
    map.cs = 4;
    map.hp = 5;
    map.od = 8;
    map.slider_velocity = 1.8;
    map.stars[0] = {{0, 5.25}, {64, 7.5}};
    map.stars[3] = {{0, 2.5}};
    map.drain_time = 90;
    map.total_time = 95000;
    map.preview_time = -1;
    map.beatmap_id = 100 + i;
    map.set_id = 10;
    map.stack_leniency = 0.5f;
    map.mode = GameMode::taiko;
    map.online_offset = -12;
    map.modified = 638000000000000000;
    return map;
}

void expect_equal(const DatabaseBeatmap& map, const DatabaseBeatmap& expected, bool with_stars) {
    EXPECT_EQ(map.artist, expected.artist);
    EXPECT_EQ(map.title, expected.title);
    EXPECT_EQ(map.title_unicode, expected.title_unicode);
    EXPECT_EQ(map.md5, expected.md5);
    EXPECT_EQ(map.folder, expected.folder);
    EXPECT_EQ(map.tags, expected.tags);
    EXPECT_EQ(map.status, expected.status);
    EXPECT_EQ(map.circles, expected.circles);
    EXPECT_EQ(map.spinners, expected.spinners);
    EXPECT_EQ(map.ar, expected.ar);
    EXPECT_EQ(map.od, expected.od);
    EXPECT_EQ(map.slider_velocity, expected.slider_velocity);
    EXPECT_EQ(map.stars, with_stars ? expected.stars : DatabaseBeatmap{}.stars);
    EXPECT_EQ(map.drain_time, expected.drain_time);
    EXPECT_EQ(map.preview_time, expected.preview_time);
    EXPECT_EQ(map.beatmap_id, expected.beatmap_id);
    EXPECT_EQ(map.set_id, expected.set_id);
    EXPECT_EQ(map.stack_leniency, expected.stack_leniency);
    EXPECT_EQ(map.mode, expected.mode);
    EXPECT_EQ(map.online_offset, expected.online_offset);
    EXPECT_EQ(map.modified, expected.modified);
}

constexpr test::DatabaseLayout layouts[] = {
    {20130815, false}, {20130815, true},  {20140608, false}, {20140609, true},  {20150101, false},
    {20160407, true},  {20160408, true},  {20191105, true},  {20191106, false}, {20191106, true},
    {20210316, false}, {20250106, false}, {20250107, false}, {20160408, false}, {20250108, false}};

TEST(OsuDatabase, ReadsEveryVersion) {
    for (const test::DatabaseLayout& layout : layouts) {
        SCOPED_TRACE(std::to_string(layout.version) + (layout.with_size ? " with sizes" : ""));
        const std::string file = test::write_osu_database({example(0), example(1), example(2)}, layout);
        const OsuDatabase database = parse_osu_database(bytes_of(file));
        EXPECT_EQ(database.version, layout.version);
        EXPECT_EQ(database.player, "player");
        EXPECT_EQ(database.bytes_left, 0u);
        EXPECT_EQ(database.damage, "");
        ASSERT_EQ(database.beatmaps.size(), 3u);
        for (int i = 0; i < 3; ++i)
            expect_equal(database.beatmaps[i], example(i), layout.version >= 20140609);
    }
}

TEST(OsuDatabase, CutAnywhereSaysHowManyMapsItRead) {
    for (const test::DatabaseLayout& layout : layouts) {
        SCOPED_TRACE(std::to_string(layout.version) + (layout.with_size ? " with sizes" : ""));
        const std::string one = test::write_osu_database({example(0)}, layout);
        const std::string file = test::write_osu_database({example(0), example(1)}, layout);
        for (size_t size = 0; size < file.size(); ++size) {
            const std::string cut = file.substr(0, size);
            ASSERT_THROW(parse_osu_database(bytes_of(cut)), Error) << size;
            if (size < 29) continue;  // not even the number of maps
            const OsuDatabase database = parse_osu_database(bytes_of(cut), Damaged::kept);
            const size_t whole = size < one.size() - 4 ? 0 : size < file.size() - 4 ? 1 : 2;
            ASSERT_EQ(database.beatmaps.size(), whole) << size;
            ASSERT_NE(database.damage.find(std::to_string(whole) + " of 2 maps"), std::string::npos)
                << database.damage;
        }
    }
}

TEST(OsuDatabase, RefusesNonsense) {
    std::string file = test::write_osu_database({example(0)}, {});
    EXPECT_THROW(parse_osu_database(bytes_of("PK\3\4 something else entirely, but long enough")), Error);
    std::string negative = file;
    negative.replace(25, 4, "\xff\xff\xff\xff");  // number of maps
    EXPECT_THROW(parse_osu_database(bytes_of(negative), Damaged::kept), Error);
    std::string many = file;
    many.replace(25, 4, "\xff\xff\xff\x7f");
    EXPECT_EQ(parse_osu_database(bytes_of(many), Damaged::kept).beatmaps.size(), 1u)
        << "and no memory for the others";
}

TEST(OsuDatabase, ReadsRealFilesToTheLastByte) {
    SHARED_OR_SKIP(folder, "db");
    const std::pair<const char*, int> files[] = {{"osu-20210316.db", 20210316},
                                                 {"osu-20250108.db", 20250108}};
    for (const auto& [name, version] : files) {
        const OsuDatabase database = read_osu_database(folder / name);
        EXPECT_EQ(database.version, version);
        EXPECT_EQ(database.bytes_left, 0u);
        EXPECT_GT(database.beatmaps.size(), 0u);
        EXPECT_EQ(static_cast<int32_t>(database.beatmaps.size()), database.beatmap_count);
        for (const DatabaseBeatmap& map : database.beatmaps) {
            EXPECT_EQ(map.md5.size(), 32u) << map.osu_file;
            EXPECT_TRUE(map.osu_file.ends_with(".osu")) << map.osu_file;
            EXPECT_TRUE(map.ar >= 0 && map.ar <= 10 && map.od >= 0 && map.od <= 10) << map.osu_file;
            for (const auto& stars : map.stars)
                for (const auto& [mods, value] : stars) EXPECT_TRUE(value >= 0 && value < 20) << map.osu_file;
        }
        const std::string bytes = read_file(folder / name);
        for (size_t size = 0; size < bytes.size(); size += 499)
            EXPECT_THROW(parse_osu_database(bytes_of(bytes.substr(0, size))), Error) << size;
    }
    EXPECT_THROW(read_osu_database(folder / "collection-20210316.db"), Error);
}

TEST(CollectionDatabase, ReadsRealFilesToTheLastByte) {
    SHARED_OR_SKIP(folder, "db");
    EXPECT_TRUE(read_collection_database(folder / "collection-20200811-empty.db").collections.empty());
    const CollectionDatabase database = read_collection_database(folder / "collection-20210316.db");
    EXPECT_EQ(database.bytes_left, 0u);
    ASSERT_EQ(database.collections.size(), 2u);
    EXPECT_EQ(database.collections[0].name, "Hard maps");
    EXPECT_EQ(database.collections[1].md5.size(), 2u);
}

TEST(CollectionDatabase, CutAnywhereSaysHowMuchItRead) {
    const std::string file =
        test::write_collection_database({{"first", {std::string(32, 'a'), std::string(32, 'b')}},
                                         {"", {}},
                                         {"third", {std::string(32, 'c')}}});
    const CollectionDatabase whole = parse_collection_database(bytes_of(file));
    ASSERT_EQ(whole.collections.size(), 3u);
    EXPECT_EQ(whole.collections[2].md5, std::vector{std::string(32, 'c')});
    size_t maps_before = 0;
    for (size_t size = 0; size < file.size(); ++size) {
        const std::string cut = file.substr(0, size);
        ASSERT_THROW(parse_collection_database(bytes_of(cut)), Error) << size;
        if (size < 8) continue;
        size_t maps = 0;
        for (const Collection& collection :
             parse_collection_database(bytes_of(cut), Damaged::kept).collections)
            maps += collection.md5.size();
        ASSERT_GE(maps, maps_before);
        maps_before = maps;
    }
    EXPECT_EQ(maps_before, 2u);
}

std::string scores_database(int32_t scores) {
    test::DatabaseWriter out;
    out.value<int32_t>(20210316);
    out.value<int32_t>(1);  // maps
    out.string(std::string(32, 'a'));
    out.value(scores);
    if (scores == 0) return out.bytes;
    out.value<uint8_t>(0);
    out.value<int32_t>(20210301);
    out.string(std::string(32, 'a'));
    out.string("player");
    return out.bytes;
}

std::string presence_database() {
    test::DatabaseWriter out;
    for (const int32_t number : {20210316, 2, 1234567}) out.value(number);
    out.string("somebody");
    out.bytes.append(20, '\1');
    return out.bytes;
}

TEST(DatabaseKind, IsToldByTheFirstEntry) {
    const auto kind = [](const std::string& file) { return database_kind(bytes_of(file)); };
    for (const test::DatabaseLayout& layout : layouts)
        EXPECT_EQ(kind(test::write_osu_database({example(0)}, layout)), DatabaseKind::maps);
    EXPECT_EQ(kind(test::write_osu_database({}, {})), DatabaseKind::maps);
    std::string damaged = test::write_osu_database({example(0), example(1)}, {});
    std::fill(damaged.begin() + 29, damaged.begin() + 60, '\xff');
    EXPECT_EQ(kind(damaged), DatabaseKind::maps) << "whatever its first map is";
    EXPECT_EQ(kind(test::write_collection_database({})), DatabaseKind::collections);
    EXPECT_EQ(kind(test::write_collection_database({{"mine", {std::string(32, 'b')}}, {"", {}}})),
              DatabaseKind::collections);
    EXPECT_EQ(kind(test::write_collection_database({{"", {std::string(32, 'b')}}})),
              DatabaseKind::collections);
    EXPECT_EQ(kind(test::write_collection_database({{std::string(32, 'c'), {std::string(32, 'b')}}})),
              DatabaseKind::collections)
        << "named like a digest";
    EXPECT_EQ(kind(scores_database(0)), DatabaseKind::scores);
    EXPECT_EQ(kind(scores_database(2)), DatabaseKind::scores);
    EXPECT_EQ(kind(presence_database()), DatabaseKind::presence);
    EXPECT_EQ(kind(std::string(100, '\0')), DatabaseKind::unknown);
    EXPECT_EQ(kind("PK"), DatabaseKind::unknown);
}

TEST(CollectionDatabase, ZerosAreNoCollections) {
    std::string file = test::write_collection_database({{"mine", {std::string(32, 'b')}}});
    file.replace(4, 4, "\xff\xff\xff\x7f");
    file.append(1 << 20, '\0');
    const CollectionDatabase database = parse_collection_database(bytes_of(file), Damaged::kept);
    EXPECT_LE(database.collections.size(), 2u);
    EXPECT_NE(database.damage, "");
}

// Zeros read as entries, and a file of them would become three times its size of maps without a name.
TEST(OsuDatabase, ZerosAreNoMaps) {
    std::string file = test::write_osu_database({example(0)}, {});
    file.replace(25, 4, "\xff\xff\xff\x7f");
    file.resize(file.size() - 4);
    file.append(1 << 20, '\0');
    const OsuDatabase database = parse_osu_database(bytes_of(file), Damaged::kept);
    EXPECT_EQ(database.beatmaps.size(), 1u);
    EXPECT_NE(database.damage, "");
}

}  // namespace
}  // namespace osu
