// The loader over packs of invented sequences, in which every datapoint tells its map and its place.
#include "data/windows.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/file.h"
#include "base/parallel.h"
#include "data/pack_writer.h"
#include "data/permutation.h"
#include "data/split.h"
#include "support/temporary_folder.h"

namespace osu {
namespace {

// Datapoint i of map m stands at (m, y_of(i)), 10 i ms + 1000 m after an odd start, i + m/64 px from the one
// before.
float y_of(uint32_t point) {
    return static_cast<float>(point % 384) + 0.25f;
}  // never 192, so that a flip shows
float distance_of(uint32_t map, uint32_t point) {
    return static_cast<float>(point) + static_cast<float>(map) / 64;
}

class Windows : public ::testing::Test {
  protected:
    PackedDataset make(const std::vector<uint32_t>& counts) {
        PackWriter writer(folder_ / "pack", "made");
        for (uint32_t m = 0; m < counts.size(); ++m) {
            Sequence sequence;
            std::vector<float> distance;
            for (uint32_t i = 0; i < counts[m]; ++i) {
                sequence.position.push_back({static_cast<float>(m), y_of(i)});
                sequence.time.push_back(123456.5 + 1000 * m + 10 * i);
                sequence.type.push_back(static_cast<PointType>(i % point_type_count));
                distance.push_back(distance_of(m, i));
            }
            DatasetMap map;
            map.beatmap_id = 1000 + m;
            map.set_id = m / 3;
            map.creator = "creator " + std::to_string(m);
            map.version = std::string(m, 'v');
            map.path = "Track00000/beatmaps/" + std::to_string(m) + ".osu";
            map.label = static_cast<int32_t>(2 * m);
            map.track = m / 3;
            writer.add(map, view_of(sequence, distance));
        }
        writer.commit();
        return PackedDataset::open(folder_ / "pack");
    }

    static std::vector<uint32_t> all(const PackedDataset& dataset) {
        std::vector<uint32_t> maps(dataset.size());
        std::iota(maps.begin(), maps.end(), 0);
        return maps;
    }

    static Batch load(const WindowLoader& loader, uint64_t first, int64_t size) {
        Batch batch;
        loader.load(first, size, batch);
        return batch;
    }

    test::TemporaryFolder folder_;
};

TEST_F(Windows, PackKeepsWhatItWasGiven) {
    const PackedDataset dataset = make({130, 0, 5, 700});
    ASSERT_EQ(dataset.size(), 4u);
    EXPECT_EQ(dataset.datapoints(), 835u);
    EXPECT_EQ(dataset.class_count(), 7);
    EXPECT_EQ(dataset.fingerprint(), "made");
    const DatasetMap map = dataset.map(3);
    EXPECT_EQ(map.beatmap_id, 1003);
    EXPECT_EQ(map.set_id, 1);
    EXPECT_EQ(map.creator, "creator 3");
    EXPECT_EQ(map.artist, "");
    EXPECT_EQ(map.version, "vvv");
    EXPECT_EQ(map.path, "Track00000/beatmaps/3.osu");
    EXPECT_EQ(map.label, 6);
    EXPECT_EQ(map.track, 1u);
    EXPECT_EQ(map.first, 135u);
    ASSERT_EQ(map.count, 700u);
    for (uint32_t i = 0; i < map.count; ++i) {
        EXPECT_EQ(dataset.x(map)[i], 3);
        EXPECT_EQ(dataset.y(map)[i], y_of(i));
        EXPECT_EQ(dataset.time(map)[i], 126456.5 + 10 * i);
        EXPECT_EQ(dataset.distance(map)[i], distance_of(3, i));
        EXPECT_EQ(dataset.type(map)[i], i % 16);
    }
    EXPECT_THROW(dataset.map(4), Error);
}

TEST_F(Windows, EveryWindowOnceAnEpoch) {
    const std::vector<uint32_t> counts{128, 127, 300, 1, 143, 144, 1000, 0};
    const PackedDataset dataset = make(counts);
    const WindowLoader loader(dataset, all(dataset), {.augment = false, .label_dropout = 0});
    std::multiset<std::pair<uint32_t, uint32_t>> expected;
    for (uint32_t m = 0; m < counts.size(); ++m) {
        if (counts[m] == 0) continue;
        expected.insert({m, 0});
        for (uint32_t start = 16; start + 128 <= counts[m]; start += 16) expected.insert({m, start});
    }
    ASSERT_EQ(loader.windows_per_epoch(), expected.size());
    std::vector<std::vector<std::pair<uint32_t, uint32_t>>> orders;
    for (uint64_t epoch = 0; epoch < 5; ++epoch) {
        const Batch batch = load(loader, epoch * expected.size(), static_cast<int64_t>(expected.size()));
        std::multiset<std::pair<uint32_t, uint32_t>> seen;
        orders.emplace_back();
        for (int64_t row = 0; row < batch.size; ++row) {
            seen.insert({batch.map[row], batch.start[row]});
            orders.back().push_back({batch.map[row], batch.start[row]});
            EXPECT_EQ(batch.label[row], static_cast<int32_t>(2 * batch.map[row]));
            EXPECT_EQ(batch.sample[row], epoch * expected.size() + static_cast<uint64_t>(row));
        }
        EXPECT_EQ(seen, expected);
    }
    EXPECT_EQ(std::set(orders.begin(), orders.end()).size(), 5u) << "each epoch has its own order";
    EXPECT_FALSE(std::is_sorted(orders[0].begin(), orders[0].end()));
}

TEST_F(Windows, EveryWindowHoldsItsDatapoints) {
    const PackedDataset dataset = make({500, 60, 131});
    const WindowLoader loader(dataset, all(dataset), {.label_dropout = 0});
    const Batch batch = load(loader, 3, 200);
    for (int64_t row = 0; row < batch.size; ++row) {
        const DatasetMap map = dataset.map(batch.map[row]);
        const int64_t length = batch.lengths[row], start = batch.start[row];
        EXPECT_EQ(length, std::min<int64_t>(128, map.count));
        ASSERT_LE(start + length, map.count);
        const float* x = batch.x.data() + row * 256;
        const float* time = batch.time.data() + row * 128;
        const bool flip_x = x[0] > 0.5f;
        EXPECT_GE(time[0], 0);
        EXPECT_LT(time[0], 100000);
        // A flip is of all datapoints or none: tell it by the second coordinate of the first one.
        const bool flip_y = std::abs(x[128] - y_of(batch.start[row]) / 384) > 1e-6f;
        for (int64_t i = 0; i < length; ++i) {
            const float px = static_cast<float>(batch.map[row]), py = y_of(static_cast<uint32_t>(start + i));
            EXPECT_FLOAT_EQ(x[i], (flip_x ? 512 - px : px) / 512);
            EXPECT_FLOAT_EQ(x[128 + i], (flip_y ? 384 - py : py) / 384);
            EXPECT_NEAR(time[i] - time[0], 10.0 * i, 0.02);
            EXPECT_EQ(batch.distance[row * 128 + i], distance_of(batch.map[row], start + i));
            EXPECT_EQ(batch.type[row * 128 + i], (start + i) % 16);
        }
        for (int64_t i = length; i < 128; ++i) {
            EXPECT_EQ(x[i], 0);
            EXPECT_EQ(x[128 + i], 0);
            EXPECT_EQ(time[i], 0);
            EXPECT_EQ(batch.distance[row * 128 + i], 0);
            EXPECT_EQ(batch.type[row * 128 + i], 0);
        }
    }
}

void expect_rows_equal(const Batch& a, int64_t row_a, const Batch& b, int64_t row_b) {
    const int64_t tokens = a.tokens;
    const auto same = [&](const auto& x, const auto& y, int64_t width) {
        return std::equal(x.begin() + row_a * width, x.begin() + (row_a + 1) * width,
                          y.begin() + row_b * width);
    };
    EXPECT_TRUE(same(a.x, b.x, 2 * tokens) && same(a.time, b.time, tokens) && same(a.type, b.type, tokens) &&
                same(a.distance, b.distance, tokens) && same(a.label, b.label, 1) &&
                same(a.lengths, b.lengths, 1) && same(a.map, b.map, 1) && same(a.start, b.start, 1) &&
                same(a.sample, b.sample, 1))
        << "sample " << a.sample[row_a];
}

TEST_F(Windows, ASampleDependsOnItsNumberAlone) {
    const PackedDataset dataset = make({500, 60, 131, 900});
    const WindowOptions options{.seed = 7, .null_label = 99};
    const int threads = thread_count();
    set_thread_count(1);
    const Batch whole = load(WindowLoader(dataset, all(dataset), options), 0, 300);
    set_thread_count(3);
    const WindowLoader again(dataset, all(dataset), options);
    Batch batch;  // reused, with other sizes
    for (const auto& [first, size] :
         {std::pair<uint64_t, int64_t>{0, 7}, {7, 1}, {250, 50}, {60, 80}, {9, 0}, {299, 1}}) {
        again.load(first, size, batch);
        ASSERT_EQ(batch.size, size);
        for (int64_t row = 0; row < size; ++row)
            expect_rows_equal(whole, static_cast<int64_t>(first) + row, batch, row);
    }
    set_thread_count(threads);
    WindowOptions other = options;
    other.seed = 8;
    EXPECT_NE(load(WindowLoader(dataset, all(dataset), other), 0, 300).map, whole.map);
}

TEST_F(Windows, AugmentsEvenly) {
    const PackedDataset dataset = make({3000, 2000});
    const WindowLoader loader(dataset, all(dataset), {.seed = 3, .null_label = 77});
    constexpr int64_t count = 20000;
    const Batch batch = load(loader, 0, count);
    int64_t both = 0, flips_x = 0, flips_y = 0, dropped = 0;
    double time = 0, time_square = 0;
    std::map<uint32_t, int64_t> residues;
    for (int64_t row = 0; row < count; ++row) {
        const bool flip_x = batch.x[row * 256] > 0.5f;
        const bool flip_y = std::abs(batch.x[row * 256 + 128] - y_of(batch.start[row]) / 384) > 1e-6f;
        flips_x += flip_x;
        flips_y += flip_y;
        both += flip_x && flip_y;
        dropped += batch.label[row] == 77;
        const double offset = batch.time[row * 128] / 100000.0;
        time += offset;
        time_square += offset * offset;
        ++residues[batch.start[row] % 16];
    }
    const double n = count;
    // Five standard deviations.
    EXPECT_NEAR(flips_x / n, 0.5, 0.018);
    EXPECT_NEAR(flips_y / n, 0.5, 0.018);
    EXPECT_NEAR(both / n, 0.25, 0.0154);
    EXPECT_NEAR(dropped / n, 0.2, 0.0142);
    EXPECT_NEAR(time / n, 0.5, 0.0103);
    EXPECT_NEAR(time_square / n, 1.0 / 3, 0.0106);
    EXPECT_EQ(residues.size(), 16u) << "first starts are drawn from the whole stride";
}

TEST_F(Windows, DoubleTimeShortensTheTimesOfSomeWindows) {
    const PackedDataset dataset = make({3000});
    constexpr int64_t count = 4000;
    const Batch plain = load(WindowLoader(dataset, {0}, {.seed = 3}), 0, count);
    const Batch batch = load(WindowLoader(dataset, {0}, {.seed = 3, .double_time = 0.25}), 0, count);
    int64_t fast = 0;
    for (int64_t row = 0; row < count; ++row) {
        const float* time = batch.time.data() + row * 128;
        EXPECT_EQ(time[0], plain.time[row * 128]);
        const bool is_fast = time[127] - time[0] < 1000;
        EXPECT_NEAR(time[127] - time[0], is_fast ? 1270 / 1.5 : 1270, 0.02);
        fast += is_fast;
    }
    EXPECT_NEAR(static_cast<double>(fast) / count, 0.25, 0.034);  // five standard deviations
    EXPECT_EQ(batch.x, plain.x);
    EXPECT_EQ(batch.distance, plain.distance);
}

TEST_F(Windows, DistanceNoiseIsNormalAndNeverBelowZero) {
    const PackedDataset dataset = make({3000});
    constexpr int64_t count = 200;
    const Batch plain = load(WindowLoader(dataset, {0}, {.seed = 3}), 0, count);
    const Batch batch = load(WindowLoader(dataset, {0}, {.seed = 3, .distance_noise = 4}), 0, count);
    double sum = 0, squares = 0, n = 0;
    for (size_t i = 0; i < plain.distance.size(); ++i) {
        EXPECT_GE(batch.distance[i], 0);
        if (plain.distance[i] < 40) continue;  // the cut at zero is out of reach
        const double off = batch.distance[i] - plain.distance[i];
        sum += off;
        squares += off * off;
        ++n;
    }
    EXPECT_NEAR(sum / n, 0, 5 * 4 / std::sqrt(n));
    EXPECT_NEAR(squares / n, 16, 5 * 16 * std::sqrt(2 / n));
    EXPECT_EQ(batch.x, plain.x);
    EXPECT_EQ(batch.time, plain.time);
}

TEST_F(Windows, PlainWindowsAreLeftAlone) {
    const PackedDataset dataset = make({700});
    const WindowLoader loader(
        dataset, all(dataset),
        {.augment = false, .double_time = 1, .distance_noise = 4, .label_dropout = 1, .null_label = 5});
    const Batch batch = load(loader, 0, 72);
    for (int64_t row = 0; row < batch.size; ++row) {
        EXPECT_EQ(batch.start[row] % 16, 0u);
        EXPECT_EQ(batch.time[row * 128], 0);
        EXPECT_EQ(batch.time[row * 128 + 127], 1270);
        EXPECT_EQ(batch.distance[row * 128], distance_of(0, batch.start[row]));
        EXPECT_EQ(batch.x[row * 256], 0);
        EXPECT_EQ(batch.label[row], 5);
    }
}

TEST_F(Windows, OnlyTheChosenMaps) {
    const PackedDataset dataset = make({200, 200, 200, 0});
    const WindowLoader loader(dataset, {2, 0}, {});
    const Batch batch = load(loader, 0, 50);
    EXPECT_EQ(std::set(batch.map.begin(), batch.map.end()), (std::set<uint32_t>{0, 2}));
    EXPECT_THROW(WindowLoader(dataset, {3}, {}), Error);
    EXPECT_THROW(WindowLoader(dataset, {}, {}), Error);
    EXPECT_THROW(WindowLoader(dataset, {0}, {.tokens = 0}), Error);
    EXPECT_THROW(WindowLoader(dataset, {9}, {}), Error);
}

TEST(PermutationTest, IsOneToOneAndFair) {
    for (const uint64_t size : {1, 2, 3, 5, 16, 17, 1000, 65537}) {
        std::vector<bool> seen(size);
        const Permutation permutation(size, 1, size);
        for (uint64_t place = 0; place < size; ++place) {
            ASSERT_LT(permutation(place), size);
            EXPECT_FALSE(seen[permutation(place)]);
            seen[permutation(place)] = true;
        }
    }
    // Where the first of ten goes, over many keys: uniform by a χ² test (9 degrees of freedom, p = 1e-6 is
    // 44).
    std::vector<double> counts(10);
    for (uint64_t key = 0; key < 10000; ++key) ++counts[Permutation(10, 5, key)(0)];
    double chi_square = 0;
    for (const double count : counts) chi_square += (count - 1000) * (count - 1000) / 1000;
    EXPECT_LT(chi_square, 44);
    // Neighbours are no neighbours any more: their distance is a third of the size on average.
    const Permutation permutation(100000, 2, 3);
    double distance = 0;
    for (uint64_t place = 0; place + 1 < 100000; ++place)
        distance +=
            std::abs(static_cast<double>(permutation(place)) - static_cast<double>(permutation(place + 1)));
    EXPECT_NEAR(distance / 99999, 33333, 400);
}

TEST_F(Windows, SplitByMapperIsStable) {
    const PackedDataset small = make(std::vector<uint32_t>(300, 1));
    const Split before = split_held_out(small, {.share = 0.2, .seed = 1});
    const PackedDataset large = make(std::vector<uint32_t>(900, 1));
    const Split after = split_held_out(large, {.share = 0.2, .seed = 1});
    EXPECT_EQ(after.train.size() + after.validation.size(), 900u);
    EXPECT_NEAR(static_cast<double>(after.validation.size()), 180, 60);
    std::map<std::string, std::set<bool>> sides;
    for (const uint32_t map : after.train) sides[large.map(map).creator].insert(false);
    for (const uint32_t map : after.validation) sides[large.map(map).creator].insert(true);
    for (const auto& [creator, side] : sides) EXPECT_EQ(side.size(), 1u) << creator;
    for (const uint32_t map : before.validation)
        EXPECT_TRUE(std::binary_search(after.validation.begin(), after.validation.end(), map));
    EXPECT_NE(split_held_out(large, {.share = 0.2, .seed = 2}).validation, after.validation);
    EXPECT_TRUE(split_held_out(large, {}).validation.empty());
    EXPECT_THROW(split_held_out(large, {.share = 1}), Error);
    EXPECT_THROW(split_held_out(large, {.share = -0.1}), Error);
}

TEST_F(Windows, SplitByAListOfHashes) {
    // printf 'creator 3' | sha256sum
    EXPECT_EQ(mapper_hash("Creator 3"), "75d50ede01f82ddd");
    const auto file = folder_ / "held-out.txt";
    write_file(file, "# two of them\n" + mapper_hash("creator 1") + "\n\n" + mapper_hash("creator 5") +
                         " a note\r\n");
    const PackedDataset dataset = make(std::vector<uint32_t>(9, 1));
    const Split split = split_held_out(dataset, {.mappers = read_held_out(file)});
    EXPECT_EQ(split.validation, (std::vector<uint32_t>{1, 5}));
    EXPECT_EQ(split.train.size(), 7u);
    write_file(file, "some mapper\n");
    EXPECT_THROW(read_held_out(file), Error);
    write_file(file, "# nobody\n");
    EXPECT_THROW(read_held_out(file), Error);
}

}  // namespace
}  // namespace osu
