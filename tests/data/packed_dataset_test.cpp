// Packed datasets: what they hold, when they are made anew, and damage.
#include "data/packed_dataset.h"

#include <chrono>
#include <set>

#include <fmt/core.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/error.h"
#include "base/parallel.h"
#include "beatmap/beatmap.h"
#include "data/dataset_fixture.h"
#include "data/dataset_folder.h"
#include "sequence/sequence.h"
#include "support/goldens.h"

namespace osu {
namespace {

namespace fs = std::filesystem;
using test::DatasetTest;
using test::text_of;
using test::write_text;

void expect_sequence(const PackedDataset& dataset, const DatasetMap& map, const Sequence& sequence) {
    ASSERT_EQ(map.count, sequence.size()) << map.path;
    const std::vector<float> distance = distances(sequence);
    for (size_t i = 0; i < sequence.size(); ++i)
        ASSERT_TRUE(dataset.x(map)[i] == sequence.position[i].x &&
                    dataset.y(map)[i] == sequence.position[i].y && dataset.time(map)[i] == sequence.time[i] &&
                    dataset.distance(map)[i] == distance[i] &&
                    dataset.type(map)[i] == static_cast<uint8_t>(sequence.type[i]))
            << map.path << ", datapoint " << i;
}

TEST_F(DatasetTest, PacksTheSequencesOfItsMaps) {
    write_maps();
    write_text(folder_ / "maps" / "slider.osu",
               text_of({.version = "S", .objects = "10,20,9000,6,0,B|40:50|70:80,2,100\r\n"}));
    build();
    // One map becomes bad after the fact, and its class stays its own.
    write_text(folder_ / "out" / "Track00002" / "beatmaps" / "000003M000.osu", "scribbled over");
    const PackReport report = pack_dataset(folder_ / "out", folder_ / "pack");
    EXPECT_EQ(report.maps, 6u);
    ASSERT_EQ(report.skipped.size(), 1u);
    EXPECT_EQ(report.skipped[0].path, "Track00002/beatmaps/000003M000.osu");

    const PackedDataset dataset = PackedDataset::open(folder_ / "pack");
    ASSERT_EQ(dataset.size(), 6u);
    EXPECT_EQ(dataset.datapoints(), report.datapoints);
    std::set<int32_t> labels;
    for (size_t i = 0; i < dataset.size(); ++i) {
        const DatasetMap map = dataset.map(i);
        labels.insert(map.label);
        const Beatmap beatmap = read_beatmap(folder_ / "out" / map.path);
        expect_sequence(dataset, map, to_sequence(beatmap));
        EXPECT_EQ(map.version, beatmap.metadata.version);
        EXPECT_EQ(map.creator, "somebody");
        EXPECT_EQ(map.beatmap_id, beatmap.metadata.beatmap_id);
    }
    EXPECT_EQ(labels, (std::set<int32_t>{0, 1, 2, 4, 5, 6}));
    EXPECT_EQ(dataset.map(2).set_id, 44);
    EXPECT_EQ(dataset.map(2).track, 1u);
}

TEST_F(DatasetTest, OpensFoldersByPackingThemOnce) {
    write_text(folder_ / "maps" / "a.osu", text_of({.set_id = 5}));
    build();
    const fs::path pack = folder_ / "out" / "dataset.pack";
    EXPECT_EQ(open_dataset(folder_ / "out").size(), 1u);
    const auto written = fs::last_write_time(pack);
    EXPECT_EQ(open_dataset(folder_ / "out").size(), 1u);
    EXPECT_EQ(fs::last_write_time(pack), written);
    EXPECT_EQ(open_dataset(pack).size(), 1u);
    write_text(folder_ / "maps" / "b.osu", text_of({.set_id = 6}));
    build();
    EXPECT_EQ(open_dataset(folder_ / "out").size(), 2u) << "a pack that is older than the folder's content";
    fs::remove_all(folder_ / "out" / "Track00001");
    write_text(folder_ / "maps" / "b.osu", text_of({.creator = "nobody", .set_id = 6}));
    build();
    const PackedDataset changed = open_dataset(folder_ / "out");
    EXPECT_EQ(changed.map(1).creator, "nobody") << "as many tracks, another content";
    write_text(pack, "damaged");
    EXPECT_EQ(open_dataset(folder_ / "out").size(), 2u);
    EXPECT_THROW(open_dataset(folder_ / "maps"), Error);
    EXPECT_THROW(open_dataset(folder_ / "nowhere"), Error);
}

// In a process that may not write there, whoever runs the tests: what it says, and whether it opens.
[[noreturn]] void open_as_a_reader(const fs::path& folder) {
    set_thread_count(1);  // the threads of the pool are not in this process
    constexpr uid_t nobody = 65534;
    if (::geteuid() == 0 && ::setresuid(nobody, nobody, nobody) != 0) ::_exit(2);
    try {
        fmt::print(stderr, "opened with {} maps\n", open_dataset(folder, terminal_listener()).size());
        ::_exit(0);
    } catch (const Error& error) {
        fmt::print(stderr, "error: {}\nhint: {}\n", error.what(), error.hint());
        ::_exit(1);
    }
}

TEST_F(DatasetTest, FoldersThatCannotBeWrittenSayWhy) {
    write_text(folder_ / "maps" / "a.osu", text_of({.set_id = 5}));
    build();
    const fs::path out = folder_ / "out", map = out / read_dataset_folder(out).maps[0].path;
    fs::permissions(folder_.path(), fs::perms(0755));
    const auto expect = [](const fs::path& folder, int status, const char* message) {
        fs::permissions(folder, fs::perms(0555));
        EXPECT_EXIT(open_as_a_reader(folder), ::testing::ExitedWithCode(status), message);
        fs::permissions(folder, fs::perms(0755));
    };
    const char* const refusal =
        "error: the maps of .*out are packed into dataset.pack there .*: Permission denied\n"
        "hint: .* dataset --from .*out --pack FILE";
    expect(out, 1, refusal);
    fs::create_directories(folder_ / "no dataset");
    expect(folder_ / "no dataset", 1, "it is not a dataset");

    EXPECT_EQ(open_dataset(out).size(), 1u);
    expect(out, 0, "^opened with 1 maps");
    fs::last_write_time(map, fs::last_write_time(map) + std::chrono::seconds(5));
    expect(out, 0, "^warning: .*dataset.pack is taken as it is.*opened with 1 maps");
    write_text(map, text_of({.circles = 30}));
    expect(out, 1, refusal);
    EXPECT_EQ(open_dataset(out).map(0).count, 30u);
}

// Nothing is printed: who opens a dataset hears of it.
TEST_F(DatasetTest, OpeningTellsTheListenerOfProgressAndSkippedMaps) {
    write_maps();
    build();
    write_text(folder_ / "out" / read_dataset_folder(folder_ / "out").maps[0].path, "no map");
    std::vector<std::string> warnings;
    int64_t first = -1, last = -1, all = 0;
    Listener listener;
    listener.on_warning = [&](const std::string& text) { warnings.push_back(text); };
    listener.on_progress = [&](const char*, int64_t done, int64_t total, const char*) {
        if (first < 0) first = done;
        last = done;
        all = total;
    };
    ::testing::internal::CaptureStderr();
    EXPECT_EQ(open_dataset(folder_ / "out", listener).size(), 5u);
    EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
    ASSERT_EQ(warnings.size(), 1u);
    EXPECT_EQ(warnings[0].find("skipped Track00000/"), 0u) << warnings[0];
    EXPECT_EQ(first, 0);
    EXPECT_EQ(last, 6);
    EXPECT_EQ(all, 6);
}

TEST_F(DatasetTest, DamagedPacksAreErrors) {
    write_maps();
    build();
    pack_dataset(folder_ / "out", folder_ / "pack");
    const std::string whole = read_file(folder_ / "pack");
    for (size_t size = 0; size < whole.size(); size += 499) {
        write_text(folder_ / "cut", whole.substr(0, size));
        EXPECT_THROW(PackedDataset::open(folder_ / "cut"), Error) << size;
    }
    // A changed byte is an error, or data that stays within the file.
    uint32_t state = 1;
    for (int trial = 0; trial < 500; ++trial) {
        std::string changed = whole;
        state = state * 1664525 + 1013904223;
        changed[(state >> 8) % changed.size()] ^= static_cast<char>(1 << (trial % 8));
        write_text(folder_ / "changed", changed);
        try {
            const PackedDataset dataset = PackedDataset::open(folder_ / "changed");
            uint64_t total = 0;
            for (size_t i = 0; i < dataset.size(); ++i) total += dataset.time(dataset.map(i)).size();
            EXPECT_EQ(total, dataset.datapoints());
        } catch (const Error& error) {
            EXPECT_NE(std::string(error.what()), "");
        }
    }
    test::write_text(folder_ / "other", "x");
    EXPECT_THROW(PackedDataset::open(folder_ / "other"), Error);
}

TEST_F(DatasetTest, TheMapsOfTheSharedFolder) {
    SHARED_OR_SKIP(maps, "maps");
    size_t files = 0;
    for (const auto& entry : fs::recursive_directory_iterator(maps))
        files += entry.path().extension() == ".osu";
    const DatasetReport report = build_dataset({.sources = {recognise_source(maps)}, .out = folder_ / "out"});
    EXPECT_EQ(report.maps_found, files);
    EXPECT_EQ(report.maps_added + report.skipped.size(), files);
    EXPECT_GE(report.maps_added, 1130u);
    const PackReport packed = pack_dataset(folder_ / "out", folder_ / "pack");
    EXPECT_EQ(packed.maps, report.maps_added);
    EXPECT_TRUE(packed.skipped.empty());
    const PackedDataset dataset = PackedDataset::open(folder_ / "pack");
    for (size_t i = 0; i < dataset.size(); ++i) {
        const DatasetMap map = dataset.map(i);
        EXPECT_EQ(map.label, static_cast<int32_t>(i));
        expect_sequence(dataset, map, to_sequence(read_beatmap(folder_ / "out" / map.path)));
    }
}

}  // namespace
}  // namespace osu
