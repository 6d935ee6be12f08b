// The game's database of installed maps, osu!.db, of every version since 2013. Timing points are not kept.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "beatmap/beatmap.h"

namespace osu {

enum class RankedStatus : uint8_t {
    unknown,
    unsubmitted,
    pending,
    unused,
    ranked,
    approved,
    qualified,
    loved
};

struct DatabaseBeatmap : MapFacts {
    std::string artist_unicode, title_unicode, source;
    std::string audio_file, md5, osu_file, folder;  // osu_file lies in Songs/folder
    RankedStatus status = RankedStatus::unknown;
    uint16_t circles = 0, sliders = 0, spinners = 0;
    float ar = 0, cs = 0, hp = 0, od = 0;
    double slider_velocity = 0;
    // By game mode: bits of the mods, stars. Empty before 2014.
    std::array<std::vector<std::pair<int32_t, double>>, 4> stars;
    int32_t drain_time = 0;    // s
    int32_t total_time = 0;    // ms
    int32_t preview_time = 0;  // ms
    int32_t thread_id = 0;
    float stack_leniency = 0;
    GameMode mode = GameMode::standard;
    int16_t online_offset = 0;  // ms
    int64_t modified = 0;       // 100 ns since 0001-01-01 UTC, as .NET counts
};

struct OsuDatabase {
    int32_t version = 0;  // the day of the game's build, 20250108
    int32_t folder_count = 0;
    std::string player;
    int32_t beatmap_count = 0;  // as the file declares it
    std::vector<DatabaseBeatmap> beatmaps;
    size_t bytes_left = 0;  // behind the last value
    std::string damage;     // why not all maps could be read, and how many were; empty: all were
};

enum class Damaged : bool { refused, kept };

// A damaged or cut file is an Error that says how many maps can be read; Damaged::kept returns those maps,
// with the same words in `damage`. What is no database at all is an Error always.
OsuDatabase parse_osu_database(std::span<const std::byte> bytes, Damaged damaged = Damaged::refused);
OsuDatabase read_osu_database(const std::filesystem::path& path, Damaged damaged = Damaged::refused);

}  // namespace osu
