// What `sample` calls its files and difficulties.
#pragma once

#include <filesystem>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "app/own_files.h"
#include "app/sample_flags.h"
#include "app/source_map.h"

namespace osu {

// "120 Artist - Title", of the set: all its difficulties, and what is made of them, share a folder.
std::string folder_name(const MapFacts& map);

// A difficulty's name without what an earlier placement has added.
std::string plain_version(std::string version);
// Whether it is such a name; not where --version-name gave one.
bool is_placed_version(const std::string& version);

// What the placement of a seed is called, before names that are taken are looked at; with at most so many
// bytes of the source's name. `selected`: for each object 0 where it stays; empty: all change.
std::string placed_version(const SampleOptions& options, const Beatmap& source,
                           std::span<const uint8_t> selected, uint64_t seed,
                           size_t limit = std::string::npos);

// The names of difficulties that a set has: the game shows two of one name, and knows one of them.
class TakenVersions {
  public:
    // Of the maps in it, where it is there; but for those of `own`.
    void add_folder(const std::filesystem::path& folder, const OwnFiles* own = nullptr);
    void add_archive(const OszArchive& archive);
    // The name, or "NAME (2)" and so on; taken from now on.
    std::string take(const std::string& version);

  private:
    std::set<std::string> taken_;  // in lower case, as Windows would have the files
};

}  // namespace osu
