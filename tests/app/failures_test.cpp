// Every call that writes, syncs or renames a file fails once, as on a full or broken disk, or the process
// dies in it (support/preload/failing_calls.cpp): what stands under a final name is whole, and the next run
// ends like one that nothing disturbed.
#include <algorithm>
#include <cstdlib>
#include <functional>
#include <map>
#include <optional>
#include <set>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "archive/checkpoint.h"
#include "base/error.h"
#include "base/file.h"
#include "beatmap/osz.h"
#include "support/launched_program.h"
#include "support/map_text.h"
#include "support/small_maps.h"
#include "support/temporary_folder.h"

namespace osu {
namespace {

namespace fs = std::filesystem;

enum class Failure { none, error, kill };

// What a file says, by its path: its bytes, but where these hold a time or who came first.
using Content = std::map<std::string, std::string>;

class Failures : public testing::Test {
  protected:
    void SetUp() override {
        if (!*test::failing_calls_path()) GTEST_SKIP() << "sanitizers want their own library to be the first";
    }

    // Every sync and rename, and of writes in a row the first and the one in the middle; of these `most`,
    // evenly. Each as an error and as the end of the process.
    static std::vector<std::pair<size_t, Failure>> chosen_failures(const std::string& kinds, size_t most) {
        EXPECT_NE(kinds.find("sr"), std::string::npos) << "a file is synced and renamed";
        std::vector<size_t> calls;  // from 1
        for (size_t begin = 0, end = 0; begin < kinds.size(); begin = end) {
            end =
                kinds[begin] == 'w' ? std::min(kinds.find_first_not_of('w', begin), kinds.size()) : begin + 1;
            calls.push_back(begin + 1);
            if (end - begin > 2) calls.push_back((begin + end) / 2 + 1);
        }
        std::vector<std::pair<size_t, Failure>> chosen;
        const size_t count = std::min(calls.size(), most);
        for (size_t i = 0; i < count; ++i)
            for (const Failure failure : {Failure::error, Failure::kill})
                chosen.emplace_back(calls[i * (calls.size() - 1) / std::max<size_t>(1, count - 1)], failure);
        return chosen;
    }

    // The exit status; −1 where the process was killed. `at`: the call that fails.
    static int run(const fs::path& folder, const std::string& arguments, Failure failure = Failure::none,
                   size_t at = 0) {
        const std::string line = fmt::format(
            "cd '{}' && exec env OMP_WAIT_POLICY=passive LD_PRELOAD='{}' FAILING_CALLS_LIST=calls {}"
            "{} '{}' {} >said 2>&1",
            folder.string(), test::failing_calls_path(),
            failure == Failure::none ? "" : fmt::format("FAILING_CALLS_AT={}", at),
            failure == Failure::kill ? " FAILING_CALLS_KILL=1" : "", test::program_path(), arguments);
        const int status = std::system(line.c_str());
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }

    static Content content_below(const fs::path& folder) {
        Content content;
        for (fs::recursive_directory_iterator entry(folder), end; entry != end; ++entry) {
            const std::string name = entry->path().filename().string();
            // What has no final name; the report counts what the run added.
            if (name.ends_with(".part")) entry.disable_recursion_pending();
            if (entry->is_directory() || name.ends_with(".part") || name.ends_with(".lock")) continue;
            std::string& text = content[entry->path().lexically_relative(folder).string()];
            text = read_file(entry->path());
            if (name == "dataset-report.json" && nlohmann::json::accept(text)) text = "whole";
            if (name.ends_with(".osz")) text = entries_of(entry->path());
        }
        return content;
    }

    static bool names_a_reason(const std::string& said) {
        const char* const reasons[] = {"No space left on device", "Input/output error", "Permission denied"};
        return std::any_of(std::begin(reasons), std::end(reasons),
                           [&](const char* reason) { return said.find(reason) != std::string::npos; });
    }

    static std::string entries_of(const fs::path& file) {
        const OszArchive archive(file);
        std::string text;
        for (size_t i = 0; i < archive.entries().size(); ++i)
            text += archive.entries()[i].name + '\n' + archive.read(i) + '\n';
        return text;
    }

    static void expect_nothing_unfinished(const fs::path& folder) {
        for (const auto& entry : fs::recursive_directory_iterator(folder)) {
            const std::string name = entry.path().filename().string();
            EXPECT_FALSE(name.ends_with(".part") || name.ends_with(".lock")) << entry.path();
        }
    }

    // `arguments` write below OUT in a folder that `prepare` has filled, at most `most` of its calls fail.
    void let_all_fail(const std::function<void(const fs::path&)>& prepare, const std::string& arguments,
                      long most) {
        const test::TemporaryFolder undisturbed;
        prepare(undisturbed.path());
        const Content before = content_below(undisturbed / "out");
        ASSERT_EQ(run(undisturbed.path(), arguments), 0) << read_file(undisturbed / "said");
        const Content whole = content_below(undisturbed / "out");
        for (const auto& [at, failure] : chosen_failures(read_file(undisturbed / "calls"), most)) {
            SCOPED_TRACE(fmt::format("call {} {}", at, failure == Failure::kill ? "kills" : "fails"));
            const test::TemporaryFolder folder;
            prepare(folder.path());
            const int status = run(folder.path(), arguments, failure, at);
            EXPECT_EQ(status == -1, failure == Failure::kill) << read_file(folder / "said");
            check_whole(content_below(folder / "out"), before, whole);
            if (status == 1)
                EXPECT_TRUE(names_a_reason(read_file(folder / "said"))) << read_file(folder / "said");
            if (status == 0) EXPECT_EQ(content_below(folder / "out"), whole) << "it said that all went well";
            ASSERT_EQ(run(folder.path(), arguments), 0) << read_file(folder / "said");
            EXPECT_EQ(content_below(folder / "out"), whole);
            expect_nothing_unfinished(folder / "out");
            if (HasFailure()) return;
        }
    }

    // Every file is as it was before or as it shall be, and of a folder with maps all or none is there.
    static void check_whole(const Content& content, const Content& before, const Content& whole) {
        std::set<std::string> tracks;
        for (const auto& [name, text] : content) {
            const auto was = before.find(name), shall = whole.find(name);
            EXPECT_TRUE((was != before.end() && was->second == text) ||
                        (shall != whole.end() && shall->second == text))
                << name << " is half-made";
            if (name.starts_with("Track")) tracks.insert(name.substr(0, name.find('/') + 1));
        }
        for (const auto& [name, text] : whole)
            if (tracks.contains(name.substr(0, name.find('/') + 1)))
                EXPECT_TRUE(content.contains(name)) << name << " is missing in its track";
    }
};

// Three sets, one in an archive, one with audio.
void make_maps(const fs::path& folder) {
    fs::create_directories(folder / "out");
    for (int i = 0; i < 2; ++i)
        write_file(folder / fmt::format("maps/a/{}.osu", i),
                   test::text_of({.version = fmt::format("v{}", i), .title = "a", .circles = 20 + i}));
    write_file(folder / "maps/a/Song.OGG", std::string(5000, 'a'));
    test::write_osz(folder / "maps/b.osz", {{"b.osu", test::text_of({.title = "b"})}, {"Song.OGG", "audio"}});
}

TEST_F(Failures, DatasetFolder) {
    let_all_fail(make_maps, "dataset --from maps --out out --with-audio --threads 1", 14);
}

TEST_F(Failures, DatasetPack) {
    let_all_fail(make_maps, "dataset --from maps --pack out/data.pack --threads 1", 12);
}

// Small enough for many runs, and a whole checkpoint.
void make_checkpoint(const fs::path& file) {
    static const std::vector<float> values(5000, 0.25f);
    const TensorView tensor{DType::f32, {50, 100}, std::as_bytes(std::span(values))};
    Checkpoint checkpoint;
    for (const char* name : {"a.weight", "b.weight"}) checkpoint.model[name] = checkpoint.ema[name] = tensor;
    write_checkpoint(file, checkpoint);
}

TEST_F(Failures, Convert) {
    const auto prepare = [](const fs::path& folder) {
        make_checkpoint(folder / "in.safetensors");
        write_file(folder / "out/made.pt", "what was there before");
    };
    let_all_fail(prepare, "convert in.safetensors out/made.pt", 8);
    const auto back = [](const fs::path& folder) {
        make_checkpoint(folder / "in.pt");
        fs::create_directories(folder / "out");
    };
    let_all_fail(back, "convert in.pt out/made.safetensors", 8);
}

TEST_F(Failures, SampleIntoAnArchive) {
    const auto prepare = [](const fs::path& folder) {
        test::write_osz(folder / "song.osz", {{"a.osu", test::circle_map(1, 2, 12)}, {"audio.mp3", "audio"}});
        fs::create_directories(folder / "out");
    };
    let_all_fail(prepare, "sample song.osz --osz -n 2 --steps 1 --seed 3 --overwrite --out out --threads 1",
                 9);
}

// A run goes on from its last checkpoint, and is another one where there is none yet.
class FailingTraining : public Failures {
  protected:
    static constexpr int last_step = 2;

    static std::optional<fs::path> newest_checkpoint(const fs::path& folder) {
        std::optional<fs::path> newest;
        if (!fs::exists(folder / "results")) return newest;
        for (const auto& entry : fs::recursive_directory_iterator(folder / "results")) {
            const fs::path& path = entry.path();
            if (path.extension() != ".safetensors") continue;
            EXPECT_TRUE(verify(read_checkpoint(path))) << path << " is half-made";
            if (!newest || newest->filename() < path.filename()) newest = path;
        }
        return newest;
    }

    static bool is_last(const std::optional<fs::path>& checkpoint) {
        return checkpoint && checkpoint->stem().string() == fmt::format("{:07}", last_step);
    }

    static std::string weights(const fs::path& file) {
        const Checkpoint checkpoint = read_checkpoint(file);
        std::string all;
        for (const TensorMap* map : {&checkpoint.model, &checkpoint.ema, &checkpoint.exp_avg})
            for (const auto& [name, tensor] : *map)
                all.append(reinterpret_cast<const char*>(tensor.bytes.data()), tensor.bytes.size());
        return all;
    }

    static void prepare(const fs::path& folder) {
        for (int i = 0; i < 3; ++i)
            write_file(folder / fmt::format("data/Track0000{0}/beatmaps/00000{0}M000.osu", i),
                       test::circle_map(100 + i, 10 + i, 60, "mapper " + std::to_string(i)));
    }
};

TEST_F(FailingTraining, GoesOnFromItsLastCheckpoint) {
    const std::string train = fmt::format(
        "train --data-path data --model DiT-XS --global-batch-size 2 --seq-len 16 --max-steps {} "
        "--ckpt-every 1 "
        "--log-every 1 --device cpu --threads 1",
        last_step);
    const test::TemporaryFolder undisturbed;
    prepare(undisturbed.path());
    ASSERT_EQ(run(undisturbed.path(), train), 0) << read_file(undisturbed / "said");
    const std::string kinds = read_file(undisturbed / "calls");
    const auto made = newest_checkpoint(undisturbed.path());
    ASSERT_TRUE(is_last(made));
    const std::string expected = weights(*made);
    for (const auto& [at, failure] : chosen_failures(kinds, 4)) {
        SCOPED_TRACE(fmt::format("call {} {}", at, failure == Failure::kill ? "kills" : "fails"));
        const test::TemporaryFolder folder;
        prepare(folder.path());
        const int status = run(folder.path(), train, failure, at);
        EXPECT_EQ(status == -1, failure == Failure::kill) << read_file(folder / "said");
        auto newest = newest_checkpoint(folder.path());
        if (status == 0) EXPECT_TRUE(is_last(newest)) << "it said that all went well";
        if (!is_last(newest)) {
            const std::string from = newest ? " --ckpt '" + newest->string() + "'" : "";
            ASSERT_EQ(run(folder.path(), train + from), 0) << read_file(folder / "said");
            newest = newest_checkpoint(folder.path());
        }
        ASSERT_TRUE(is_last(newest));
        EXPECT_TRUE(weights(*newest) == expected);
        if (HasFailure()) return;
    }
}

}  // namespace
}  // namespace osu
