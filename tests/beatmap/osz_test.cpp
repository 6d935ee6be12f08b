// Archives built here with libzip: listed, read, copied with a map added, and hostile ones refused.
#include "beatmap/osz.h"

#include <chrono>
#include <functional>

#include <gtest/gtest.h>
#include <zip.h>

#include "base/error.h"
#include "support/temporary_folder.h"

namespace osu {
namespace {

std::string map_text(const std::string& version, int id) {
    return "osu file format v14\r\n[Metadata]\r\nVersion:" + version + "\r\nBeatmapID:" + std::to_string(id) +
           "\r\n[HitObjects]\r\n1,2,3,1,0\r\n";
}

class OszTest : public testing::Test {
  protected:
    const test::TemporaryFolder folder;
    const std::filesystem::path file = folder / "set.osz";

    void build(const std::vector<std::pair<std::string, std::string>>& entries) {
        std::filesystem::remove(file);
        zip_t* zip = zip_open(file.c_str(), ZIP_CREATE, nullptr);
        ASSERT_NE(zip, nullptr);
        for (const auto& [name, content] : entries)
            ASSERT_GE(
                zip_file_add(zip, name.c_str(), zip_source_buffer(zip, content.data(), content.size(), 0), 0),
                0);
        ASSERT_EQ(zip_close(zip), 0);
    }
    void build_set() {
        build({{"audio.mp3", "not really"},
               {"A - B (C) [Easy].osu", map_text("Easy", 11)},
               {"A - B (C) [Hard].OSU", map_text("Hard", 12)},
               {"sb/x.png", "picture"},
               {"broken.osu", "nothing"}});
    }
    // Changes bytes behind every signature of the archive's directory or its local headers.
    void patch(const std::string& signature, size_t offset, const std::string& value) {
        std::string bytes = read_file(file);
        size_t count = 0;
        for (size_t at = 0; (at = bytes.find(signature, at)) != bytes.npos; ++at, ++count)
            bytes.replace(at + offset, value.size(), value);
        ASSERT_GT(count, 0u);
        write_file(file, bytes);
    }
};

const std::string directory_entry = "PK\1\2", local_header = "PK\3\4";

TEST_F(OszTest, ListsItsMaps) {
    build_set();
    const OszArchive archive(file);
    EXPECT_EQ(archive.entries().size(), 5u);
    const auto maps = archive.maps();
    ASSERT_EQ(maps.size(), 3u);
    EXPECT_EQ(maps[0].version, "Easy");
    EXPECT_EQ(maps[0].beatmap_id, 11);
    EXPECT_EQ(maps[1].file_name, "A - B (C) [Hard].OSU");
    EXPECT_EQ(maps[1].problem, "");
    EXPECT_NE(maps[2].problem, "");
    EXPECT_EQ(archive.read("SB\\X.png"), "picture");
    EXPECT_THROW(archive.read("none"), Error);
}

TEST_F(OszTest, TakesAMapByNameOrId) {
    build_set();
    const OszArchive archive(file);
    EXPECT_EQ(archive.map("Hard").metadata.beatmap_id, 12);
    EXPECT_EQ(archive.map("hard").metadata.beatmap_id, 12);
    EXPECT_EQ(archive.map("11").metadata.version, "Easy");
    EXPECT_EQ(archive.map("A - B (C) [Easy].osu").text, map_text("Easy", 11));
    EXPECT_THROW(archive.map("broken.osu"), Error);
    for (const char* which : {"Insane", "13", ""}) try {
            archive.map(which);
            FAIL() << which;
        } catch (const Error& error) {
            EXPECT_NE(error.hint().find("[Easy] 11"), std::string::npos) << error.hint();
        }
    build({{"only.osu", map_text("Solo", 0)}});
    EXPECT_EQ(OszArchive(file).map("").metadata.version, "Solo");
    build({{"1.osu", map_text("Twice", 0)}, {"2.osu", map_text("Twice", 0)}});
    EXPECT_THROW(OszArchive(file).map("Twice"), Error);
    EXPECT_EQ(OszArchive(file).map("2.osu").metadata.version, "Twice");
}

TEST_F(OszTest, WritesACopyWithAMapMore) {
    build_set();
    const auto target = folder / "new.osz";
    OszArchive(file).write_with(target, "A - B (C) [Diffusion].osu", map_text("Diffusion", 0));
    const OszArchive copy(target);
    EXPECT_EQ(copy.entries().size(), 6u);
    EXPECT_EQ(copy.map("Diffusion").text, map_text("Diffusion", 0));
    EXPECT_EQ(copy.map("Easy").text, map_text("Easy", 11));
    EXPECT_EQ(copy.read("audio.mp3"), "not really");
    EXPECT_EQ(OszArchive(file).entries().size(), 5u) << "the source stays";

    const std::string bytes = read_file(target);
    OszArchive(file).write_with(target, "A - B (C) [Diffusion].osu", map_text("Diffusion", 0));
    EXPECT_EQ(read_file(target), bytes) << "the same, whenever it is made";
}

TEST_F(OszTest, ReplacesAMapInPlace) {
    build_set();
    OszArchive(file).write_with(file, "A - B (C) [Easy].osu", map_text("Easy", 99));
    const OszArchive archive(file);
    EXPECT_EQ(archive.entries().size(), 5u);
    EXPECT_EQ(archive.map("Easy").metadata.beatmap_id, 99);
    EXPECT_EQ(archive.map("Hard").metadata.beatmap_id, 12);
    EXPECT_THROW(archive.write_with(file, "../x.osu", ""), Error);
    EXPECT_THROW(archive.write_with(file / "folder.osz", "x.osu", ""), Error);
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1)
        << "no temporary file is left";
}

TEST_F(OszTest, RefusesNamesThatLeadOut) {
    for (const char* name :
         {"../x.osu", "a/../../x.osu", "/x.osu", "\\x.osu", "..\\x.osu", "C:\\x.osu", "a/.."}) {
        build({{name, map_text("X", 1)}});
        EXPECT_THROW(OszArchive{file}, Error) << name;
    }
    build({{"a..b/..c/x...osu", map_text("X", 1)}});
    EXPECT_EQ(OszArchive(file).maps().at(0).version, "X");
    patch("..b/..c", 2, std::string(1, '\0'));
    EXPECT_THROW(OszArchive{file}, Error) << "a zero in it";
}

TEST_F(OszTest, RefusesWhatUnpacksToTooMuch) {
    build({{"bomb.osu", std::string(beatmap_size_limit + 1, ' ')}});
    ASSERT_LT(std::filesystem::file_size(file), size_t{1} << 20);
    EXPECT_THROW(OszArchive(file).read("bomb.osu"), Error);
    EXPECT_NE(OszArchive(file).maps().at(0).problem, "");

    build({{"liar.osu", std::string(1 << 20, ' ')}});
    patch(directory_entry, 24, std::string("\x10\0\0\0", 4));  // 16 bytes, it says
    try {
        OszArchive(file).read("liar.osu");
        FAIL();
    } catch (const Error&) {
    }
    patch(directory_entry, 24, std::string("\xff\xff\xff\x7f", 4));
    EXPECT_THROW(OszArchive(file).read("liar.osu"), Error);
    patch(directory_entry, 24, std::string("\0\0\x20\0", 4));  // 2 MiB, and holds one
    EXPECT_THROW(OszArchive(file).read("liar.osu"), Error);
}

TEST_F(OszTest, RefusesDamagedAndEncryptedEntries) {
    build_set();
    const std::string whole = read_file(file);
    patch(directory_entry, 16, "abcd");  // the checksum
    EXPECT_THROW(OszArchive(file).read("audio.mp3"), Error);
    write_file(file, whole);
    patch(directory_entry, 8, std::string(1, '\1'));  // encrypted
    patch(local_header, 6, std::string(1, '\1'));
    EXPECT_THROW(OszArchive(file).read("audio.mp3"), Error);
    for (size_t size = 0; size < whole.size(); size += 7) {
        write_file(file, whole.substr(0, size));
        EXPECT_THROW(OszArchive{file}, Error) << size;
    }
    EXPECT_THROW(OszArchive(folder / "absent.osz"), Error);
}

TEST_F(OszTest, AddsSeveralMapsInOneStep) {
    build_set();
    const std::vector<OszArchive::NewEntry> added{{"new/1.osu", map_text("One", 1)},
                                                  {"new/2.osu", map_text("Two", 2)}};
    OszArchive(file).write_with(file, added);
    const OszArchive archive(file);
    EXPECT_EQ(archive.entries().size(), 7u);
    EXPECT_EQ(archive.map("One").metadata.beatmap_id, 1);
    EXPECT_EQ(archive.map("Two").metadata.beatmap_id, 2);
}

TEST_F(OszTest, WhatOtherSystemsLeaveIsNoMap) {
    build({{"__MACOSX/._A.osu", "mac"},
           {"._A.osu", "mac"},
           {"sub/__MACOSX/A.osu", "mac"},
           {".DS_Store", "mac"},
           {"damaged.osu", "nothing"},
           {"A.osu", map_text("A", 5)}});
    const OszArchive archive(file);
    EXPECT_EQ(archive.maps().size(), 2u);
    EXPECT_EQ(archive.map("").metadata.beatmap_id, 5) << "what cannot be read does not compete";
}

TEST_F(OszTest, AreKnownByTheirContent) {
    build_set();
    EXPECT_TRUE(looks_like_osz(file));
    std::filesystem::rename(file, folder / "set.olz");
    EXPECT_TRUE(looks_like_osz(folder / "set.olz"));
    write_file(folder / "x.osz", "osu file format v14");
    EXPECT_FALSE(looks_like_osz(folder / "x.osz"));
    EXPECT_FALSE(looks_like_osz(folder.path()));
}

TEST_F(OszTest, NamesInCp932AreReadAndKept) {
    const std::string japanese = "\x83\x65\x83\x58\x83\x67\x83\x5c.mp3";  // ends in 5c, a backslash elsewhere
    build({{japanese, "sound"}, {"A.osu", map_text("A", 5)}});
    OszArchive(file).write_with(file, "B.osu", map_text("B", 6));
    const OszArchive archive(file);
    EXPECT_EQ(archive.entries()[0].name, "テストソ.mp3");
    EXPECT_EQ(archive.read("テストソ.mp3"), "sound");
    const std::string bytes = read_file(file);
    EXPECT_NE(bytes.find(japanese), bytes.npos);
    EXPECT_NE(bytes.find(japanese), bytes.rfind(japanese)) << "in front of the entry, and in the list";
}

TEST_F(OszTest, RefusesEntriesThatLieOverOneAnother) {
    build_set();
    std::string bytes = read_file(file);
    const size_t first = bytes.find(directory_entry), second = bytes.find(directory_entry, first + 4);
    bytes.replace(second + 42, 4, std::string(4, '\0'));  // where the first entry begins
    write_file(file, bytes);
    try {
        const OszArchive archive(file);
        FAIL() << "it was opened";
    } catch (const Error& error) {
        EXPECT_NE(std::string(error.what()).find("over one another"), std::string::npos) << error.what();
    }
}

// Found by fuzzing: our own writer looked behind its list of entries for the end of such a one. libzip copies
// the rest and leaves the broken entry as it was.
TEST_F(OszTest, AnEntryThatBeginsInTheListIsRefusedOrLeftAsItIs) {
    build_set();
    std::string bytes = read_file(file);
    const size_t list = bytes.find(directory_entry), second = bytes.find(directory_entry, list + 4);
    for (size_t i = 0; i < 4; ++i) bytes[second + 42 + i] = static_cast<char>(list >> 8 * i);
    write_file(file, bytes);
    bool refused = false;
    try {
        OszArchive(file).write_with(file, "new.osu", map_text("New", 7));
    } catch (const Error&) {
        refused = true;
        EXPECT_EQ(read_file(file), bytes);
    }
    if (!refused) {
        EXPECT_NE(read_file(file).find("new.osu"), std::string::npos);
    }
}

TEST_F(OszTest, AMillionEntriesAreRefusedAtOnce) {
    std::string bytes = local_header + std::string(26, '\0');
    const size_t begin = bytes.size(), count = 1000000;
    for (size_t i = 0; i < count; ++i) bytes += directory_entry + std::string(42, '\0');
    const auto put = [&](uint64_t value, int size) {
        for (int i = 0; i < size; ++i) bytes += static_cast<char>(value >> 8 * i);
    };
    const size_t size = bytes.size() - begin;
    bytes += std::string("PK\5\6") + std::string(4, '\0');
    put(0xfffe, 2), put(0xfffe, 2), put(size, 4), put(begin, 4), put(0, 2);
    const auto start = std::chrono::steady_clock::now();
    EXPECT_THROW(OszArchive(std::as_bytes(std::span(bytes)), "many"), Error);
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(2));
}

TEST_F(OszTest, MapsThatFailCountForTheLimitToo) {
    const std::string zeros(size_t{50} << 20, '\0');
    build({{"1.osu", zeros}, {"2.osu", zeros}, {"3.osu", zeros}, {"4.osu", zeros}});
    patch(directory_entry, 16, "wrng");  // the checksum, which is looked at in the end
    const auto maps = OszArchive(file).maps();
    ASSERT_EQ(maps.size(), 4u);
    EXPECT_EQ(maps[0].problem.find("can be right"), std::string::npos) << maps[0].problem;
    EXPECT_NE(maps[3].problem.find("can be right"), std::string::npos) << maps[3].problem;
}

}  // namespace
}  // namespace osu
