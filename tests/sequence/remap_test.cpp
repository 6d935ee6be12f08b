// Sequences written back into their maps: what changes, what must not, and the flaws of the reference that
// ours lacks.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "beatmap/curve.h"
#include "beatmap/slider_path.h"
#include "sequence/remap_support.h"
#include "sequence/sequence.h"
#include "support/goldens.h"

namespace osu {
namespace {

using test::expect_same_play;
using test::random_positions;
using test::rich_map;

std::string remap_random(const Beatmap& map, uint64_t seed, RemapOptions options = {}) {
    return remap(map, random_positions(to_sequence(map), seed), options);
}

bool is_hit_object(const Beatmap& map, size_t line) {
    return map.lines[line].section == Section::hit_objects;
}

// The line without the numbers that a remap may change.
std::string without_coordinates(std::string_view line, bool slider) {
    std::string out;
    int field = 0;
    for (size_t i = 0; i < line.size(); ++i) {
        if (line[i] == ',') ++field;
        const bool coordinate = field < 2 || (slider && field == 5);
        const bool number =
            std::isdigit(static_cast<unsigned char>(line[i])) || line[i] == '.' || line[i] == '-';
        if (coordinate && number) continue;
        out += line[i];
    }
    return out;
}

TEST(Remap, OwnPositionsGiveTheMapItself) {
    for (const VelocityMode velocity : {VelocityMode::keep, VelocityMode::fit}) {
        const Beatmap map = parse_beatmap(rich_map);
        EXPECT_EQ(remap(map, to_sequence(map).position, {.beatmap_id = 77, .velocity = velocity}), rich_map);
    }
    size_t maps = 0;
    for (const auto& file : test::shared_maps()) {
        const Beatmap map = read_beatmap(file);
        const RemapOptions options{.beatmap_id = map.metadata.beatmap_id};
        ASSERT_EQ(remap(map, to_sequence(map).position, options), map.text) << file;
        ++maps;
    }
    EXPECT_TRUE(maps == 0 || maps == 1130) << maps;
}

TEST(Remap, NormalisedOwnPositionsGiveTheMapItself) {
    const Beatmap map = parse_beatmap(rich_map);
    std::vector<Vec2> position = to_sequence(map).position;
    for (Vec2& p : position) p = {p.x / 512 * 512, p.y / 384 * 384 + 1e-4f};
    EXPECT_EQ(remap(map, position, {.beatmap_id = 77}), rich_map);
}

TEST(Remap, NamesTheNewDifficulty) {
    const Beatmap map = parse_beatmap(rich_map);
    const Beatmap back = parse_beatmap(remap(map, to_sequence(map).position, {.version = "Diffusion 1"}));
    EXPECT_EQ(back.metadata.version, "Diffusion 1");
    EXPECT_EQ(back.metadata.beatmap_id, 0);
    EXPECT_EQ(back.metadata.set_id, 7);
    // A map of an old format has no ID to take away, and gets none.
    const std::string old = "osu file format v4\n[HitObjects]\n1,2,3,1,0\n";
    const Beatmap old_map = parse_beatmap(old);
    EXPECT_EQ(remap(old_map, to_sequence(old_map).position, {}), old);
}

TEST(Remap, ChangesCoordinatesAlone) {
    const auto check = [](const Beatmap& map, uint64_t seed) {
        const RemapOptions options{.version = map.metadata.version, .beatmap_id = map.metadata.beatmap_id};
        const Beatmap back = parse_beatmap(remap_random(map, seed, options));
        ASSERT_EQ(back.lines.size(), map.lines.size());
        std::vector<const HitObject*> object_at(map.lines.size(), nullptr);
        for (const HitObject& object : map.objects) object_at[object.line] = &object;
        for (uint32_t i = 0; i < map.lines.size(); ++i) {
            const bool placed =
                is_hit_object(map, i) && object_at[i] &&
                (object_at[i]->kind == ObjectKind::circle || object_at[i]->kind == ObjectKind::slider);
            if (!placed) {
                ASSERT_EQ(map.line(i), back.line(i));
                continue;
            }
            const bool slider = object_at[i]->kind == ObjectKind::slider;
            // A length that only the path gave must be written to stay.
            const auto anchors = map.anchors_of(*object_at[i]);
            const bool by_path = slider && (object_at[i]->pixel_length == 0 || anchors.size() < 2 ||
                                            anchors.back() == anchors[anchors.size() - 2]);
            if (by_path) continue;
            ASSERT_EQ(without_coordinates(map.line(i), slider), without_coordinates(back.line(i), slider));
        }
        // Where a path does not reach its length, what is played may differ by a pixel.
        const bool short_path =
            std::any_of(map.objects.begin(), map.objects.end(), [&](const HitObject& object) {
                return object.kind == ObjectKind::slider && object.pixel_length > 0 &&
                       SliderPath(map, object).length() != object.pixel_length;
            });
        const double tolerance = short_path ? 2 : 0;  // ms
        expect_same_play(map, back, tolerance);
        const Sequence a = to_sequence(map), b = to_sequence(back);
        ASSERT_EQ(a.size(), b.size());
        for (size_t i = 0; i < a.size(); ++i) ASSERT_NEAR(a.time[i], b.time[i], tolerance);
    };
    check(parse_beatmap(rich_map), 1);
    uint64_t seed = 2;
    for (const auto& file : test::shared_maps()) {
        if (++seed % 8) continue;
        SCOPED_TRACE(file);
        check(read_beatmap(file), seed);
        if (testing::Test::HasFatalFailure()) return;
    }
}

// The table of flaws.

TEST(RemapFlaws, TimesAreTheSources) {
    const Beatmap map = parse_beatmap(rich_map), back = parse_beatmap(remap_random(map, 3));
    EXPECT_EQ(back.objects[0].start_time, 1001);
    EXPECT_EQ(back.objects[3].end_time, 5001);
    expect_same_play(map, back);
}

TEST(RemapFlaws, HitsoundsAdditionsEdgesAndComboSkipsStay) {
    const std::string text = remap_random(parse_beatmap(rich_map), 4);
    for (const char* kept :
         {",1001,37,14,2:1:3:40:a.wav\r\n", ",2,140.000006408692,2|0|8,1:2|0:0|3:1,0:0:0:0:\r\n",
          ",4000,8,4,5001,1:0:0:0:\r\n", ",6500,86,8,L|",
          ",3,70,0|0|0|2,0:0|0:0|0:0|1:1,0:0:0:0: // a comment, 1\r\n"}) {
        EXPECT_NE(text.find(kept), text.npos) << kept;
    }
}

TEST(RemapFlaws, EveryByteOutsideTheObjectsStays) {
    const std::string text = remap_random(parse_beatmap(rich_map), 5, {.beatmap_id = 77});
    const auto head = [](const std::string& map) { return map.substr(0, map.find("[HitObjects]")); };
    EXPECT_EQ(head(text),
              head(rich_map));  // format, Events, Colours, bookmarks, green lines with kiai and volume
}

TEST(RemapFlaws, ObjectsStayInsideThePlayfield) {
    const Beatmap map = parse_beatmap(rich_map);
    const std::vector<Vec2> wild = random_positions(to_sequence(map), 6, 3000);
    const Beatmap back = parse_beatmap(remap(map, wild, {}));
    const auto inside = [](Vec2 p) { return p.x >= 0 && p.x <= 512 && p.y >= 0 && p.y <= 384; };
    for (const HitObject& object : back.objects) EXPECT_TRUE(inside(object.position));
    for (const Vec2 anchor : back.anchors) EXPECT_TRUE(inside(anchor));
    EXPECT_LT(std::count_if(wild.begin(), wild.end(), inside), std::ssize(wild) - 5);
    bool outside = false;
    for (const HitObject& object : parse_beatmap(remap(map, wild, {.allow_offscreen = true})).objects)
        outside |= !inside(object.position);
    EXPECT_TRUE(outside);
}

TEST(RemapFlaws, SliderBodiesAreTurnedInside) {
    const Beatmap map = parse_beatmap(
        "osu file format v14\n[TimingPoints]\n0,500,4,1,0,100,1,0\n[HitObjects]\n"
        "100,100,0,2,0,L|110:100,1,300\n");
    std::vector<Vec2> position = to_sequence(map).position;
    position[0] = {500, 200}, position[1] = {510, 200};
    const Beatmap back = parse_beatmap(remap(map, position, {}));
    EXPECT_EQ(back.objects[0].position, (Vec2{500, 200}));
    const Vec2 end = SliderPath(back, back.objects[0]).position_at(1);
    EXPECT_TRUE(end.x > -30 && end.x < 542 && end.y > -30 && end.y < 414);
}

TEST(Remap, RefusesWhatIsNoPosition) {
    const Beatmap map = parse_beatmap(rich_map);
    std::vector<Vec2> position = to_sequence(map).position;
    EXPECT_THROW(remap(map, std::span(position).first(2), {}), Error);
    position[4].y = std::nanf("");
    EXPECT_THROW(remap(map, position, {}), Error);
    position[4].y = INFINITY;
    EXPECT_THROW(remap(map, position, {}), Error);
}

TEST(Remap, AnchorsDoNotFallTogether) {
    const Beatmap map = parse_beatmap(rich_map);
    for (const Vec2 corner : {Vec2{0, 0}, Vec2{512, 384}, Vec2{256, 192}}) {
        std::vector<Vec2> position(to_sequence(map).size(), corner);
        const Beatmap back = parse_beatmap(remap(map, position, {}));
        expect_same_play(map, back);
        EXPECT_EQ(to_sequence(back).type, to_sequence(map).type);
    }
}

// Three points of an arc on a line are a line to the game; rounded each for itself they bow.
TEST(Remap, StraightArcsStayStraight) {
    const Beatmap source = parse_beatmap(
        "osu file format v14\n[Difficulty]\nSliderMultiplier:1\n[TimingPoints]\n0,500,4,2,1,60,1,0\n"
        "[HitObjects]\n100,100,1000,2,0,P|150:100|200:100,1,100\n");
    const Sequence sequence = to_sequence(source);
    for (uint64_t seed = 0; seed < 50; ++seed) {
        const Beatmap made =
            parse_beatmap(remap(source, test::random_positions(sequence, seed), {.version = "x"}));
        const auto anchors = made.anchors_of(made.objects[0]);
        ASSERT_EQ(anchors.size(), 3u);
        EXPECT_TRUE(collinear(anchors[0], anchors[1], anchors[2])) << seed;
        EXPECT_NE(anchors[1], anchors[0]);
        EXPECT_NE(anchors[1], anchors[2]);
        EXPECT_TRUE(anchors[2].x >= 0 && anchors[2].x <= 512 && anchors[2].y >= 0 && anchors[2].y <= 384);
    }
}

// The game does not lengthen a path that ends in two equal points, so the first two are shorter than they
// say; the third is cut.
TEST(Remap, LengthsAndDoubledEndsStayAsTheyAreWritten) {
    const Beatmap source = parse_beatmap(
        "osu file format v14\n[Difficulty]\nSliderMultiplier:1\n[TimingPoints]\n0,500,4,2,1,60,1,0\n"
        "[HitObjects]\n100,100,1000,2,0,L|169:100|169:100,1,70\n100,100,2000,2,0,L|100:100|100:100,2,46.875\n"
        "100,100,3000,2,0,B|180:100|180:100,3,75\n100,100,4000,2,0,L|150:100|150:150|150:150,1,100.5\n");
    const Sequence sequence = to_sequence(source);
    for (uint64_t seed = 0; seed < 40; ++seed) {
        SCOPED_TRACE(seed);
        const std::vector<Vec2> positions = random_positions(sequence, seed, seed % 2 ? 0 : -180);
        const std::string text = remap(source, positions, {});
        for (const char* length : {",1,70\n", ",2,46.875\n", ",3,75\n", ",1,100.5\n"})
            EXPECT_NE(text.find(length), text.npos) << length << " in\n" << text;
        const Beatmap made = parse_beatmap(text);
        for (size_t i = 0; i < 4; ++i) {
            const auto anchors = made.anchors_of(made.objects[i]);
            EXPECT_EQ(anchors.back(), anchors[anchors.size() - 2]);
            EXPECT_NEAR(made.objects[i].end_time, source.objects[i].end_time, 5);
        }
        EXPECT_EQ(to_sequence(made).type, sequence.type);
        EXPECT_EQ(remap(made, to_sequence(made).position, {}), text) << "another time";
    }
}

// Where the game would play something else for it, the length that it played is written.
TEST(Remap, LengthsThatWouldCountNowAreThoseThatCounted) {
    const Beatmap source = parse_beatmap(
        "osu file format v14\n[Difficulty]\nSliderMultiplier:1\n[TimingPoints]\n0,500,4,2,1,60,1,0\n"
        "[HitObjects]\n100,100,1000,2,0,L|150:100|150:100,1,200\n");
    std::vector<Vec2> position = to_sequence(source).position;
    position[1] = position[2] = {300, 100};
    const Beatmap made = parse_beatmap(remap(source, position, {}));
    EXPECT_EQ(made.objects[0].pixel_length, 50);
    EXPECT_EQ(made.objects[0].end_time, source.objects[0].end_time);
}

// A slider of a few anchors on few places, some doubled, some segments of one point.
std::string crowded_slider(Philox& random, int time) {
    const auto point = [&] { return fmt::format("{}:{}", random.below(4) + 200, random.below(4) + 200); };
    std::string line = fmt::format("{},{},{},2,0,", 200 + random.below(4), 200 + random.below(4), time);
    std::string last;
    for (size_t segment = 0, count = 1 + random.below(3); segment < count; ++segment) {
        line += fmt::format("{}{}", segment ? "|" : "", "BLPC"[random.below(4)]);
        for (size_t i = 0, points = 1 + random.below(4); i < points; ++i) {
            if (last.empty() || random.below(3)) last = point();
            line += '|' + last;
        }
    }
    return line + fmt::format(",{},{}\n", 1 + random.below(3), random.below(100));
}

TEST(Remap, WhatRoundsTogetherKeepsItsDatapoints) {
    for (uint64_t seed = 0; seed < 3000; ++seed) {
        Philox random(seed);
        std::string text = "osu file format v14\n[TimingPoints]\n0,500,4,2,1,60,1,0\n[HitObjects]\n";
        for (int i = 0; i < 2; ++i) text += crowded_slider(random, 1000 * i);
        const Beatmap source = parse_beatmap(text);
        const Sequence sequence = to_sequence(source);
        std::vector<Vec2> position(sequence.size());
        for (Vec2& p : position) p = {511 + 2 * random.uniform(), 2 * random.uniform() - 1};
        const std::string out = remap(source, position, {});
        ASSERT_EQ(to_sequence(parse_beatmap(out)).type, sequence.type) << text << out;
    }
}

TEST(Remap, LazerMapsKeepFractions) {
    const std::string text =
        "osu file format v128\n[TimingPoints]\n0,500,4,1,0,100,1,0\n[HitObjects]\n"
        "100.12345,100.5,0,1,0\n200,100,500,2,0,B|210.25:110|220:100,1,30\n";
    const Beatmap map = parse_beatmap(text);
    std::vector<Vec2> position = to_sequence(map).position;
    EXPECT_EQ(remap(map, position, {}), text);
    position[0].x = 33.33333f;
    EXPECT_NE(remap(map, position, {}).find("\n33.333,100.5,0,1,0\n"), std::string::npos);
}

TEST(Remap, NegativeLengthsStayAsTheyAreWritten) {
    const std::string text =
        "osu file format v14\n[TimingPoints]\n0,500,4,2,0,50,1,0\n[HitObjects]\n"
        "100,100,1000,2,0,B|150:150|200:120,1,-1\n100,100,3000,2,0,L|200:100,1,100\n";
    for (const VelocityMode velocity : {VelocityMode::keep, VelocityMode::fit}) {
        const std::string out = remap_random(parse_beatmap(text), 3, {.velocity = velocity});
        EXPECT_NE(out.find(",1,-1\n"), std::string::npos) << out;
        EXPECT_EQ(out.find("100,100,1000"), std::string::npos) << "it is placed all the same";
    }
}

TEST(Remap, LengthsAreKeptWhereTicksGoByThem) {
    const std::string text =
        "osu file format v7\n[TimingPoints]\n0,500,4,2,0,50,1,0\n[HitObjects]\n"
        "100,100,1000,2,0,L|200:100,1,100\n";
    for (int seed = 0; seed < 5; ++seed) {
        const std::string out = remap_random(parse_beatmap(text), seed, {.velocity = VelocityMode::fit});
        EXPECT_NE(out.find(",1,100\n"), std::string::npos) << out;
    }
}

}  // namespace
}  // namespace osu
