#include "data/game_folder.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"

namespace osu {

namespace fs = std::filesystem;

namespace {

constexpr size_t settings_size_limit = size_t{1} << 20;

std::string_view trimmed(std::string_view text) {
    const size_t first = text.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

bool is_folder(const fs::path& path) {
    std::error_code ignored;
    return fs::is_directory(path, ignored);
}

bool is_file(const fs::path& path) {
    std::error_code ignored;
    return fs::is_regular_file(path, ignored);
}

// The folders below `path` of which some have no name that is known beforehand: users, drives.
std::vector<fs::path> folders_in(const fs::path& path) {
    std::vector<fs::path> folders;
    std::error_code error;
    for (fs::directory_iterator entry(path, error), end; !error && entry != end; entry.increment(error))
        if (is_folder(entry->path())) folders.push_back(entry->path());
    std::sort(folders.begin(), folders.end());
    return folders;
}

std::string setting_of_file(const fs::path& file, std::string_view key) {
    try {
        return setting(read_file(file, settings_size_limit), key);
    } catch (const Error&) {
        return {};
    }
}

// Songs, or where the settings of one of the players of this folder have moved it.
fs::path songs_of(const fs::path& game) {
    std::error_code error;
    for (fs::directory_iterator entry(game, error), end; !error && entry != end; entry.increment(error)) {
        const std::string name = entry->path().filename().string();
        if (!name.starts_with("osu!.") || !name.ends_with(".cfg")) continue;
        const std::string moved = setting_of_file(entry->path(), "BeatmapDirectory");
        if (moved.empty()) continue;
        const fs::path folder = game / from_windows(moved, Machine::here().drives);
        if (is_folder(folder)) return folder;
    }
    const fs::path songs = find_named(game, "Songs");
    return songs.empty() ? game / "Songs" : songs;
}

// files/a/ab/ab…: folders of one digit.
bool has_lazer_files(const fs::path& path) {
    const std::string digits = "0123456789abcdef";
    return std::any_of(digits.begin(), digits.end(),
                       [&](char digit) { return is_folder(path / "files" / std::string(1, digit)); });
}

}  // namespace

std::string setting(std::string_view text, std::string_view key) {
    while (!text.empty()) {
        const size_t end = std::min(text.find('\n'), text.size());
        const std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        const size_t equals = line.find('=');
        if (equals != std::string_view::npos && trimmed(line.substr(0, equals)) == key)
            return std::string(trimmed(line.substr(equals + 1)));
    }
    return {};
}

fs::path from_windows(const std::string& path, const fs::path& drives) {
    std::string rest = path;
    std::replace(rest.begin(), rest.end(), '\\', '/');
    if (rest.size() < 2 || rest[1] != ':' || !std::isalpha(static_cast<unsigned char>(rest[0]))) return rest;
    const char drive = lower(rest[0]);
    const size_t first = rest.find_first_not_of('/', 2);
    const fs::path root = drives / std::string(1, drive);
    return first == std::string::npos ? root : root / rest.substr(first);
}

fs::path find_named(const fs::path& folder, std::string_view name) {
    std::string rest(trimmed(name));
    std::replace(rest.begin(), rest.end(), '\\', '/');
    if (rest.empty() || rest[0] == '/' || rest.find('\0') != std::string::npos) return {};
    fs::path found = folder;
    for (const fs::path& raw : fs::path(rest)) {
        const std::string part(trimmed(raw.string()));
        if (part.empty() || part == ".") continue;
        if (part == "..") return {};
        std::error_code error;
        fs::path next = found / part;
        if (!fs::exists(next, error)) {
            next.clear();
            for (fs::directory_iterator entry(found, error), end; !error && entry != end;
                 entry.increment(error))
                if (equal_but_for_case(trimmed(entry->path().filename().string()), part))
                    next = entry->path();
            if (next.empty()) return {};
        }
        found = std::move(next);
    }
    return found == folder ? fs::path() : found;  // "." names no file
}

std::string MapSource::description() const {
    switch (kind) {
        case SourceKind::stable: return fmt::format("osu!stable folder, maps in {}", maps.string());
        case SourceKind::lazer: return fmt::format("osu!lazer folder, maps in {}", maps.string());
        default: return is_folder(path) ? "folder of .osu and .osz" : "a file";
    }
}

MapSource recognise_source(const fs::path& path) {
    std::error_code error;
    if (!fs::exists(path, error)) fail("{} does not exist", path.string());
    MapSource source{SourceKind::folder, path, path};
    if (!is_folder(path)) return source;
    if (is_file(path / "osu!.db")) {
        source.kind = SourceKind::stable;
        source.maps = songs_of(path);
        source.database = path / "osu!.db";
        if (is_file(path / "collection.db")) source.collections = path / "collection.db";
        return source;
    }
    if (has_lazer_files(path)) {
        source.kind = SourceKind::lazer;
        source.maps = path / "files";
        return source;
    }
    // Lazer leaves this note where its files were before they were moved.
    const std::string moved = setting_of_file(path / "storage.ini", "FullPath");
    if (!moved.empty()) {
        const fs::path there = from_windows(moved, Machine::here().drives);
        if (has_lazer_files(there)) {
            source.kind = SourceKind::lazer;
            source.maps = there / "files";
        }
    }
    return source;
}

Machine Machine::here() {
    Machine machine;
    if (const char* home = std::getenv("HOME")) machine.home = home;
    const char* data = std::getenv("XDG_DATA_HOME");
    machine.data_home = data && *data ? fs::path(data) : machine.home / ".local/share";
    return machine;
}

std::vector<fs::path> usual_places(const Machine& machine) {
    std::vector<fs::path> places;
    for (const fs::path& drive : folders_in(machine.drives)) {
        if (drive.filename().string().size() != 1) continue;  // not a drive of Windows
        for (const fs::path& user : folders_in(drive / "Users"))
            for (const char* place : {"AppData/Local/osu!", "AppData/Roaming/osu"})
                places.push_back(user / place);
        for (const char* place : {"osu!", "Games/osu!", "Program Files/osu!", "Program Files (x86)/osu!"})
            places.push_back(drive / place);
    }
    if (!machine.data_home.empty())
        for (const char* place : {"osu", "osu-wine/osu!", "osu-stable"})
            places.push_back(machine.data_home / place);
    if (machine.home.empty()) return places;
    for (const char* place :
         {".var/app/sh.ppy.osu/data/osu", "Library/Application Support/osu", ".wine/drive_c/osu!"})
        places.push_back(machine.home / place);
    for (const fs::path& user : folders_in(machine.home / ".wine/drive_c/users"))
        places.push_back(user / "AppData/Local/osu!");
    places.push_back("/Applications/osu!.app/Contents/Resources/drive_c/osu!");
    return places;
}

std::vector<MapSource> usual_sources(const Machine& machine) {
    std::vector<MapSource> sources;
    for (const fs::path& place : usual_places(machine)) {
        if (!is_folder(place)) continue;
        MapSource source = recognise_source(place);
        if (source.kind != SourceKind::folder) sources.push_back(std::move(source));
    }
    return sources;
}

}  // namespace osu
