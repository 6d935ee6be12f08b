// The verb sample on one small map, with a network of random weights.
#pragma once

#include <algorithm>
#include <sstream>

#include <gtest/gtest.h>

#include "app/command.h"
#include "base/file.h"
#include "base/parallel.h"
#include "base/random.h"
#include "model/parameters.h"
#include "sampling/checkpoint_metadata.h"
#include "support/temporary_folder.h"

namespace osu::test {

inline constexpr const char* map_text =
    "osu file format v14\r\n\r\n[General]\r\nAudioFilename: a.mp3\r\nMode: 0\r\nPreviewTime: "
    "1000\r\n\r\n[Metadata]\r\n"
    "Title:Song: part "
    "1/2\r\nArtist:Artist\r\nCreator:me\r\nVersion:Hard\r\nBeatmapID:77\r\nBeatmapSetID:7\r\n\r\n"
    "[Difficulty]\r\nHPDrainRate:5\r\nCircleSize:4\r\nOverallDifficulty:5\r\nApproachRate:8\r\n"
    "SliderMultiplier:1.4\r\nSliderTickRate:1\r\n\r\n[TimingPoints]\r\n0,500,4,2,1,60,1,0\r\n\r\n[HitObjects]"
    "\r\n"
    "100,100,1000,5,2,0:0:0:0:\r\n200,150,1250,1,8,1:2:0:70:hit.wav\r\n"
    "300,200,1500,6,0,B|350:250|400:200|450:150,2,140,2|0|8,1:2|0:0|0:3,0:0:0:0:\r\n"
    "256,192,3000,12,0,4000,0:0:0:0:\r\n60,60,4500,2,0,P|100:20|140:60,1,105\r\n";

class SampleTest : public ::testing::Test {
  protected:
    void SetUp() override {
        threads_ = thread_count();
        write_file(map_, map_text);
        write_network("net.safetensors", 1);
    }
    void TearDown() override { set_thread_count(threads_); }

    // Small weights: a network that the sampler does not amplify.
    void write_network(const std::string& name, uint64_t seed, float scale = 0.03f,
                       std::set<std::string> held_out = {}, int64_t window = 0) {
        CheckpointInfo info;
        info.tokens = window;
        info.held_out.mappers = std::move(held_out);
        info.config = {1, 32, 2, 4};
        info.labels = LabelIndex({{{100, -1, "Anna", "A", "One", "Easy"}, 0},
                                  {{110, -1, "Bert", "B", "Two", "Hard"}, 1},
                                  {{200, -1, "anna", "C", "Three", "Insane"}, 2}});
        const ParameterLayout layout(info.config);
        std::vector<float> values(layout.size());
        Philox(seed).fill_normal(values);
        for (float& value : values) value *= scale;
        Checkpoint checkpoint;
        checkpoint.model = parameter_views(layout, values);
        set_metadata(checkpoint, info);
        write_checkpoint(folder_ / name, checkpoint);
    }

    CommandResult sample(std::vector<std::string> flags, const std::string& out = "out",
                         const std::string& network = "net.safetensors") {
        std::vector<std::string> arguments{"sample",
                                           "--beatmap",
                                           map_.string(),
                                           "--ckpt",
                                           (folder_ / network).string(),
                                           "--precision",
                                           "f32",
                                           "--out",
                                           (folder_ / out).string()};
        // One thread: the network is too small to share, and threads of a busy machine wait for one another.
        for (const auto& [flag, value] :
             {std::pair{"--num-sampling-steps", "4"}, {"--sampler", "ddpm"}, {"--threads", "1"}})
            if (std::find(flags.begin(), flags.end(), flag) == flags.end())
                arguments.insert(arguments.end(), {flag, value});
        arguments.insert(arguments.end(), flags.begin(), flags.end());
        return run_command(arguments);
    }

    // The coordinates of --fast alone: sample() adds flags that it does not go with.
    std::vector<float> fast() {
        const std::filesystem::path dump = folder_ / "fast.safetensors";
        EXPECT_EQ(
            run_command({"sample", "--beatmap", map_.string(), "--ckpt",
                         (folder_ / "net.safetensors").string(), "--precision", "f32", "--fast", "--threads",
                         "1", "--out", (folder_ / "fast").string(), "--dump-coordinates", dump.string()})
                .error,
            "");
        const Safetensors dumped = Safetensors::open(dump);
        return to_floats(dumped.tensor("xy"));
    }

    std::vector<std::filesystem::path> files(const std::string& out, const std::string& extension = ".osu") {
        std::vector<std::filesystem::path> found;
        if (std::filesystem::exists(folder_ / out))
            for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_ / out))
                if (entry.is_regular_file() && entry.path().extension() == extension)
                    found.push_back(entry.path());
        std::sort(found.begin(), found.end());
        return found;
    }

    std::vector<float> coordinates(std::vector<std::string> flags) {
        const std::string file = (folder_ / "xy.safetensors").string();
        flags.insert(flags.end(), {"--dump-coordinates", file});
        EXPECT_EQ(sample(flags).error, "");
        const Safetensors dumped = Safetensors::open(file);
        EXPECT_EQ(dumped.tensor("xy").shape[1], 2);
        return to_floats(dumped.tensor("xy"));
    }

    TemporaryFolder folder_;
    std::filesystem::path map_ = folder_ / "map.osu";
    int threads_ = 1;
};

// The lines of both maps, in pairs, where they differ.
inline std::vector<std::pair<std::string, std::string>> differences(const std::filesystem::path& a,
                                                                    const std::filesystem::path& b) {
    std::istringstream first(read_file(a)), second(read_file(b));
    std::vector<std::pair<std::string, std::string>> lines;
    std::string one, other;
    while (std::getline(first, one) && std::getline(second, other))
        if (one != other) lines.push_back({one, other});
    EXPECT_FALSE(std::getline(second, other));
    return lines;
}

}  // namespace osu::test
