#include "beatmap/osu_db.h"

#include <algorithm>

#include "base/error.h"
#include "base/file.h"
#include "beatmap/binary_reader.h"

namespace osu {

namespace {

constexpr int32_t first_version = 20070000,
                  last_version = 21000000;  // days: anything else is another kind of file
constexpr int32_t first_with_size = 20160408, first_without_size = 20191106;
constexpr int32_t first_with_stars = 20140609;  // before it difficulty values are bytes
constexpr size_t usual_beatmap = 600;           // bytes, with a few timing points

std::vector<std::pair<int32_t, double>> read_stars(BinaryReader& in) {
    std::vector<std::pair<int32_t, double>> stars(in.count(10));
    for (auto& [mods, value] : stars) {
        if (in.value<uint8_t>() != 0x08) in.refuse();
        mods = in.value<int32_t>();
        switch (in.value<uint8_t>()) {
            case 0x0c: value = in.value<float>(); break;  // since 2025
            case 0x0d: value = in.value<double>(); break;
            default: in.refuse();
        }
        if (!in.ok()) break;
    }
    return stars;
}

DatabaseBeatmap read_beatmap_entry(BinaryReader& in, int32_t version, bool with_size) {
    DatabaseBeatmap map;
    const bool with_stars = version >= first_with_stars;
    if (with_size) in.skip(4);
    for (std::string* text : {&map.artist, &map.artist_unicode, &map.title, &map.title_unicode, &map.creator,
                              &map.version, &map.audio_file, &map.md5, &map.osu_file})
        *text = in.string();
    map.status = static_cast<RankedStatus>(in.value<uint8_t>());
    if (map.status > RankedStatus::loved) in.refuse();
    for (uint16_t* count : {&map.circles, &map.sliders, &map.spinners}) *count = in.value<uint16_t>();
    map.modified = in.value<int64_t>();
    for (float* value : {&map.ar, &map.cs, &map.hp, &map.od})
        *value = with_stars ? in.value<float>() : static_cast<float>(in.value<uint8_t>());
    map.slider_velocity = in.value<double>();
    if (with_stars)
        for (auto& stars : map.stars) stars = read_stars(in);
    for (int32_t* time : {&map.drain_time, &map.total_time, &map.preview_time}) *time = in.value<int32_t>();
    constexpr size_t timing_point_size = 8 + 8 + 1;
    in.skip(in.count(timing_point_size) * timing_point_size);
    for (int64_t* id : {&map.beatmap_id, &map.set_id}) *id = in.value<int32_t>();
    map.thread_id = in.value<int32_t>();
    in.skip(4 + 2);  // grades, local offset
    map.stack_leniency = in.value<float>();
    map.mode = static_cast<GameMode>(in.value<uint8_t>());
    if (map.mode > GameMode::mania) in.refuse();
    map.source = in.string();
    map.tags = in.string();
    map.online_offset = in.value<int16_t>();
    in.string();         // font of the title
    in.skip(1 + 8 + 1);  // unplayed, last played, packed as osz2
    map.folder = in.string();
    in.skip(8 + 5);               // last checked, five settings
    if (!with_stars) in.skip(2);  // unknown
    in.skip(4 + 1);               // modified, scroll speed
    // Zeros read as maps without a name; there is no other end to them than that of the file.
    if (map.osu_file.empty() && map.md5.empty()) in.refuse();
    return map;
}

OsuDatabase parse_layout(std::span<const std::byte> bytes, bool with_size) {
    BinaryReader in(bytes);
    OsuDatabase database;
    database.version = in.value<int32_t>();
    database.folder_count = in.value<int32_t>();
    in.skip(1 + 8);  // account unlocked, and when
    database.player = in.string();
    database.beatmap_count = in.value<int32_t>();
    if (!in.ok() || database.beatmap_count < 0 || database.version < first_version ||
        database.version > last_version)
        fail("this is no osu!.db");
    const auto count = static_cast<size_t>(database.beatmap_count);
    database.beatmaps.reserve(std::min(count, in.left() / usual_beatmap));
    size_t intact = in.position();  // bytes until the end of the last whole map
    while (database.beatmaps.size() < count) {
        DatabaseBeatmap map = read_beatmap_entry(in, database.version, with_size);
        if (!in.ok()) break;
        database.beatmaps.push_back(std::move(map));
        intact = in.position();
    }
    in.skip(4);  // permissions
    database.bytes_left = in.left();
    if (!in.ok())
        database.damage =
            fmt::format("the database is cut or damaged behind byte {}: {} of {} maps can be read", intact,
                        database.beatmaps.size(), count);
    return database;
}

}  // namespace

OsuDatabase parse_osu_database(std::span<const std::byte> bytes, Damaged damaged) {
    const auto version = BinaryReader(bytes).value<int32_t>();
    // Readers disagree whether the size stands before entries older than 2016: the layout that fits is the
    // right one.
    const bool with_size = version >= first_with_size && version < first_without_size;
    OsuDatabase database = parse_layout(bytes, with_size);
    if (!database.damage.empty() || database.bytes_left > 0) {
        OsuDatabase other = parse_layout(bytes, !with_size);
        if ((other.damage.empty() && other.bytes_left == 0) ||
            other.beatmaps.size() > database.beatmaps.size())
            database = std::move(other);
    }
    if (damaged == Damaged::refused && !database.damage.empty()) fail("{}", database.damage);
    return database;
}

OsuDatabase read_osu_database(const std::filesystem::path& path, Damaged damaged) {
    const MappedFile file(path);
    try {
        return parse_osu_database(file.bytes(), damaged);
    } catch (const Error& error) {
        throw Error(fmt::format("cannot read {}: {}", path.string(), error.what()), error.hint());
    }
}

}  // namespace osu
