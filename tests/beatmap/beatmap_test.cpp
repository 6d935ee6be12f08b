// The reader on its own small maps, one quirk a test.
#include "beatmap/beatmap.h"

#include <cmath>

#include <gtest/gtest.h>

#include "base/error.h"
#include "beatmap/rewrite.h"

namespace osu {
namespace {

Beatmap with_objects(const std::string& objects, int version = 14) {
    return parse_beatmap("osu file format v" + std::to_string(version) + "\n\n[HitObjects]\n" + objects);
}

HitObject only_object(const std::string& line, int version = 14) {
    const Beatmap map = with_objects(line + "\n", version);
    EXPECT_EQ(map.objects.size(), 1u) << line;
    EXPECT_EQ(map.warning_count, 0u) << line;
    return map.objects.empty() ? HitObject{} : map.objects[0];
}

void expect_refused(const std::string& line, int version = 14) {
    const Beatmap map = with_objects("1,2,3,1,0\n" + line + "\n", version);
    EXPECT_EQ(map.objects.size(), 1u) << line;
    ASSERT_EQ(map.warning_count, 1u) << line;
    EXPECT_EQ(map.warnings[0].line, 5u) << line;
    EXPECT_TRUE(map.anchors.empty() && map.segments.empty()) << line;
}

TEST(Beatmap, ReadsEverySection) {
    const Beatmap map = parse_beatmap(
        "osu file format v14\r\n\r\n[General]\r\nAudioFilename: folder\\song.mp3\r\nPreviewTime: 1234\r\n"
        "SampleSet: Drum\r\nStackLeniency: 0.5\r\nMode: 0\r\n\r\n[Editor]\r\nBookmarks: 1,2\r\n\r\n"
        "[Metadata]\r\nTitle:A // B\r\nTitleUnicode:愛\r\nArtist:C\r\nArtistUnicode:D\r\nCreator: E \r\n"
        "Version:F:G\r\nSource:H\r\nTags:i j\r\nBeatmapID:12\r\nBeatmapSetID:34\r\n\r\n"
        "[Difficulty]\r\nHPDrainRate:4\r\nCircleSize:3.5\r\nOverallDifficulty:6\r\nApproachRate:9.3\r\n"
        "SliderMultiplier:1.8\r\nSliderTickRate:2\r\n\r\n"
        "[Events]\r\n//Background\r\n0,0,\"back.jpg\",0,0\r\nVideo,0,\"v.mp4\"\r\n2,100,200\r\n"
        "Sprite,Foreground,Centre,\"s.png\",320,240\r\n F,0,0,1,1\r\n\r\n"
        "[TimingPoints]\r\n10,500,3,2,1,60,1,1\r\n20,-50,4,1,0,50,0,8\r\n\r\n"
        "[Colours]\r\nCombo1 : 1,2,3\r\nSliderBorder : 9,9,9\r\n\r\n"
        "[HitObjects]\r\n10,20,100,5,2,0:0:0:0:\r\n");
    EXPECT_EQ(map.warning_count, 0u);
    EXPECT_EQ(map.format_version, 14);
    EXPECT_EQ(map.audio_filename, "folder/song.mp3");
    EXPECT_EQ(map.preview_time, 1234);
    EXPECT_EQ(map.stack_leniency, 0.5);
    EXPECT_EQ(map.metadata.title, "A // B");
    EXPECT_EQ(map.metadata.title_unicode, "愛");
    EXPECT_EQ(map.metadata.creator, "E");
    EXPECT_EQ(map.metadata.version, "F:G");
    EXPECT_EQ(map.metadata.source, "H");
    EXPECT_EQ(map.metadata.tags, "i j");
    EXPECT_EQ(map.metadata.beatmap_id, 12);
    EXPECT_EQ(map.metadata.set_id, 34);
    EXPECT_EQ(map.difficulty.hp, 4);
    EXPECT_EQ(map.difficulty.cs, 3.5f);
    EXPECT_EQ(map.difficulty.od, 6);
    EXPECT_EQ(map.difficulty.ar, 9.3f);
    EXPECT_EQ(map.difficulty.slider_multiplier, 1.8);
    EXPECT_EQ(map.difficulty.slider_tick_rate, 2);
    ASSERT_EQ(map.breaks.size(), 1u);
    EXPECT_EQ(map.breaks[0].end, 200);
    ASSERT_EQ(map.combo_colours.size(), 1u);
    EXPECT_EQ(map.combo_colours[0].blue, 3);
    ASSERT_EQ(map.timing_points.size(), 2u);
    EXPECT_EQ(map.timing_points[0].meter, 3);
    EXPECT_EQ(map.timing_points[0].sample_set, 2);
    EXPECT_EQ(map.timing_points[1].volume, 50);
    EXPECT_EQ(map.timing_points[1].effects, 8);
    EXPECT_FALSE(map.timing_points[1].uninherited);
    ASSERT_EQ(map.objects.size(), 1u);
    EXPECT_EQ(map.objects[0].hit_sound, 2);
    EXPECT_TRUE(map.objects[0].new_combo);
    EXPECT_EQ(map.line(map.objects[0].line), "10,20,100,5,2,0:0:0:0:");
    EXPECT_EQ(map.lines[map.objects[0].line].section, Section::hit_objects);
}

TEST(Beatmap, ReadsAFileWithoutItsFirstLineAsTheGameDoes) {
    const Beatmap map = parse_beatmap("\xef\xbb\xbf\n\n[Metadata]\nTitle: T\n");
    EXPECT_EQ(map.format_version, 14);
    EXPECT_EQ(map.metadata.title, "T");
    ASSERT_EQ(map.warning_count, 1u);
    EXPECT_EQ(map.warnings[0].line, 3u);
    EXPECT_EQ(parse_beatmap("\n  \nosu file format v9\n[Metadata]\n").format_version, 9);
    EXPECT_EQ(parse_beatmap("osu file format v128").format_version, 128);
}

TEST(Beatmap, RefusesWhatIsNoBeatmap) {
    EXPECT_THROW(parse_beatmap(""), Error);
    EXPECT_THROW(parse_beatmap("\xef\xbb\xbf"), Error);
    EXPECT_THROW(parse_beatmap("hello\nworld\n"), Error);
    EXPECT_THROW(parse_beatmap("[Events]\n0,0,\"storyboard.png\"\n"), Error);
    EXPECT_THROW(parse_beatmap("osu file format vX\n[General]\n"), Error);
    EXPECT_THROW(parse_beatmap(std::string("\xff\xfeo\0s\0u\0", 8)), Error);
}

TEST(Beatmap, SplitsLinesAtEveryKindOfLineEnd) {
    const Beatmap map =
        parse_beatmap("osu file format v14\r\n[HitObjects]\r1,2,3,1,0\r\r\n4,5,6,1,0\n\n7,8,9,1,0");
    ASSERT_EQ(map.lines.size(), 7u);
    EXPECT_EQ(map.objects.size(), 3u);
    EXPECT_EQ(map.line(2), "1,2,3,1,0");
    EXPECT_EQ(map.line(3), "");
    EXPECT_EQ(map.line(6), "7,8,9,1,0");
    EXPECT_EQ(map.warning_count, 0u);
}

TEST(Beatmap, StripsCommentsOutsideMetadataOnly) {
    const Beatmap map = parse_beatmap(
        "osu file format v14\n[Metadata]\nTitle:a//b\n//Title:c\n[Difficulty]\nCircleSize:3 //hi\n"
        "[HitObjects]\n  // none\n1/2//3\n1,2,3,1,0//x\n");
    EXPECT_EQ(map.metadata.title, "a//b");
    EXPECT_EQ(map.difficulty.cs, 3);
    EXPECT_EQ(map.objects.size(), 1u);
    EXPECT_EQ(map.warning_count, 1u);
}

TEST(Beatmap, WarnsWithTheLineNumberAndGoesOn) {
    const Beatmap map = parse_beatmap(
        "osu file format v14\r\n[General]\r\nMode: 7\r\n[Difficulty]\r\nCircleSize:big\r\nHPDrainRate:2\r\n"
        "[TimingPoints]\r\n5\r\n[Nonsense]\r\nx\r\n[Colours]\r\nCombo1: "
        "1,2,999\r\n[HitObjects]\r\n1,2,3,1,0\r\n");
    std::vector<uint32_t> lines;
    for (const Warning& warning : map.warnings) lines.push_back(warning.line);
    EXPECT_EQ(lines, (std::vector<uint32_t>{3, 5, 8, 9, 12}));
    EXPECT_EQ(map.difficulty.hp, 2);
    EXPECT_EQ(map.objects.size(), 1u);
}

TEST(Beatmap, CountsAllWarningsAndKeepsTheFirst) {
    std::string lines;
    for (int i = 0; i < 1000; ++i) lines += "bad\n";
    const Beatmap map = with_objects(lines + "1,2,3,1,0\n");
    EXPECT_EQ(map.warning_count, 1000u);
    EXPECT_EQ(map.warnings.size(), 200u);
    EXPECT_EQ(map.objects.size(), 1u);
}

TEST(Beatmap, ApproachRateFollowsOverallDifficulty) {
    const auto ar = [](const std::string& lines) {
        return parse_beatmap("osu file format v14\n[Difficulty]\n" + lines).difficulty.ar;
    };
    EXPECT_EQ(ar("OverallDifficulty:7\n"), 7);
    EXPECT_EQ(ar("OverallDifficulty:7\nApproachRate:9\n"), 9);
    EXPECT_EQ(ar("ApproachRate:9\nOverallDifficulty:7\n"), 9);
    EXPECT_EQ(ar("ApproachRate:x\nOverallDifficulty:7\n"), 7);
    EXPECT_EQ(ar(""), 5);
}

TEST(Beatmap, ClampsDifficulty) {
    const std::string lines =
        "HPDrainRate:-2\nCircleSize:25\nOverallDifficulty:11\nSliderMultiplier:9\nSliderTickRate:0.1\n";
    const Difficulty standard = parse_beatmap("osu file format v14\n[Difficulty]\n" + lines).difficulty;
    EXPECT_EQ(standard.hp, 0);
    EXPECT_EQ(standard.cs, 10);
    EXPECT_EQ(standard.od, 10);
    EXPECT_EQ(standard.slider_multiplier, 3.6);
    EXPECT_EQ(standard.slider_tick_rate, 0.5);
    EXPECT_EQ(parse_beatmap("osu file format v14\n[General]\nMode:3\n[Difficulty]\n" + lines).difficulty.cs,
              18);
}

TEST(Beatmap, ReadsNumbersAsTheGameDoes) {
    EXPECT_EQ(only_object(" 10 ,+20, 1e2 ,1,0").position, (Vec2{10, 20}));
    EXPECT_EQ(only_object("1,2,1234.5,1,0").start_time, 1234.5);
    EXPECT_EQ(only_object("1,2,1e2,1,0").start_time, 100);
    EXPECT_EQ(only_object("1,2,-0.1234567890123456789,1,0").start_time, -0.1234567890123456789);
    EXPECT_EQ(only_object("1,2,5.,1,0").start_time, 5);
    EXPECT_EQ(only_object("1,2,1e-999,1,0").start_time, 0);
    EXPECT_EQ(only_object("1.9,-1.9,3,1,0").position, (Vec2{1, -1}));
    EXPECT_EQ(only_object("1.25,-1.5,3,1,0", 128).position, (Vec2{1.25f, -1.5f}));
    EXPECT_EQ(only_object("131072,-131072,3,1,0").position, (Vec2{131072, -131072}));
    for (const char* bad :
         {"NaN,2,3,1,0", "1,Infinity,3,1,0", "131073,2,3,1,0", "1,2,2147483648,1,0", "1,2,1e999,1,0",
          "1,2,nan,1,0", "1,2,inf,1,0", "1,2,3,1.5,0", "1,2,3,1", "1,2,3,1,", "1,2,3,1,99999999999",
          "1,2,,1,0", "0x1,2,3,1,0", "1,2,3e,1,0", "1,2,+-3,1,0", "1,2,3,64,0", ""})
        if (*bad) expect_refused(bad);
    const Beatmap comma =
        parse_beatmap("osu file format v14\n[Difficulty]\nSliderTickRate:1,5\nCircleSize:1,000.5\n");
    EXPECT_EQ(comma.difficulty.slider_tick_rate, 8) << "a comma separates thousands";
    EXPECT_EQ(comma.warning_count, 0u);
}

TEST(Beatmap, KeepsTheTimesOfOldFormats) {
    EXPECT_EQ(only_object("1,2,300,1,0", 3).start_time, 300);
    EXPECT_EQ(only_object("1,2,300,12,0,900", 4).end_time, 900);
}

TEST(Beatmap, ReadsCirclesSpinnersAndHolds) {
    EXPECT_EQ(only_object("1,2,3,1,0,").kind, ObjectKind::circle);
    EXPECT_EQ(only_object("1,2,3,117,0,1:2:3:70:a.wav").combo_skip, 7);
    EXPECT_EQ(only_object("1,2,3,3,0,0:0:0:0:").kind, ObjectKind::circle) << "a circle before all else";
    const HitObject spinner = only_object("256,192,500,12,4,900,0:0");
    EXPECT_EQ(spinner.kind, ObjectKind::spinner);
    EXPECT_TRUE(spinner.new_combo);
    EXPECT_EQ(spinner.end_time, 900);
    EXPECT_EQ(only_object("256,192,500,8,0,100").end_time, 500) << "no end before the start";
    const HitObject hold = only_object("64,192,500,128,0,750:0:0:0:0:");
    EXPECT_EQ(hold.kind, ObjectKind::hold);
    EXPECT_EQ(hold.end_time, 750);
    EXPECT_EQ(only_object("64,192,500,128,0").end_time, 500);
    for (const char* bad : {"1,2,3,1,0,x:0", "1,2,3,1,0,0", "1,2,3,8,0", "1,2,3,8,0,NaN", "1,2,3,128,0,5:x"})
        expect_refused(bad);
}

TEST(Beatmap, ReadsSliders) {
    const Beatmap map =
        with_objects("100,50,1000,6,8,B|110:60|110:60|120:80,2,140.5,2|0|2,0:0|1:2|0:0,0:0:0:0:\n");
    ASSERT_EQ(map.objects.size(), 1u);
    const HitObject& slider = map.objects[0];
    EXPECT_EQ(slider.kind, ObjectKind::slider);
    EXPECT_EQ(slider.span_count, 2);
    EXPECT_EQ(slider.pixel_length, 140.5);
    const auto anchors = map.anchors_of(slider);
    EXPECT_EQ(std::vector(anchors.begin(), anchors.end()),
              (std::vector<Vec2>{{100, 50}, {110, 60}, {110, 60}, {120, 80}}));
    ASSERT_EQ(map.segments_of(slider).size(), 1u);
    EXPECT_EQ(map.segments_of(slider)[0].type, CurveType::bezier);
    EXPECT_EQ(only_object("1,2,3,2,0,L|5:5,0,10").span_count, 1);
    EXPECT_EQ(only_object("1,2,3,2,0,L|5:5,-3,10").span_count, 1);
    EXPECT_EQ(only_object("1,2,3,2,0,L|5:5,9000,10").span_count, 9000);
    EXPECT_EQ(only_object("1,2,3,2,0,L|5:5,1,-10").pixel_length, -10) << "which is none";
    EXPECT_EQ(only_object("1,2,3,2,0,L|5:5,1").pixel_length, 0);
    EXPECT_EQ(only_object("1,2,3,2,0,L|5:5,1,10,,,").pixel_length, 10);
    for (const char* bad : {"1,2,3,2,0,L|5:5", "1,2,3,2,0,L|5:5,x,10", "1,2,3,2,0,L|5:5,9001,10",
                            "1,2,3,2,0,L|5:5,1,NaN", "1,2,3,2,0,L|5:5,1,", "1,2,3,2,0,L|5,1,10",
                            "1,2,3,2,0,L|5:5|,1,10", "1,2,3,2,0,L|5:NaN,1,10", "1,2,3,2,0,L|5:131073,1,10",
                            "1,2,3,2,0,,1,10", "1,2,3,2,0,L|5:5,1,10,0,0:x", "1,2,3,2,0,L|5:5,1,10,0,0:0,1"})
        expect_refused(bad);
}

TEST(Beatmap, ReadsSeveralCurvesInOnePath) {
    const Beatmap map = with_objects("0,0,0,2,0,P|1:0|2:1|B|3:0|4:0|L|5:5|B4|6:6|7:7,1,10\n", 128);
    ASSERT_EQ(map.objects.size(), 1u);
    const auto anchors = map.anchors_of(map.objects[0]);
    ASSERT_EQ(anchors.size(), 8u);
    const auto segments = map.segments_of(map.objects[0]);
    ASSERT_EQ(segments.size(), 4u);
    const auto expect = [&](size_t i, CurveType type, int degree, uint32_t first, uint32_t count) {
        EXPECT_EQ(segments[i].type, type) << i;
        EXPECT_EQ(segments[i].degree, degree) << i;
        EXPECT_EQ(segments[i].first, first) << i;
        EXPECT_EQ(segments[i].count, count) << i;
    };
    expect(0, CurveType::perfect, 0, 0, 4);  // a segment ends in the point that begins the next one
    expect(1, CurveType::bezier, 0, 3, 3);
    expect(2, CurveType::linear, 0, 5, 2);
    expect(3, CurveType::bspline, 4, 6, 2);
    EXPECT_EQ(anchors[3], (Vec2{3, 0}));
    expect_refused("0,0,0,2,0,P|1:0|B,1,10");
    expect_refused("0,0,0,2,0,P|1:0|B|L|5:5,1,10");
}

TEST(Beatmap, ReadsOddCurveLetters) {
    const auto type = [](const std::string& path) {
        const Beatmap map = with_objects("0,0,0,2,0," + path + ",1,10\n");
        return map.segments.empty() ? CurveType::perfect : map.segments[0].type;
    };
    EXPECT_EQ(type("C|1:1"), CurveType::catmull);
    EXPECT_EQ(type("X|1:1"), CurveType::catmull);
    EXPECT_EQ(type("1:1|2:2"), CurveType::catmull);
    EXPECT_EQ(type("B0|1:1"), CurveType::bezier);
    EXPECT_EQ(type("Bx|1:1"), CurveType::bezier);
    EXPECT_EQ(type("B99999999|1:1"), CurveType::bspline);
}

TEST(Beatmap, SortsStablyByTime) {
    const Beatmap map = with_objects("1,0,200,1,0\n2,0,100,1,0\n3,0,200,1,0\n4,0,100,1,0\n");
    std::vector<float> order;
    for (const HitObject& object : map.objects) order.push_back(object.position.x);
    EXPECT_EQ(order, (std::vector<float>{2, 4, 1, 3}));
    EXPECT_EQ(map.line(map.objects[0].line), "2,0,100,1,0");
}

TEST(Beatmap, TimesSlidersByTheLinesInForce) {
    const Beatmap map = parse_beatmap(
        "osu file format v14\n[Difficulty]\nSliderMultiplier:2\n[TimingPoints]\n"
        "3000,250,4,1,0,100,1,0\n1000,500,4,1,0,100,1,0\n2000,-50,4,1,0,100,0,0\n4000,-5,4,1,0,100,0,0\n"
        "5000,NaN,4,1,0,100,0,0\n6000,-200,4,1,0,100,0,0\n6000,400,4,1,0,100,1,0\n"
        "[HitObjects]\n0,0,0,2,0,L|100:0,1,100\n0,0,1500,2,0,L|100:0,1,100\n0,0,2500,2,0,L|100:0,2,100\n"
        "0,0,3000,2,0,L|100:0,1,100\n0,0,4500,2,0,L|100:0,1,100\n0,0,5500,2,0,L|100:0,1,100\n"
        "0,0,6500,2,0,L|100:0,1,100\n");
    ASSERT_EQ(map.warning_count, 0u);
    std::vector<double> velocity, span;
    for (const HitObject& slider : map.objects) {
        velocity.push_back(slider.slider_velocity);
        span.push_back(slider.span_duration);
        EXPECT_DOUBLE_EQ(slider.end_time, slider.start_time + slider.span_count * slider.span_duration);
    }
    EXPECT_EQ(velocity, (std::vector<double>{1, 1, 2, 1, 10, 1, 0.5}));
    EXPECT_EQ(span, (std::vector<double>{250, 250, 125, 125, 12.5, 125, 400}));
    EXPECT_EQ(map.beat_length_at(0), 500) << "the first one holds before its time";
    EXPECT_EQ(map.beat_length_at(2999), 500);
    EXPECT_EQ(map.beat_length_at(3000), 250);
    EXPECT_EQ(map.velocity_multiplier_at(2000), 2);
    EXPECT_EQ(map.velocity_multiplier_at(999), 1);
    EXPECT_EQ(with_objects("").beat_length_at(5), 1000);
}

TEST(Beatmap, BoundsTheBeatLength) {
    const auto at = [](const std::string& line) {
        return parse_beatmap("osu file format v14\n[TimingPoints]\n" + line + "\n").beat_length_at(0);
    };
    EXPECT_EQ(at("0,0,4,1,0,100,1,0"), 6);
    EXPECT_EQ(at("0,-100,4,1,0,100,1,0"), 6);
    EXPECT_EQ(at("0,1e9,4,1,0,100,1,0"), 60000);
    EXPECT_EQ(at("0,500"), 500);
    EXPECT_EQ(at("0,NaN,4,1,0,100,1,0"), 1000) << "refused";
    EXPECT_EQ(at("0,500,4,1,0,100,1,0\n0,300,4,1,0,100,1,0"), 300) << "the last of two at one time";
}

TEST(Beatmap, LengthlessSlidersTakeTheirPathsLength) {
    const std::string head =
        "osu file format v14\n[Difficulty]\nSliderMultiplier:1\n[TimingPoints]\n0,1000\n[HitObjects]\n";
    const auto duration = [&](const std::string& tail) {
        return parse_beatmap(head + "0,0,0,2,0," + tail + "\n").objects.at(0).end_time;
    };
    EXPECT_DOUBLE_EQ(duration("L|30:40,1"), 500);
    EXPECT_DOUBLE_EQ(duration("L|30:40,1,0"), 500);
    EXPECT_DOUBLE_EQ(duration("L|30:40,3,100"), 3000);
    EXPECT_DOUBLE_EQ(duration("L|30:40|30:40,1,100"), 500) << "not lengthened behind two equal points";
    EXPECT_DOUBLE_EQ(duration("L|0:0,1,100"), 0);
    EXPECT_DOUBLE_EQ(duration("L,1,100"), 0);
}

TEST(Beatmap, ReplacesWhatIsNoUtf8) {
    const Beatmap map = parse_beatmap(
        "osu file format v14\n[Metadata]\nTitle:a\xff"
        "b\xe3\x81\nArtist:\xed\xa0\x80\nTags:\xe3\x80\x80x\xc2\xa0\n");
    EXPECT_EQ(map.metadata.title,
              "a\xef\xbf\xbd"
              "b\xef\xbf\xbd\xef\xbf\xbd");
    EXPECT_EQ(map.metadata.artist, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
    EXPECT_EQ(map.metadata.tags, "x");
    EXPECT_EQ(Rewrite(map).text(), map.text);
}

TEST(Beatmap, AFormatWithoutANumberIsTheNewestClassicOne) {
    const Beatmap map = parse_beatmap("osu file format v\n[ HitObjects ]\n1,2,3,1,0\n");
    EXPECT_EQ(map.format_version, 14);
    EXPECT_EQ(map.warning_count, 1u);
    EXPECT_EQ(map.objects.size(), 1u) << "spaces within the brackets do not count";
}

TEST(Beatmap, TheLastRedLineOfATimeWins) {
    const Beatmap map = parse_beatmap(
        "osu file format v14\n[TimingPoints]\n0,500,4,2,0,50,1,0\n0,-50,4,2,0,50,0,0\n0,400,4,2,0,50,1,0\n"
        "[HitObjects]\n1,2,3,1,0\n");
    EXPECT_EQ(map.beat_length_at(0), 400);
    EXPECT_EQ(map.velocity_multiplier_at(0), 2);
}

// A path takes memory for each of its points; nobody plays so many.
TEST(Beatmap, ASliderOfMorePointsThanAnyHasIsAWarning) {
    const auto map_of = [](size_t points) {
        std::string text = "osu file format v14\n[HitObjects]\n1,2,3,1,0\n1,2,3,2,0,L";
        for (size_t i = 0; i < points; ++i) text += i % 2 ? "|1:2" : "|3:4";
        return parse_beatmap(text + ",1,100\n5,6,7,1,0\n");
    };
    const Beatmap much = map_of(65535), more = map_of(65536);
    EXPECT_EQ(much.objects.size(), 3u);
    EXPECT_EQ(much.warning_count, 0u);
    EXPECT_EQ(more.objects.size(), 2u);
    ASSERT_EQ(more.warning_count, 1u);
    EXPECT_EQ(more.warnings[0].line, 4u);
    EXPECT_NE(more.warnings[0].message.find("65536 points"), std::string::npos) << more.warnings[0].message;
    EXPECT_EQ(more.anchors.size(), 0u);
}

}  // namespace
}  // namespace osu
