// Sequences written back into their maps: what changes, what must not, and the flaws of the reference that
// ours lacks.
#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/random.h"
#include "beatmap/slider_path.h"
#include "data/sequence.h"
#include "support/goldens.h"

namespace osu {
namespace {

// A map with one of everything that a rewrite could lose. Lines end in CRLF, some oddly written.
const std::string rich_map =
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

std::vector<Vec2> random_positions(const Sequence& sequence, uint64_t seed, float spread = 0) {
    Philox random(seed);
    std::vector<Vec2> out(sequence.size());
    for (Vec2& p : out) {
        p.x = random.uniform() * (512 + 2 * spread) - spread;
        p.y = random.uniform() * (384 + 2 * spread) - spread;
    }
    return out;
}

std::string remap_random(const Beatmap& map, uint64_t seed, RemapOptions options = {},
                         RemapReport* report = nullptr) {
    return remap(map, random_positions(to_sequence(map), seed), options, report);
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

// Everything that is no place.
void expect_same_play(const Beatmap& a, const Beatmap& b, double end_tolerance = 0) {
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
            if (!is_hit_object(map, i) || !object_at[i]) {
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
        expect_same_play(map, back);
        const Sequence a = to_sequence(map), b = to_sequence(back);
        ASSERT_EQ(a.time, b.time);
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
    RemapReport report;
    const Beatmap back = parse_beatmap(remap(map, wild, {}, &report));
    const auto inside = [](Vec2 p) { return p.x >= 0 && p.x <= 512 && p.y >= 0 && p.y <= 384; };
    for (const HitObject& object : back.objects) EXPECT_TRUE(inside(object.position));
    for (const Vec2 anchor : back.anchors) EXPECT_TRUE(inside(anchor));
    EXPECT_GT(report.moved_inside, 5u);
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
    RemapReport report;
    const Beatmap back = parse_beatmap(remap(map, position, {}, &report));
    EXPECT_EQ(report.turned_sliders, 1u);
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

// Fitting the velocity.

std::vector<Vec2> stretched(const Sequence& sequence, float factor) {
    std::vector<Vec2> position = sequence.position;
    Vec2 head;
    for (size_t i = 0; i < position.size(); ++i) {
        if (sequence.anchor[i] == 0) head = position[i];
        position[i] = head + (position[i] - head) * factor;
    }
    return position;
}

void expect_fitted(const Beatmap& map, const std::vector<Vec2>& position) {
    RemapReport report;
    const Beatmap back = parse_beatmap(remap(map, position, {.velocity = VelocityMode::fit}, &report));
    expect_same_play(map, back, 1e-3);
    const Sequence before = to_sequence(map), after = to_sequence(back);
    ASSERT_EQ(before.time, after.time);
    EXPECT_TRUE(std::is_sorted(back.timing_points.begin(), back.timing_points.end(),
                               [](const TimingPoint& a, const TimingPoint& b) { return a.line < b.line; }) ||
                !std::is_sorted(map.timing_points.begin(), map.timing_points.end(),
                                [](const TimingPoint& a, const TimingPoint& b) { return a.line < b.line; }));
    size_t fitted = 0;
    for (size_t i = 0; i < map.objects.size(); ++i) {
        if (map.objects[i].kind != ObjectKind::slider) continue;
        EXPECT_GE(back.objects[i].slider_velocity, 0.1);
        EXPECT_LE(back.objects[i].slider_velocity, 10);
        fitted += back.objects[i].slider_velocity != map.objects[i].slider_velocity;
    }
    EXPECT_LE(fitted, report.fitted_sliders);
    // Kiai and volume at every moment, and the velocity wherever no slider runs.
    const auto at = [](const Beatmap& m, double time) {
        const auto after =
            std::upper_bound(m.velocity_lines.begin(), m.velocity_lines.end(), time,
                             [&](double t, uint32_t i) { return t < m.timing_points[i].time; });
        return after == m.velocity_lines.begin() ? TimingPoint{} : m.timing_points[*(after - 1)];
    };
    for (const TimingPoint& moment : back.timing_points) {
        if (map.timing_points.empty() || moment.time < map.timing_points.front().time) continue;
        const TimingPoint a = at(map, moment.time), b = at(back, moment.time);
        ASSERT_EQ(a.volume, b.volume);
        ASSERT_EQ(a.effects & 1, b.effects & 1);
        ASSERT_EQ(a.sample_set, b.sample_set);
        ASSERT_EQ(a.sample_index, b.sample_index);
        ASSERT_EQ(map.beat_length_at(moment.time), back.beat_length_at(moment.time));
    }
    for (size_t i = 0; i < map.objects.size(); ++i) {
        const double behind = map.objects[i].end_time + 1;
        const bool busy = std::any_of(map.objects.begin(), map.objects.end(), [&](const HitObject& o) {
            return o.kind == ObjectKind::slider && o.start_time <= behind && o.end_time + 1 > behind;
        });
        if (busy) continue;
        ASSERT_EQ(map.velocity_multiplier_at(behind), back.velocity_multiplier_at(behind)) << behind;
    }
}

TEST(RemapFit, GivesTheLengthThatThePathWants) {
    const Beatmap map = parse_beatmap(rich_map);
    const std::string text = remap(map, stretched(to_sequence(map), 1.3f), {.velocity = VelocityMode::fit});
    const Beatmap back = parse_beatmap(text);
    for (const HitObject& slider : back.objects) {
        if (slider.kind != ObjectKind::slider) continue;
        const double natural = SliderPath(back, slider).natural_length();
        EXPECT_NEAR(slider.pixel_length, natural, 0.51) << back.line(slider.line);
    }
    expect_fitted(map, stretched(to_sequence(map), 1.3f));
    expect_fitted(map, stretched(to_sequence(map), 0.2f));
}

TEST(RemapFit, StaysWithinWhatTheGameKnows) {
    // 10 px/beat by nature: a path a hundred times as long wants more than tenfold velocity.
    const Beatmap map = parse_beatmap(
        "osu file format v14\n[Difficulty]\nSliderMultiplier:1\n[TimingPoints]\n"
        "0,500,4,1,0,100,1,0\n[HitObjects]\n100,100,0,2,0,L|104:100,1,4\n"
        "10,100,2000,2,0,L|310:100,1,400\n");
    std::vector<Vec2> position = to_sequence(map).position;
    position[1] = {400, 100};
    position[4] = {14, 100};
    const Beatmap back = parse_beatmap(remap(map, position, {.velocity = VelocityMode::fit}));
    EXPECT_NEAR(back.objects[0].slider_velocity, 10, 1e-9);
    EXPECT_NEAR(back.objects[0].pixel_length, 40, 1e-3);
    EXPECT_NEAR(back.objects[1].slider_velocity, 0.1, 1e-9);
    EXPECT_NEAR(back.objects[1].pixel_length, 40, 1e-3);
    expect_same_play(map, back, 1e-3);
}

TEST(RemapFit, ChangesAGreenLineInPlace) {
    const Beatmap map = parse_beatmap(
        "osu file format v14\n[TimingPoints]\n0,500,4,1,0,100,1,0\n"
        "1000,-80,4,2,3,44,0,1\n1000,500,3,2,3,44,1,1\n[HitObjects]\n"
        "100,100,1000,2,0,L|200:100,1,100\n100,100,3000,2,0,L|200:100,1,100\n");
    std::vector<Vec2> position = to_sequence(map).position;
    position[1] = {250, 100};
    const std::string text = remap(map, position, {.velocity = VelocityMode::fit});
    EXPECT_NE(text.find("\n1000,-53.3330078125,4,2,3,44,0,1\n1000,500,3,2,3,44,1,1\n1"), text.npos) << text;
    expect_fitted(map, position);
}

TEST(RemapFit, RealMapsKeepTheirTimes) {
    uint64_t seed = 0;
    for (const auto& file : test::shared_maps()) {
        if (++seed % 29) continue;
        const Beatmap map = read_beatmap(file);
        SCOPED_TRACE(file);
        expect_fitted(map, random_positions(to_sequence(map), seed));
        if (testing::Test::HasFailure()) return;
    }
}

}  // namespace
}  // namespace osu
