// Small maps that tests write for themselves.
#pragma once

#include <string>

#include "base/random.h"

namespace osu::test {

// A valid map of `circles` circles, 150 ms apart, on a random walk.
inline std::string circle_map(int beatmap_id, int set_id, int circles,
                              const std::string& creator = "tester") {
    std::string text =
        "osu file format v14\n\n[General]\nMode: 0\n\n[Metadata]\nTitle:song " + std::to_string(set_id) +
        "\nArtist:artist\nCreator:" + creator + "\nVersion:map " + std::to_string(beatmap_id) +
        "\nBeatmapID:" + std::to_string(beatmap_id) + "\nBeatmapSetID:" + std::to_string(set_id) +
        "\n\n[Difficulty]\nHPDrainRate:5\nCircleSize:4\nOverallDifficulty:8\nApproachRate:9\n"
        "SliderMultiplier:1.4\nSliderTickRate:1\n\n[TimingPoints]\n0,300,4,2,1,60,1,0\n\n[HitObjects]\n";
    Philox random(static_cast<uint64_t>(beatmap_id));
    int x = 256, y = 192;
    for (int i = 0; i < circles; ++i) {
        x = (x + 20 + static_cast<int>(random.below(120))) % 512;
        y = (y + 10 + static_cast<int>(random.below(90))) % 384;
        text += std::to_string(x) + "," + std::to_string(y) + "," + std::to_string(1000 + 150 * i) + "," +
                (i % 4 == 0 ? "5" : "1") + ",0,0:0:0:0:\n";
    }
    return text;
}

}  // namespace osu::test
