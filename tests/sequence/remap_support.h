// What the tests of remap share: a map to rewrite, coordinates, and what a rewrite must keep.
#pragma once

#include <gtest/gtest.h>

#include "base/random.h"
#include "sequence/sequence.h"

namespace osu::test {

// A map with one of everything that a rewrite could lose. Lines end in CRLF, some oddly written.
inline const std::string rich_map =
    "\xEF\xBB\xBFosu file format v9\r\n\r\n"
    "[General]\r\nAudioFilename: a.mp3\r\nMode: 0\r\n\r\n"
    "[Editor]\r\nBookmarks: 1000,2000\r\n\r\n"
    "[Metadata]\r\nTitle:T\r\nArtist:A\r\nCreator:C\r\nVersion:Hard\r\nBeatmapID:77\r\nBeatmapSetID:7\r\n\r\n"
    "[Difficulty]\r\nCircleSize:4\r\nSliderMultiplier:1.4\r\nSliderTickRate:1\r\n\r\n"
    "[Events]\r\n//Background and Video events\r\n0,0,\"bg.jpg\",0,0\r\n2,9000,9500\r\n\r\n"
    "[TimingPoints]\r\n-28,300,4,2,1,60,1,0\r\n1000,-133.333333333333,4,2,1,20,0,1\r\n6000,-50,4,1,0,70,0,"
    "0\r\n\r\n"
    "[Colours]\r\nCombo1 : 255,128,0\r\n\r\n"
    "[HitObjects]\r\n"
    " 0256,192.7,1001,37,14,2:1:3:40:a.wav\r\n"
    "100,100,1500,6,2,B|150:50|150:50| 200:100|250:150,2,140.000006408692,2|0|8,1:2|0:0|3:1,0:0:0:0:\r\n"
    "300,100,3001,2,0,P|350:150|400:100,1,105\r\n"
    "256,192,4000,8,4,5001,1:0:0:0:\r\n"
    "50,300,6500,86,8,L|150:300,3,70,0|0|0|2,0:0|0:0|0:0|1:1,0:0:0:0: // a comment, 1\r\n"
    "60,60,9600,1,0\r\n";

inline std::vector<Vec2> random_positions(const Sequence& sequence, uint64_t seed, float spread = 0) {
    Philox random(seed);
    std::vector<Vec2> out(sequence.size());
    for (Vec2& p : out) {
        p.x = random.uniform() * (512 + 2 * spread) - spread;
        p.y = random.uniform() * (384 + 2 * spread) - spread;
    }
    return out;
}

// Everything that is no place.
inline void expect_same_play(const Beatmap& a, const Beatmap& b, double end_tolerance = 0) {
    ASSERT_EQ(a.objects.size(), b.objects.size());
    for (size_t i = 0; i < a.objects.size(); ++i) {
        const HitObject &p = a.objects[i], &q = b.objects[i];
        SCOPED_TRACE(a.line(p.line));
        SCOPED_TRACE(b.line(q.line));
        ASSERT_EQ(p.kind, q.kind);
        ASSERT_EQ(p.start_time, q.start_time);
        ASSERT_NEAR(p.end_time, q.end_time, end_tolerance);
        ASSERT_EQ(p.new_combo, q.new_combo);
        ASSERT_EQ(p.combo_skip, q.combo_skip);
        ASSERT_EQ(p.hit_sound, q.hit_sound);
        ASSERT_EQ(p.span_count, q.span_count);
        ASSERT_EQ(p.anchor_count, q.anchor_count);
        ASSERT_EQ(p.segment_count, q.segment_count);
        const auto s = a.anchors_of(p), t = b.anchors_of(q);
        for (uint32_t k = 0; k < p.segment_count; ++k) {
            const auto &x = a.segments_of(p)[k], &y = b.segments_of(q)[k];
            ASSERT_TRUE(x.type == y.type && x.degree == y.degree && x.count == y.count);
        }
        for (size_t k = 1; k + 1 < s.size(); ++k)
            ASSERT_EQ(s[k] == s[k - 1], t[k] == t[k - 1]) << "anchor " << k;
    }
}

}  // namespace osu::test
