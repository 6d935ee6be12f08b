// What the tests of datasets share: a folder of invented maps, and the dataset built from it.
#pragma once

#include <string>

#include <gtest/gtest.h>

#include "base/file.h"
#include "data/dataset_builder.h"
#include "data/pack_dataset.h"
#include "support/small_maps.h"
#include "support/temporary_folder.h"

namespace osu::test {

namespace fs = std::filesystem;

inline constexpr char storyboard[] =
    "//Background and Video events\r\n0,0,\"bg.jpg\",0,0\r\nVideo,10,\"film.avi\"\r\n//Break "
    "Periods\r\n2,1100,1200\r\n"
    "3,100,163,162,255\r\nSprite,Foreground,Centre,\"a, b.png\",320,240\r\n "
    "F,0,100,,0,1\r\n__M,0,1,2,3,4,5,6\r\n"
    "5,100,0,\"hit.wav\",70\r\n//Storyboard Sound Samples\r\n";
inline constexpr char stripped[] =
    "//Background and Video events\r\n0,0,\"bg.jpg\",0,0\r\n//Break Periods\r\n2,1100,1200\r\n"
    "//Storyboard Sound Samples\r\n";

class DatasetTest : public ::testing::Test {
  protected:
    DatasetReport build(uint64_t limit = 0) {
        return build_dataset(
            {.sources = {recognise_source(folder_ / "maps")}, .out = folder_ / "out", .limit = limit});
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
        write_osz(maps / "44 band - third.osz",
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
    TemporaryFolder folder_;
};

}  // namespace osu::test
