// A small dataset, and options for a run on it.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <vector>

#include <gtest/gtest.h>

#include "archive/checkpoint.h"
#include "base/file.h"
#include "base/parallel.h"
#include "support/map_text.h"
#include "support/temporary_folder.h"
#include "train/options.h"

namespace osu::test {

class TrainingRun : public testing::Test {
  protected:
    void SetUp() override {
        for (int set = 0; set < 4; ++set) {
            const std::filesystem::path maps = folder / ("data/Track0000" + std::to_string(set)) / "beatmaps";
            std::filesystem::create_directories(maps);
            for (int i = 0; i < 2; ++i) {
                const int index = 2 * set + i;
                write_file(maps / ("00000" + std::to_string(index) + "M00" + std::to_string(i) + ".osu"),
                           test::circle_map(100 + index, 10 + set, index == 0 ? 12 : 60,
                                            "mapper " + std::to_string(set)));
            }
        }
        options.data_path = folder / "data";
        options.results_dir = folder / "results";
        options.model = "DiT-XS";
        options.batch_size = 6;
        options.tokens = 24;
        options.max_steps = 6;
        options.log_every = 2;
        options.learning_rate = 1e-3;
        options.ema_decay = 0.9;
        options.gradient_clip = 1;
        set_thread_count(2);
    }

    static std::vector<float> all_floats(const Checkpoint& checkpoint) {
        std::vector<float> all;
        for (const TensorMap* map :
             {&checkpoint.model, &checkpoint.ema, &checkpoint.exp_avg, &checkpoint.exp_avg_sq})
            for (const auto& [name, tensor] : *map) {
                const auto floats = to_floats(tensor);
                all.insert(all.end(), floats.begin(), floats.end());
            }
        return all;
    }

    const TemporaryFolder temporary;
    const std::filesystem::path folder = temporary.path();
    TrainOptions options;
};

}  // namespace osu::test
