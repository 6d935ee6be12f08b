// What tests and fuzzing of the studio work with: a network of random weights, a map of circles and sliders.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/random.h"
#include "model/parameters.h"
#include "sampling/checkpoint_metadata.h"

namespace osu::studio::test {

// Of 4 classes; IDs 101 to 104, two of them by "somebody".
inline Checkpoint small_checkpoint() {
    const DitConfig config{1, 32, 2, 4};
    const ParameterLayout layout{config};
    const auto values = std::make_shared<std::vector<float>>(layout.size());
    Philox(1).fill_normal(*values);
    for (float& value : *values) value *= 0.03f;
    Checkpoint made;
    made.model = parameter_views(layout, *values);
    made.storage.push_back(values);
    CheckpointInfo info;
    info.config = config;
    std::vector<LabelEntry> labels(4);
    for (int i = 0; i < 4; ++i) {
        labels[i].label = i;
        labels[i].beatmap_id = 101 + i;
        labels[i].creator = i < 2 ? "somebody" : "mapper " + std::to_string(i);
        labels[i].artist = "band";
        labels[i].title = "song " + std::to_string(i);
        labels[i].version = "Hard";
    }
    info.labels = LabelIndex(std::move(labels));
    set_metadata(made, info);
    return made;
}

// Twelve circles, a slider between every third and the next; 250 ms apart.
inline std::string small_map(const std::string& version = "Hard", int mode = 0) {
    std::string text = fmt::format(
        "osu file format v14\r\n\r\n[General]\r\nAudioFilename: song.mp3\r\nSampleSet: Soft\r\nMode: "
        "{}\r\n\r\n"
        "[Metadata]\r\nTitle:song\r\nArtist:band\r\nCreator:somebody\r\nVersion:{}\r\nBeatmapID:77\r\n\r\n"
        "[Difficulty]\r\nHPDrainRate:5\r\nCircleSize:4\r\nOverallDifficulty:8\r\nApproachRate:9\r\n"
        "SliderMultiplier:1.4\r\nSliderTickRate:1\r\n\r\n[Events]\r\n0,0,\"bg.jpg\",0,0\r\n\r\n"
        "[TimingPoints]\r\n0,500,4,2,1,60,1,0\r\n\r\n[HitObjects]\r\n",
        mode, version);
    for (int i = 0; i < 16; ++i) {
        const int x = 60 + i * 97 % 380, y = 50 + i * 61 % 270, time = 1000 + 500 * i;
        if (i % 4 == 3)
            text += fmt::format("{},{},{},2,8,B|{}:{}|{}:{},1,70,2|8,0:0|0:0,0:0:0:0:\r\n", x, y, time,
                                x + 30, y + 10, x + 50, y + 50);
        else
            text += fmt::format("{},{},{},{},0,0:0:0:0:\r\n", x, y, time, i % 4 == 0 ? 5 : 1);
    }
    return text;
}

}  // namespace osu::studio::test
