// Invented maps by the thousand, each a function of its number: a random walk of circles and sliders on a
// beat, with green lines, a background, a video and a few lines of storyboard. Some 250 to 1,050 objects, 25
// kB on average, as ranked maps have; five to a set.
#pragma once

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>

#include <fmt/format.h>

#include "base/random.h"

namespace osu {

constexpr uint32_t synthetic_set_size = 5;

inline std::string synthetic_map(uint32_t number) {
    const uint32_t set = number / synthetic_set_size, in_set = number % synthetic_set_size;
    Philox random(7, number);
    const double beat = 60000.0 / static_cast<double>(120 + random.below(100));
    std::string text = fmt::format(
        "osu file format v14\r\n\r\n[General]\r\nAudioFilename: audio.mp3\r\nPreviewTime: "
        "-1\r\nStackLeniency: 0.7\r\n"
        "Mode: 0\r\n\r\n[Metadata]\r\nTitle:Song {0}\r\nTitleUnicode:Song {0}\r\nArtist:Artist {1}\r\n"
        "Creator:Mapper {2}\r\nVersion:Level {3}\r\nSource:\r\nTags:synthetic walk "
        "number{0}\r\nBeatmapID:{4}\r\n"
        "BeatmapSetID:{0}\r\n\r\n[Difficulty]\r\nHPDrainRate:5\r\nCircleSize:4\r\nOverallDifficulty:8\r\n"
        "ApproachRate:9\r\nSliderMultiplier:1.6\r\nSliderTickRate:1\r\n\r\n[Events]\r\n0,0,\"bg.jpg\",0,0\r\n"
        "Video,0,\"film.avi\"\r\n",
        set + 1, set % 977, set % 2003, in_set, number + 1);
    for (int i = 0; i < 5; ++i)
        text += fmt::format("Sprite,Foreground,Centre,\"s{}.png\",320,240\r\n F,0,{},,0,1\r\n", i, i * 1000);
    text += fmt::format("\r\n[TimingPoints]\r\n500,{},4,2,1,60,1,0\r\n", beat);
    for (int i = 1; i <= 40; ++i)
        text += fmt::format("{},-{},4,2,1,{},0,{}\r\n", 500 + static_cast<int>(i * 16 * beat),
                            80 + random.below(60), 40 + random.below(60), i % 8 / 7);
    text += "\r\n[HitObjects]\r\n";
    const uint32_t objects = 250 + 160 * in_set + static_cast<uint32_t>(random.below(160));
    double x = 256, y = 192, time = 500;
    for (uint32_t i = 0; i < objects; ++i) {
        const double turn = 6.2832 * random.uniform(), step = 40 + 90 * random.uniform();
        x = std::abs(std::fmod(x + step * std::cos(turn) + 1024, 1024) - 512);
        y = std::abs(std::fmod(y + step * std::sin(turn) + 768, 768) - 384);
        const int combo = i % 8 == 0 ? 4 : 0;
        if (random.below(3) > 0) {
            text += fmt::format("{:.0f},{:.0f},{:.0f},{},0,0:0:0:0:\r\n", x, y, time, 1 + combo);
            time += beat / 2;
        } else {  // a gentle bow, kept inside
            const double dx = (x < 256 ? 1 : -1) * (40 + 20 * random.uniform()), dy = y < 192 ? 30 : -30;
            text += fmt::format(
                "{:.0f},{:.0f},{:.0f},{},0,B|{:.0f}:{:.0f}|{:.0f}:{:.0f},1,80,2|0,0:0|0:0,0:0:0:0:\r\n", x, y,
                time, 2 + combo, x + dx, y, x + 2 * dx, y + dy);
            time += beat;
        }
    }
    return text;
}

// SONGS/12 Artist - Song 12/….osu, as the game lays them out.
inline void write_synthetic_songs(const std::filesystem::path& songs, uint32_t maps) {
    for (uint32_t number = 0; number < maps; ++number) {
        const uint32_t set = number / synthetic_set_size;
        const auto folder = songs / fmt::format("{} Artist {} - Song {}", set + 1, set % 977, set + 1);
        if (number % synthetic_set_size == 0) std::filesystem::create_directories(folder);
        std::ofstream(folder / fmt::format("Level {}.osu", number % synthetic_set_size), std::ios::binary)
            << synthetic_map(number);
    }
}

}  // namespace osu
