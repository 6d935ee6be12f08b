// The files of one set of maps, wherever they come from: an archive, a lone .osu, a folder, the example.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "beatmap/beatmap.h"

namespace osu::studio {

// Bytes with who keeps them: a mapped file, a string.
struct Bytes {
    std::shared_ptr<const void> owner;
    std::span<const std::byte> view;
    static Bytes of(std::string content);
    std::string_view text() const { return {reinterpret_cast<const char*>(view.data()), view.size()}; }
};

constexpr size_t file_size_limit = size_t{256} << 20;  // of audio, a picture

class Song {
  public:
    virtual ~Song() = default;

    std::string id;      // of its content, or of its place
    std::string name;    // as it was given: "song.osz"
    std::string folder;  // where it lies on the disk; empty

    virtual std::vector<std::string> names() const = 0;  // of all files, '/' between folders
    // By a name as a map has it: '/' or '\' alike, letter case does not count. Error when it is not there.
    virtual std::string read(std::string_view name, size_t limit = file_size_limit) const = 0;
    // Its bytes, for a song that is not in a folder.
    virtual Bytes content() const = 0;
    // An .osz of it with one more map; of a lone .osu, of that map and the new one.
    virtual std::string archive_with(const std::string& map_name, const std::string& text) const = 0;
    bool has(std::string_view name) const;
};

// An archive (.osz, .olz) or a map's text, by content. Error for anything else.
std::shared_ptr<Song> open_song(Bytes bytes, std::string name);

// {source, name, maps:[{file, version, mode, beatmapId, problem?}]} of docs/api.md.
nlohmann::json described(const Song& song);

}  // namespace osu::studio
