#include "studio/song_files.h"

#include <algorithm>
#include <vector>

#include "base/text.h"
#include "beatmap/numbers.h"
#include "beatmap/osz.h"

namespace osu::studio {

namespace {

std::string_view last_part(std::string_view name) {
    return name.substr(name.rfind('/') + 1);
}

// "./a//b/../c" is "a/c"; what leads out of the song is nothing.
std::string plain(std::string_view name) {
    std::string path(name);
    std::replace(path.begin(), path.end(), '\\', '/');
    std::vector<std::string_view> parts;
    Fields fields(path, '/');
    for (std::string_view part; fields.next(part);) {
        if (part.empty() || part == ".") continue;
        if (part != "..") {
            parts.push_back(part);
        } else {
            if (parts.empty()) return {};
            parts.pop_back();
        }
    }
    std::string joined;
    for (const std::string_view part : parts) joined += (joined.empty() ? "" : "/") + std::string(part);
    return joined;
}

template <class Fits>
std::string only_one(const std::vector<std::string>& names, Fits fits) {
    std::string found;
    for (const std::string& name : names) {
        if (is_of_macos(name) || !fits(name)) continue;
        if (!found.empty()) return {};
        found = name;
    }
    return found;
}

std::string meant(const std::vector<std::string>& names, std::string_view map, std::string_view name) {
    const std::string wanted(trim(name)), beside = plain(folder_of(map) + wanted), whole = plain(wanted);
    if (beside.empty() && whole.empty()) return {};
    const std::string_view last = last_part(beside.empty() ? whole : beside);
    for (const std::string& path : {beside, whole})
        for (const std::string& one : names)
            if (equal_but_for_case(one, path)) return one;
    return only_one(names, [&](const std::string& one) { return equal_but_for_case(last_part(one), last); });
}

// Hit samples are audio, too; what they are called is the game's.
bool is_a_sample(std::string_view name) {
    const std::string file = lower(last_part(name));
    for (const char* set : {"normal-", "soft-", "drum-", "taiko-", "spinner", "combo", "section", "failsound",
                            "applause", "menu", "slider"})
        if (file.starts_with(set)) return true;
    return file.ends_with(".wav");
}

}  // namespace

std::string folder_of(std::string_view file) {
    return std::string(file.substr(0, file.rfind('/') + 1));
}

bool is_audio_name(std::string_view name) {
    const std::string end = lower_extension(name);
    for (const char* type : {".mp3", ".ogg", ".wav", ".flac", ".m4a", ".opus", ".aac"})
        if (end == type) return true;
    return false;
}

std::string file_meant(const Song& song, std::string_view map, std::string_view name) {
    return meant(song.names(), map, name);
}

std::string audio_meant(const Song& song, std::string_view map, std::string_view name) {
    if (trim(name).empty()) return {};
    const std::vector<std::string> names = song.names();
    std::string found = meant(names, map, name);
    if (found.empty())
        found = only_one(names, [&](const std::string& one) {
            return !is_a_sample(one) && lower_extension(one) == lower_extension(name);
        });
    if (found.empty())
        found =
            only_one(names, [](const std::string& one) { return !is_a_sample(one) && is_audio_name(one); });
    return found;
}

}  // namespace osu::studio
