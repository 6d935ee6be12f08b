// Beatmap archives (.osz, and .olz, as osu!lazer exports it: a zip of one set's maps, audio and pictures):
// listed, read, and copied with maps added. Hostile archives give an Error: names that lead out of the
// archive's folder, entries that unpack to more than they may or lie over one another, damaged or encrypted
// data. Nothing is ever unpacked to the disk.
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "beatmap/beatmap.h"

namespace osu {

struct OszEntry {
    std::string name;      // with '/' between folders, UTF-8; of CP932 where the archive has that
    uint64_t size = 0;     // bytes, as the archive declares it
    int64_t modified = 0;  // seconds since 1970; 0: unknown
};

struct OszMap {
    size_t entry = 0;  // index into entries()
    std::string file_name, version;
    int64_t beatmap_id = 0;
    GameMode mode = GameMode::standard;
    std::string problem;  // why it cannot be read; empty when it can
};

// Whether the file begins as a zip does.
bool looks_like_osz(const std::filesystem::path& file);
// What macOS leaves beside the files of an archive: __MACOSX/, ._name.
bool is_of_macos(std::string_view name);
// Whether an entry, or a file, is a map by its name: .osu, but for what macOS adds (__MACOSX/, ._name.osu).
bool is_map_name(std::string_view name);
bool is_archive_name(const std::filesystem::path& file);  // .osz or .olz

class ZipArchive;

class OszArchive {
  public:
    explicit OszArchive(const std::filesystem::path& path);
    // An archive in somebody else's memory, which must outlive it; `name` stands in errors.
    OszArchive(std::span<const std::byte> bytes, std::string name);
    ~OszArchive();
    OszArchive(OszArchive&&) noexcept;
    OszArchive& operator=(OszArchive&&) noexcept;

    const std::vector<OszEntry>& entries() const { return entries_; }  // files only, in the archive's order
    std::string read(size_t entry, size_t limit = beatmap_size_limit) const;
    std::string read(std::string_view name, size_t limit = beatmap_size_limit) const;  // '/' or '\' alike

    std::vector<OszMap> maps() const;  // reads every .osu, but for those that other systems' tools leave
    // The map whose difficulty name, beatmap ID or file name is `which`, or the only one whose name has it as
    // a part; without it the only map there is. Maps that cannot be read do not count beside one that can.
    // Otherwise an Error that lists the maps.
    OszMap find(std::string_view which) const;
    Beatmap map(const OszMap& map) const;
    Beatmap map(std::string_view which) const { return map(find(which)); }

    // Writes a copy with entries added, or replaced where they exist; all others are copied as they are,
    // names byte for byte. The target is replaced in one step and may be the archive itself.
    struct NewEntry {
        std::string name, content;
    };
    void write_with(const std::filesystem::path& target, std::span<const NewEntry> added) const;
    std::string copy_with(std::span<const NewEntry> added) const;  // the same in memory
    void write_with(const std::filesystem::path& target, std::string name, std::string content) const {
        const NewEntry entry{std::move(name), std::move(content)};
        write_with(target, {&entry, 1});
    }

  private:
    std::unique_ptr<MappedFile> file_;
    std::span<const std::byte> bytes_;
    std::string name_;  // for errors
    std::unique_ptr<ZipArchive> zip_;
    std::vector<OszEntry> entries_;
    std::vector<uint64_t> zip_index_;  // of each entry
    mutable uint64_t unpacked_ = 0;    // bytes of maps, of those that failed, too
    void open();
};

// A new archive of these entries alone, in memory.
std::string make_osz(std::span<const OszArchive::NewEntry> entries);

}  // namespace osu
