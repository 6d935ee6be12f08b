// Datasets that are built in several runs: killed ones, and packs without a folder.
#include <csignal>
#include <tuple>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/parallel.h"
#include "data/dataset_fixture.h"
#include "data/dataset_folder.h"
#include "data/dataset_target.h"
#include "data/game_fixture.h"

namespace osu {
namespace {

namespace fs = std::filesystem;
using test::DatasetTest;
using test::text_of;
using test::write_text;

// Path below the folder → content, of all files but the report, which tells of the last run alone.
std::map<std::string, std::string> content_of(const fs::path& folder) {
    std::map<std::string, std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator(folder))
        if (entry.is_regular_file() && entry.path().filename() != "dataset-report.json")
            files[fs::relative(entry.path(), folder).string()] = read_file(entry.path());
    return files;
}

// Builds in a process of its own, which is killed before `track` gets its name. Whether it lived.
bool survives(DatasetOptions options, uint32_t track) {
    const pid_t child = ::fork();
    if (child == 0) {
        set_thread_count(1);
        options.before_track = [track](uint32_t number) {
            if (number == track) std::raise(SIGKILL);
        };
        if (!::freopen("/dev/null", "w", stderr)) ::_exit(1);
        build_dataset(options);
        ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_TRUE(WIFEXITED(status) || WTERMSIG(status) == SIGKILL);
    return WIFEXITED(status);
}

TEST_F(DatasetTest, KilledAgainAndAgainEndsAsIfNeverDisturbed) {
    write_maps();
    test::StableFolder stable(folder_ / "maps" / "osu!");
    for (int i = 0; i < 240; ++i)
        stable.add(
            {.version = fmt::format("{}", i), .title = "t", .beatmap_id = 900 + i, .set_id = 200 + i / 2}, 3);
    stable.maps()[77].osu_file = "missing.osu";
    stable.write();
    const std::vector<MapSource> sources{recognise_source(folder_ / "maps" / "77 band - song"),
                                         stable.source(),
                                         recognise_source(folder_ / "maps" / "44 band - third.osz")};
    build_dataset({.sources = sources, .out = folder_ / "whole", .with_audio = true});
    const DatasetOptions options{.sources = sources, .out = folder_ / "killed", .with_audio = true};
    const DatasetFolder whole = read_dataset_folder(folder_ / "whole");
    ASSERT_EQ(whole.tracks, 122u);
    for (const uint32_t track : {0, 1, 30, 63, 64, 65, 121}) {
        ASSERT_FALSE(survives(options, track)) << track;
        const DatasetFolder left = find_dataset_folder(folder_ / "killed");
        EXPECT_EQ(left.tracks, track) << "all before it are there";
        EXPECT_TRUE(left.problems.empty());
    }
    ASSERT_TRUE(survives(options, 1000));
    EXPECT_EQ(content_of(folder_ / "killed"), content_of(folder_ / "whole"));
}

TEST_F(DatasetTest, AFolderThatCannotBeReadIsTold) {
    if (::geteuid() == 0) GTEST_SKIP() << "root may read all";
    write_maps();
    fs::create_directory(folder_ / "maps/locked");
    fs::permissions(folder_ / "maps/locked", fs::perms::none);
    const DatasetReport report = build();
    fs::permissions(folder_ / "maps/locked", fs::perms::owner_all);
    EXPECT_EQ(report.skipped_by_reason().at("folder cannot be read"), 1u);
    EXPECT_NE(read("dataset-report.json").find("locked"), std::string::npos);
}

class PackGrowthTest : public DatasetTest {
  protected:
    DatasetReport pack(const fs::path& from) {
        return build_dataset({.sources = {recognise_source(from)}, .pack = folder_ / "packs" / "a.pack"});
    }
    PackedDataset packed() { return PackedDataset::open(folder_ / "packs" / "a.pack"); }
};

TEST_F(PackGrowthTest, HasWhatThePackOfTheFolderHas) {
    write_maps();
    build();
    pack_dataset(folder_ / "out", folder_ / "folder.pack");
    EXPECT_EQ(pack(folder_ / "maps").maps_added, 6u);
    EXPECT_TRUE(fs::exists(folder_ / "packs" / "dataset-report.json"));
    const PackedDataset direct = packed(), folder = PackedDataset::open(folder_ / "folder.pack");
    ASSERT_EQ(direct.size(), folder.size());
    ASSERT_EQ(direct.datapoints(), folder.datapoints());
    for (size_t i = 0; i < direct.size(); ++i) {
        const DatasetMap a = direct.map(i), b = folder.map(i);
        EXPECT_EQ(std::tie(a.beatmap_id, a.set_id, a.creator, a.artist, a.title, a.version, a.tags, a.md5,
                           a.label, a.track, a.first, a.count),
                  std::tie(b.beatmap_id, b.set_id, b.creator, b.artist, b.title, b.version, b.tags, b.md5,
                           b.label, b.track, b.first, b.count));
        EXPECT_EQ(a.tags, "some tags");
        EXPECT_EQ(a.md5.size(), 32u);
        EXPECT_TRUE(std::ranges::equal(direct.x(a), folder.x(b)));
        EXPECT_TRUE(std::ranges::equal(direct.time(a), folder.time(b)));
        EXPECT_TRUE(std::ranges::equal(direct.type(a), folder.type(b)));
        EXPECT_TRUE(std::ranges::equal(direct.distance(a), folder.distance(b)));
    }
}

TEST_F(PackGrowthTest, AddsWhatIsNewBehindWhatStands) {
    write_maps();
    pack(folder_ / "maps");
    write_text(folder_ / "packs" / "a.pack.0123456789abcdef.part", "of a killed run");
    write_text(folder_ / "maps" / "first.osu", text_of({.version = "First", .beatmap_id = 1, .set_id = 1}));
    const DatasetReport report = pack(folder_ / "maps");
    EXPECT_EQ(report.maps_added, 1u);
    EXPECT_EQ(report.maps_already_there, 7u);
    EXPECT_EQ(report.maps_in_dataset, 7u);
    EXPECT_EQ(report.sets_in_dataset, 5u);
    EXPECT_FALSE(fs::exists(folder_ / "packs" / "a.pack.0123456789abcdef.part"));
    const PackedDataset dataset = packed();
    ASSERT_EQ(dataset.size(), 7u);
    for (size_t i = 0; i < 7; ++i) EXPECT_EQ(dataset.map(i).label, static_cast<int32_t>(i));
    EXPECT_EQ(dataset.map(5).version, "no IDs");
    EXPECT_EQ(dataset.map(6).set_id, 1);
    EXPECT_EQ(dataset.map(6).track, 4u);
}

TEST_F(PackGrowthTest, IsWrittenByOneProcessAtATime) {
    write_maps();
    const fs::path lock = folder_ / "packs" / "a.pack.lock";
    int held[2];
    ASSERT_EQ(::pipe(held), 0);
    const pid_t other = ::fork();
    if (other == 0) {
        const auto target = pack_target(folder_ / "packs" / "a.pack");
        if (::write(held[1], "", 1) == 1) ::pause();
        ::_exit(1);
    }
    char byte = 0;
    ASSERT_EQ(::read(held[0], &byte, 1), 1);
    try {
        pack(folder_ / "maps");
        ADD_FAILURE() << "two at once";
    } catch (const Error& error) {
        EXPECT_NE(std::string(error.what()).find("another process"), std::string::npos) << error.what();
        EXPECT_NE(error.hint(), "");
    }
    EXPECT_FALSE(fs::exists(folder_ / "packs" / "a.pack"));
    ::kill(other, SIGKILL);
    ::waitpid(other, nullptr, 0);
    for (const int end : held) ::close(end);
    EXPECT_TRUE(fs::exists(lock)) << "which holds nothing any more";
    EXPECT_EQ(pack(folder_ / "maps").maps_added, 6u);
    EXPECT_FALSE(fs::exists(lock));
}

TEST_F(PackGrowthTest, LeavesThePackOfAFolderAlone) {
    write_maps();
    build();
    fs::create_directories(folder_ / "packs");
    pack_dataset(folder_ / "out", folder_ / "packs" / "a.pack");
    EXPECT_THROW(pack(folder_ / "maps"), Error);
    fs::remove(folder_ / "packs" / "a.pack");
    EXPECT_THROW(pack(folder_ / "maps" / "taiko.osu"), Error) << "nothing to pack";
    EXPECT_FALSE(fs::exists(folder_ / "packs" / "a.pack"));
}

}  // namespace
}  // namespace osu
