// Where players have their maps: an osu!stable folder (osu!.db, collection.db, Songs), an osu!lazer folder
// (files under their SHA-256, without names), or any folder of .osu and .osz.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace osu {

enum class SourceKind : uint8_t { folder, stable, lazer };

struct MapSource {
    SourceKind kind = SourceKind::folder;
    std::filesystem::path path;         // as it was given; a folder, or a single .osu or .osz
    std::filesystem::path maps;         // below it the maps lie: Songs, files, or the path itself
    std::filesystem::path database;     // osu!.db of stable, else empty
    std::filesystem::path collections;  // collection.db, where there is one
    std::string description() const;    // "osu!stable folder, maps in …"
};

// Goes by what lies there. Error when nothing does.
MapSource recognise_source(const std::filesystem::path& path);

// Where this machine would have the game.
struct Machine {
    std::filesystem::path home, data_home;  // data_home: XDG_DATA_HOME, else ~/.local/share
    std::filesystem::path drives = "/mnt";  // Windows' drives under WSL: /mnt/c
    static Machine here();
};
// The game's folders in its usual places on Windows under WSL, Linux, Wine and macOS; empty when there is
// none.
std::vector<MapSource> usual_sources(const Machine& machine);
std::vector<std::filesystem::path> usual_places(const Machine& machine);  // those that would be looked at

// A file by the name that the game has for it: '\' or '/' between folders, letter case and outer spaces do
// not count. Empty when it is not there, or the name leads out of the folder.
std::filesystem::path find_named(const std::filesystem::path& folder, std::string_view name);

// The value of "key = value" in the game's settings; empty without one.
std::string setting(std::string_view text, std::string_view key);
// A folder as Windows names it, as WSL or this system does: C:\maps is DRIVES/c/maps.
std::filesystem::path from_windows(const std::string& path, const std::filesystem::path& drives);

}  // namespace osu
