// The list of files at the end of an archive. It is looked at before anything is unpacked: entries that lie
// over one another make a few kilobytes unpack to gigabytes, and a million of them takes long only to be
// listed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace osu {

struct ZipRecord {
    std::span<const std::byte> bytes;  // of the list
    std::string_view name;             // as it stands there
    uint16_t flags = 0, method = 0, time = 0, date = 0;
    uint32_t checksum = 0;
    uint64_t stored = 0, size = 0, offset = 0;  // bytes in the archive, unpacked, and where the entry begins
};

struct ZipDirectory {
    std::vector<ZipRecord> records;
    uint64_t begin = 0;     // of the list
    bool complete = false;  // false: there is no list, or a part of it cannot be read
};

// At most one record more than `most`.
ZipDirectory read_zip_directory(std::span<const std::byte> archive, size_t most);

// Error when the archive lists more entries than `most`, two of them share bytes, or a name has a zero in it.
// A list that cannot be found or read is left to whoever unpacks to refuse. `name` stands in errors.
void check_osz_directory(std::span<const std::byte> archive, size_t most, const std::string& name);

}  // namespace osu
