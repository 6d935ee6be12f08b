// Zip archives of uncompressed entries, as torch.save writes them: read as views into the mapped file,
// written with each entry aligned to 64 bytes. Zip64 where sizes ask for it.
#pragma once

#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/file.h"

namespace osu {

struct ZipEntry {
    std::span<const std::byte> bytes;
    bool compressed = false;
    uint32_t checksum = 0;
};
using ZipEntries = std::map<std::string, ZipEntry, std::less<>>;

bool is_whole(const ZipEntry& entry);  // its bytes have its checksum; of a stored one
bool looks_like_zip(std::span<const std::byte> bytes);
ZipEntries read_zip_entries(std::span<const std::byte> bytes);  // Error for a broken archive

class StoredZipWriter {
  public:
    explicit StoredZipWriter(const std::filesystem::path& path) : file_(path) {}
    void add(const std::string& name, std::span<const std::byte> bytes);
    void commit();

  private:
    struct Written {
        std::string name;
        uint32_t checksum;
        uint64_t size, offset;
    };
    AtomicFile file_;
    uint64_t position_ = 0;
    std::vector<Written> entries_;
    void put(const std::string& bytes);
};

}  // namespace osu
