// Files: read whole, mapped, and written beside their place and renamed, so that a killed run loses nothing.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace osu {

// The whole file. Error when it cannot be read, or is larger than `limit` bytes.
std::string read_file(const std::filesystem::path& path, size_t limit = size_t{1} << 40);

// Replaces the file in one step: after a crash either the old or the new content is there, never a part.
void write_file(const std::filesystem::path& path, std::string_view content);

// A file written piece by piece under a temporary name in the same folder; commit() flushes it to the disk
// and renames it into place. Destroyed without commit(), it leaves nothing behind. Errors name the path and
// the reason (a full disk, a missing permission).
class AtomicFile {
  public:
    explicit AtomicFile(std::filesystem::path path);
    ~AtomicFile();
    AtomicFile(const AtomicFile&) = delete;
    AtomicFile& operator=(const AtomicFile&) = delete;

    void write(const void* data, size_t size);
    void write(std::string_view text) { write(text.data(), text.size()); }
    void commit();

  private:
    std::filesystem::path path_, temporary_;
    int descriptor_ = -1;
    std::string buffer_;
    void flush();
    void write_through(const char* data, size_t size);
};

// A read-only memory map of a whole file; an empty file maps to no bytes.
class MappedFile {
  public:
    explicit MappedFile(const std::filesystem::path& path);
    ~MappedFile();
    MappedFile(const MappedFile&) = delete;
    MappedFile& operator=(const MappedFile&) = delete;
    std::span<const std::byte> bytes() const { return {data_, size_}; }

  private:
    friend class PartReader;
    const std::filesystem::path path_;
    int descriptor_ = -1;
    const std::byte* data_ = nullptr;
    size_t size_ = 0;
};

// Large parts of a mapped file, each read once: copied into one buffer, which takes a third of the time of
// touching the map's pages for the first time, and leaves these out of the process's memory.
class PartReader {
  public:
    explicit PartReader(std::shared_ptr<const MappedFile> file) : file_(std::move(file)) {}
    // The content of `bytes` until the next call; the bytes themselves where they are not of the file. Error
    // when the file has become shorter.
    const std::byte* read(std::span<const std::byte> bytes);

  private:
    std::shared_ptr<const MappedFile> file_;
    std::shared_ptr<std::byte> buffer_;
    size_t size_ = 0;
};

}  // namespace osu
