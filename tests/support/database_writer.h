// Writes osu!.db and collection.db in the layout of any version of the game, for tests.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "beatmap/collection_db.h"
#include "beatmap/osu_db.h"

namespace osu::test {

class DatabaseWriter {
  public:
    std::string bytes;

    template <class T>
    void value(T value) {
        bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
    }
    void string(std::string_view text) {
        if (text.empty()) return value<uint8_t>(0);
        value<uint8_t>(0x0b);
        size_t length = text.size();
        for (; length >= 0x80; length >>= 7) value<uint8_t>(static_cast<uint8_t>(length | 0x80));
        value<uint8_t>(static_cast<uint8_t>(length));
        bytes += text;
    }
};

struct DatabaseLayout {
    int32_t version = 20250108;
    bool with_size = false;
    size_t timing_points = 3;  // of each map
};

inline void write_entry(DatabaseWriter& out, const DatabaseBeatmap& map, const DatabaseLayout& layout) {
    const bool old = layout.version < 20140609;
    for (const std::string& text : {map.artist, map.artist_unicode, map.title, map.title_unicode, map.creator,
                                    map.version, map.audio_file, map.md5, map.osu_file})
        out.string(text);
    out.value(map.status);
    for (uint16_t count : {map.circles, map.sliders, map.spinners}) out.value(count);
    out.value(map.modified);
    for (float value : {map.ar, map.cs, map.hp, map.od}) {
        if (old)
            out.value(static_cast<uint8_t>(value));
        else
            out.value(value);
    }
    out.value(map.slider_velocity);
    for (const auto& stars : map.stars) {
        if (old) break;
        out.value(static_cast<int32_t>(stars.size()));
        for (const auto& [mods, value] : stars) {
            out.value<uint8_t>(0x08);
            out.value(mods);
            const bool single = layout.version >= 20250107;
            out.value<uint8_t>(single ? 0x0c : 0x0d);
            if (single)
                out.value(static_cast<float>(value));
            else
                out.value(value);
        }
    }
    for (int32_t time : {map.drain_time, map.total_time, map.preview_time}) out.value(time);
    out.value(static_cast<int32_t>(layout.timing_points));
    for (size_t i = 0; i < layout.timing_points; ++i) {
        out.value(500.0);
        out.value(static_cast<double>(i));
        out.value<uint8_t>(1);
    }
    for (int32_t id : {map.beatmap_id, map.set_id, int64_t{map.thread_id}}) out.value(id);
    out.value<uint32_t>(0x09090909);  // grades
    out.value<int16_t>(0);
    out.value(map.stack_leniency);
    out.value(map.mode);
    out.string(map.source);
    out.string(map.tags);
    out.value(map.online_offset);
    out.string("font");
    out.bytes.append(1 + 8 + 1, '\1');
    out.string(map.folder);
    out.bytes.append(8 + 5 + (old ? 2 : 0) + 4 + 1, '\2');
}

inline std::string write_osu_database(const std::vector<DatabaseBeatmap>& maps,
                                      const DatabaseLayout& layout) {
    DatabaseWriter out;
    out.value(layout.version);
    out.value<int32_t>(7);  // folders
    out.value<uint8_t>(1);
    out.value<int64_t>(0);
    out.string("player");
    out.value(static_cast<int32_t>(maps.size()));
    for (const DatabaseBeatmap& map : maps) {
        DatabaseWriter entry;
        write_entry(entry, map, layout);
        if (layout.with_size) out.value(static_cast<int32_t>(entry.bytes.size()));
        out.bytes += entry.bytes;
    }
    out.value<int32_t>(1);  // permissions
    return out.bytes;
}

inline std::string write_collection_database(const std::vector<Collection>& collections) {
    DatabaseWriter out;
    out.value<int32_t>(20210316);
    out.value(static_cast<int32_t>(collections.size()));
    for (const Collection& collection : collections) {
        out.string(collection.name);
        out.value(static_cast<int32_t>(collection.md5.size()));
        for (const std::string& md5 : collection.md5) out.string(md5);
    }
    return out.bytes;
}

}  // namespace osu::test
