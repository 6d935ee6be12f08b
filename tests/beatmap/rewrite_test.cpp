#include "beatmap/rewrite.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace osu {
namespace {

const std::string crlf =
    "osu file format v14\r\n\r\n[Metadata]\r\nTitle:T\r\nVersion:V\r\n\r\n[HitObjects]\r\n1,2,3,1,0\r\n";

TEST(Rewrite, WithoutEditsGivesTheSameBytes) {
    for (const std::string& text :
         {crlf, std::string("\xef\xbb\xbf\n\n\nosu file format v14\n[Metadata]\nTitle: x"),
          std::string("osu file format v14\r\n[General]\nMode: 0\r\r\n\n//c\n \t\n[HitObjects]\n\n\n"),
          std::string("osu file format v14\n\0[x\n", 24), std::string("osu file format v3\r")}) {
        const Beatmap map = parse_beatmap(text);
        EXPECT_EQ(Rewrite(map).text(), text);
    }
}

TEST(Rewrite, ChangesTheChosenLinesOnly) {
    const Beatmap map = parse_beatmap(crlf);
    Rewrite rewrite(map);
    rewrite.replace(7, "9,9,3,1,0");
    rewrite.insert_before(7, "5,5,2,1,0");
    rewrite.insert_before(7, "6,6,2,1,0");
    rewrite.remove(3);
    EXPECT_EQ(rewrite.text(),
              "osu file format v14\r\n\r\n[Metadata]\r\nVersion:V\r\n\r\n[HitObjects]\r\n"
              "5,5,2,1,0\r\n6,6,2,1,0\r\n9,9,3,1,0\r\n");
}

TEST(Rewrite, TheLastChangeOfALineCounts) {
    const Beatmap map = parse_beatmap(crlf);
    Rewrite rewrite(map);
    rewrite.remove(7);
    rewrite.replace(7, "x");
    rewrite.replace(0, "y");
    rewrite.remove(0);
    EXPECT_EQ(rewrite.text(), "\r\n[Metadata]\r\nTitle:T\r\nVersion:V\r\n\r\n[HitObjects]\r\nx\r\n");
}

TEST(Rewrite, KeepsByteOrderMarkAndMixedLineEnds) {
    const Beatmap map =
        parse_beatmap("\xef\xbb\xbfosu file format v14\n[HitObjects]\r\n1,2,3,1,0\n4,5,6,1,0");
    Rewrite rewrite(map);
    rewrite.insert_before(0, "//first");
    rewrite.replace(1, "[HitObjects] ");
    rewrite.insert_before(2, "7,8,9,1,0");
    rewrite.insert_before(4, "last");
    EXPECT_EQ(
        rewrite.text(),
        "\xef\xbb\xbf//first\nosu file format v14\n[HitObjects] \r\n7,8,9,1,0\n1,2,3,1,0\n4,5,6,1,0\nlast");
}

TEST(Rewrite, SetsValues) {
    const Beatmap map = parse_beatmap(crlf);
    Rewrite rewrite(map);
    rewrite.set_value(Section::metadata, "Version", "Diffusion V");
    rewrite.set_value(Section::metadata, "BeatmapID", "0");
    EXPECT_EQ(rewrite.text(),
              "osu file format v14\r\n\r\n[Metadata]\r\nTitle:T\r\nVersion:Diffusion V\r\nBeatmapID:0\r\n\r\n"
              "[HitObjects]\r\n1,2,3,1,0\r\n");
    EXPECT_THROW(rewrite.set_value(Section::metadata, "Version", "a\nb"), Error);
}

TEST(Rewrite, SetsValuesInTheStyleOfTheFile) {
    const Beatmap map = parse_beatmap("osu file format v14\n[Metadata]\nTitle : T\n\n[General]\nMode: 0");
    Rewrite rewrite(map);
    rewrite.set_value(Section::metadata, "Title", "U");
    rewrite.set_value(Section::metadata, "Version", "V");
    rewrite.set_value(Section::general, "PreviewTime", "5");
    EXPECT_EQ(rewrite.text(),
              "osu file format v14\n[Metadata]\nTitle : U\nVersion: V\n\n[General]\nMode: 0\nPreviewTime: 5");
}

TEST(Rewrite, SetsEveryLineThatHasTheKey) {
    const Beatmap map =
        parse_beatmap("osu file format v14\n[Metadata]\nVersion:a\n//Version:b\nVersion\n Version : c \n");
    EXPECT_EQ(map.metadata.version, "c");
    Rewrite rewrite(map);
    rewrite.set_value(Section::metadata, "Version", "V");
    EXPECT_EQ(rewrite.text(),
              "osu file format v14\n[Metadata]\nVersion:V\n//Version:b\nVersion:V\n Version : V\n");
}

TEST(Rewrite, AddsAMissingSectionBeforeTheObjects) {
    const Beatmap map = parse_beatmap("osu file format v14\n[HitObjects]\n1,2,3,1,0\n");
    Rewrite rewrite(map);
    rewrite.set_value(Section::metadata, "Version", "V");
    EXPECT_EQ(rewrite.text(), "osu file format v14\n[Metadata]\nVersion:V\n[HitObjects]\n1,2,3,1,0\n");
    const Beatmap bare = parse_beatmap("osu file format v14");
    Rewrite second(bare);
    second.set_value(Section::metadata, "Version", "V");
    EXPECT_EQ(second.text(), "osu file format v14\r\n[Metadata]\r\nVersion:V");
}

TEST(Rewrite, WhatItWritesReadsBack) {
    const Beatmap map = parse_beatmap(crlf);
    Rewrite rewrite(map);
    rewrite.set_value(Section::metadata, "Version", "new");
    const Beatmap again = parse_beatmap(rewrite.text());
    EXPECT_EQ(again.metadata.version, "new");
    EXPECT_EQ(again.metadata.title, "T");
    EXPECT_EQ(again.warning_count, 0u);
}

TEST(Rewrite, Utf16StaysUtf16) {
    const std::string text =
        "\xef\xbb\xbfosu file format v14\r\n[Metadata]\r\nTitle:é 愛 😀\r\nVersion:V\r\n"
        "[HitObjects]\r\n1,2,3,1,0\r\n";
    for (const Encoding encoding : {Encoding::utf16_little, Encoding::utf16_big}) {
        const std::string file = to_utf16(text, encoding);
        EXPECT_EQ(encoding_of(file), encoding);
        const Beatmap map = parse_beatmap(file);
        EXPECT_EQ(map.metadata.title, "é 愛 😀");
        EXPECT_EQ(map.objects.size(), 1u);
        Rewrite rewrite(map);
        EXPECT_EQ(rewrite.text(), file);
        rewrite.set_value(Section::metadata, "Version", "ü");
        EXPECT_EQ(parse_beatmap(rewrite.text()).metadata.version, "ü");
        EXPECT_EQ(encoding_of(rewrite.text()), encoding);
        EXPECT_EQ(encoding_of(rewrite.utf8_text()), Encoding::utf8);
    }
    const std::string half("\xff\xfe\x3d\xd8x\0\0\xdc", 8);  // surrogates that stand alone
    EXPECT_EQ(to_utf16(from_utf16(half, Encoding::utf16_little), Encoding::utf16_little), half);
}

}  // namespace
}  // namespace osu
