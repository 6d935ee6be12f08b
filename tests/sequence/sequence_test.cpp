// Maps as sequences, against what the reference made of the same maps.
#include "sequence/sequence.h"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "archive/safetensors.h"
#include "base/error.h"
#include "sequence/datapoints.h"
#include "support/goldens.h"

namespace osu {
namespace {

struct Golden {
    size_t size = 0;
    std::vector<float> x, y, time, distance;
    std::vector<int> type;
};

bool is_end(int type) {
    return type >= 11;
}

// The reference keeps times in microseconds and then in single precision.
double time_tolerance(float time) {
    return 2e-3 + 0.5 * (std::nextafter(std::abs(time), INFINITY) - std::abs(time));
}

// How many slider ends lie more than 2 px from the reference's, which are not at arc length.
struct EndCount {
    size_t all = 0, far = 0;
};

// Start times of the objects that the game drops and the reference reads: those with coordinates beyond
// ±131072 (a slider of ce68122866d6).
std::vector<float> dropped_times(const Beatmap& map) {
    std::vector<float> times;
    for (const Warning& warning : map.warnings) {
        if (map.lines[warning.line - 1].section != Section::hit_objects) continue;
        const std::string line(map.line(warning.line - 1));
        const size_t second = line.find(',', line.find(',') + 1);
        times.push_back(std::stof(line.substr(second + 1)));
    }
    return times;
}

bool starts_object(int type) {
    return type <= 5 && type != 3;
}

void expect_golden(const Beatmap& map, const Golden& golden, EndCount& ends) {
    const Sequence sequence = to_sequence(map);
    const std::vector<float> distance = distances(sequence);
    size_t i = 0;  // into the sequence; g into the golden
    bool skipped = false;
    const std::vector<float> dropped = dropped_times(map);
    for (size_t g = 0; g < golden.size; ++g) {
        if (starts_object(golden.type[g]) && std::count(dropped.begin(), dropped.end(), golden.time[g])) {
            while (g + 1 < golden.size && !starts_object(golden.type[g + 1])) ++g;
            skipped = true;
            continue;
        }
        ASSERT_LT(i, sequence.size());
        const HitObject& object = map.objects[sequence.object[i]];
        const uint32_t index = sequence.object[i];
        if (object.anchor_count >= 100) {  // a circle in the reference
            EXPECT_LE(golden.type[g], 1);
            while (i < sequence.size() && sequence.object[i] == index) ++i;
            skipped = true;
            continue;
        }
        const int type = static_cast<int>(sequence.type[i]);
        ASSERT_EQ(type, golden.type[g]) << "datapoint " << g << ": " << map.line(object.line);
        EXPECT_NEAR(sequence.time[i], golden.time[g], time_tolerance(golden.time[g]))
            << map.line(object.line);
        if (is_end(type)) {
            const double off =
                std::hypot(sequence.position[i].x - golden.x[g], sequence.position[i].y - golden.y[g]);
            ++ends.all;
            if (off > 2) ++ends.far;
        } else {
            EXPECT_EQ(sequence.position[i].x, golden.x[g]);
            EXPECT_EQ(sequence.position[i].y, golden.y[g]);
            const bool after_end = g > 0 && is_end(golden.type[g - 1]);
            if (!after_end && !skipped) {
                EXPECT_NEAR(distance[i], golden.distance[g], 1e-3);
            }
        }
        skipped = false;
        ++i;
    }
    EXPECT_EQ(i, sequence.size());
}

TEST(Sequence, EqualsTheReferenceOnToyMaps) {
    SHARED_OR_SKIP(file, "golden/sequences.safetensors");
    SHARED_OR_SKIP(folder, "maps/toy");
    const Safetensors goldens = Safetensors::open(file);
    EndCount ends;
    int maps = 0;
    for (const auto& [name, tensor] : goldens.tensors()) {
        const size_t dot = name.rfind(".sequence");
        if (dot == std::string::npos) continue;
        const std::string map_name = name.substr(0, dot);
        const std::vector<float> rows = to_floats(tensor);
        Golden golden;
        const size_t n = golden.size = static_cast<size_t>(tensor.shape[1]);
        golden.x.assign(rows.begin(), rows.begin() + n);
        golden.y.assign(rows.begin() + n, rows.begin() + 2 * n);
        golden.time.assign(rows.begin() + 2 * n, rows.begin() + 3 * n);
        golden.distance = to_floats(goldens.tensor(map_name + ".distance"));
        for (size_t i = 0; i < n; ++i) {
            int type = 0;
            while (rows[(3 + type) * n + i] == 0) ++type;
            golden.type.push_back(type);
        }
        std::filesystem::path path;
        for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
            if (entry.path().filename() == map_name) path = entry.path();
        }
        ASSERT_FALSE(path.empty()) << map_name;
        SCOPED_TRACE(map_name);
        expect_golden(read_beatmap(path), golden, ends);
        ++maps;
    }
    EXPECT_GE(maps, 63);
    EXPECT_LT(ends.far, ends.all / 10 + 1);
}

TEST(Sequence, EqualsTheReferenceOnRealMaps) {
    SHARED_OR_SKIP(file, "golden/sequences_real.safetensors");
    SHARED_OR_SKIP(folder, "maps");
    const Safetensors goldens = Safetensors::open(file);
    EndCount ends;
    int maps = 0;
    for (const auto& [name, tensor] : goldens.tensors()) {
        const size_t slash = name.find("/x_y_time");
        if (slash == std::string::npos) continue;
        const std::string map_name = name.substr(0, slash);
        const std::vector<float> rows = to_floats(tensor);
        Golden golden;
        const size_t n = golden.size = static_cast<size_t>(tensor.shape[1]);
        golden.x.assign(rows.begin(), rows.begin() + n);
        golden.y.assign(rows.begin() + n, rows.begin() + 2 * n);
        golden.time.assign(rows.begin() + 2 * n, rows.end());
        golden.distance = to_floats(goldens.tensor(map_name + "/distance"));
        const auto types = goldens.tensor(map_name + "/type").as<uint8_t>();
        golden.type.assign(types.begin(), types.end());
        SCOPED_TRACE(map_name);
        expect_golden(read_beatmap(folder / map_name), golden, ends);
        ++maps;
    }
    EXPECT_EQ(maps, 142);
    EXPECT_LT(ends.far, ends.all / 25);  // 2.7 %
}

Beatmap small_map(const std::string& objects, const std::string& mode = "0") {
    return parse_beatmap(
        "osu file format v14\n\n[General]\nMode: " + mode +
        "\n\n[Difficulty]\nSliderMultiplier:1\nSliderTickRate:1\n\n[TimingPoints]\n0,500,4,1,0,100,1,0\n"
        "\n[HitObjects]\n" +
        objects);
}

TEST(Sequence, RefusesOtherModes) {
    for (const char* mode : {"1", "2", "3"}) {
        EXPECT_THROW(to_sequence(small_map("256,192,0,1,0,0:0:0:0:\n", mode)), Error);
    }
}

TEST(Sequence, CornersBetweenCurvesAreRedAnchors) {
    // Bézier to (100, 0), then a line, then a B-spline: the points where they meet are corners.
    const Beatmap map = small_map("0,0,1000,6,0,B|50:50|L|100:0|100:100|B3|200:100|200:200|0:0,1,400\n");
    const Sequence sequence = to_sequence(map);
    using enum PointType;
    EXPECT_EQ(sequence.type,
              (std::vector<PointType>{slider_head_new_combo, bezier_anchor, red_anchor, red_anchor,
                                      red_anchor, bezier_anchor, last_anchor, slider_end_1}));
    EXPECT_EQ(sequence.anchor, (std::vector<uint32_t>{0, 1, 2, 3, 4, 5, 6, 0}));
    EXPECT_EQ(sequence.time.back(), 3000);
}

TEST(Sequence, LongSlidersStaySliders) {
    std::string line = "0,0,0,2,0,B";
    for (int i = 1; i <= 150; ++i) line += "|" + std::to_string(i) + ":" + std::to_string(i % 7);
    const Sequence sequence = to_sequence(small_map(line + ",2,150\n"));
    EXPECT_EQ(sequence.size(), 152u);
    EXPECT_EQ(sequence.type.back(), PointType::slider_end_2);
}

TEST(Datapoints, TheBallOfAnEvenSliderEndsAtItsHead) {
    for (const uint8_t end : {11, 12, 13, 14, 15}) {
        const std::vector<uint8_t> type{0, 4, 10, end, 0};
        const std::vector<Vec2> position{{0, 0}, {100, 0}, {200, 0}, {190, 0}, {100, 80}};
        const std::vector<float> distance{1, 100, 100, 10, 120.4f};
        const bool returns = end == 12 || end == 14;
        EXPECT_EQ(came_from(type), (std::vector<uint32_t>{0, 0, 1, 2, returns ? 1u : 3u}));
        const std::vector<float> asked =
            asked_distances({.type = type, .distance = distance, .position = position});
        EXPECT_EQ(asked, (std::vector<float>{1, 100, 100, 10, returns ? 80 : 120.4f}));
    }
}

TEST(Datapoints, TheScreenTimeIsTheGamesOrGuessed) {
    EXPECT_EQ(preempt_of(0), 1800);
    EXPECT_EQ(preempt_of(5), 1200);
    EXPECT_EQ(preempt_of(10), 450);
    const std::vector<uint8_t> type(40);
    const auto usual = [&](double gap) {
        std::vector<double> time;
        for (size_t i = 0; i < type.size(); ++i) time.push_back(gap * static_cast<double>(i));
        return usual_preempt({.type = type, .time = time});
    };
    EXPECT_NEAR(usual(150), 600, 1);
    EXPECT_GE(usual(20), 450);
    EXPECT_EQ(usual(5000), 1500);
}

TEST(Sequence, EmptyMap) {
    EXPECT_EQ(to_sequence(small_map("")).size(), 0u);
}

}  // namespace
}  // namespace osu
