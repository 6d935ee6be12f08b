// Zip archives in memory, as osz.h wants them: listed, unpacked, and copied with entries added. One of two
// files fills this: libzip_archive.cpp, or own_zip_archive.cpp in a build without libzip (OSU_LIBZIP=OFF).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace osu {

struct ZipItem {
    std::string name;      // the archive's bytes
    uint64_t size = 0;     // as it declares it
    int64_t modified = 0;  // seconds since 1970; 0: unknown
};

class ZipArchive {
  public:
    // The bytes must outlive it. Error where they are no archive; `name` stands in errors.
    ZipArchive(std::span<const std::byte> bytes, const std::string& name);
    ~ZipArchive();

    const std::vector<ZipItem>& items() const { return items_; }  // folders too, in the archive's order
    // Hands over what an item unpacks to, piece by piece. Error with the reason where it cannot be unpacked,
    // or has not the checksum that it should have.
    void read(size_t item, const std::function<void(std::string_view piece)>& take) const;

  private:
    struct Handle;
    std::unique_ptr<Handle> handle_;
    std::vector<ZipItem> items_;
};

struct ZipAddition {
    std::string_view name, content;
};

// A copy of an archive (of no bytes: a new one) with items added, or replaced where they exist; all others as
// they are, byte for byte. What is added is dated 1980-01-01: the same content gives the same archive.
void write_zip(std::span<const std::byte> archive, std::span<const ZipAddition> added,
               const std::string& name, const std::function<void(std::string_view piece)>& write);

}  // namespace osu
