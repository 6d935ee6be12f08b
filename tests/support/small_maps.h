// Small maps for the tests of datasets, written for them.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <zip.h>

namespace osu::test {

struct SmallMap {
    std::string version = "Hard", creator = "somebody", artist = "band", title = "song";
    int64_t beatmap_id = 0, set_id = -1;  // 0 and −1: no such line
    int mode = 0, circles = 10;
    std::string events;   // lines for [Events], each with its end
    std::string objects;  // more lines
};

inline std::string text_of(const SmallMap& map) {
    std::string text = fmt::format(
        "osu file format v14\r\n\r\n[General]\r\nAudioFilename: Song.OGG\r\nStackLeniency: 0.5\r\nMode: "
        "{}\r\n\r\n"
        "[Metadata]\r\nTitle:{}\r\nArtist:{}\r\nCreator:{}\r\nVersion:{}\r\nSource:film\r\nTags:some "
        "tags\r\n",
        map.mode, map.title, map.artist, map.creator, map.version);
    if (map.beatmap_id != 0) text += fmt::format("BeatmapID:{}\r\n", map.beatmap_id);
    if (map.set_id >= 0) text += fmt::format("BeatmapSetID:{}\r\n", map.set_id);
    text +=
        "\r\n[Difficulty]\r\nHPDrainRate:5\r\nCircleSize:4.2\r\nOverallDifficulty:8\r\nApproachRate:9.3\r\n"
        "SliderMultiplier:1.4\r\nSliderTickRate:1\r\n\r\n[Events]\r\n" +
        map.events + "\r\n[TimingPoints]\r\n0,500,4,2,0,100,1,0\r\n\r\n[HitObjects]\r\n";
    for (int i = 0; i < map.circles; ++i)
        text += fmt::format("{},{},{},1,0,0:0:0:0:\r\n", 100 + i % 300, 50 + i * 7 % 300, 1000 + 250 * i);
    return text + map.objects;
}

inline void write_text(const std::filesystem::path& path, const std::string& text) {
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
}

inline void write_osz(const std::filesystem::path& path,
                      const std::vector<std::pair<std::string, std::string>>& entries) {
    std::filesystem::create_directories(path.parent_path());
    zip_t* archive = zip_open(path.c_str(), ZIP_CREATE | ZIP_TRUNCATE, nullptr);
    for (const auto& [name, content] : entries)
        zip_file_add(archive, name.c_str(), zip_source_buffer(archive, content.data(), content.size(), 0), 0);
    zip_close(archive);
}

}  // namespace osu::test
