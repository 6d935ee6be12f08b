// Files: read whole, mapped, and written beside their place and renamed, so that a killed run loses nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace osu {

// The whole file. Error when it cannot be read, or is larger than `limit` bytes.
std::string read_file(const std::filesystem::path& path, uint64_t limit = uint64_t{1} << 40);

// Why nobody may look into the folder; empty where one may.
std::string why_unreadable(const std::filesystem::path& folder);

// Replaces the file in one step: after a crash either the old or the new content is there, never a part.
void write_file(const std::filesystem::path& path, std::string_view content);

// The same, unless there is such a file already: then it stays, and the answer is false.
bool write_new_file(const std::filesystem::path& path, std::string_view content);

// Removes what killed processes left of the files that they wrote in this folder: temporary ones that no
// process holds. Whoever writes a file does so in its folder, the first time.
void remove_abandoned_files(const std::filesystem::path& folder);

// To be asked before the work. Error when nothing can be written there, or when `output` is one of the
// `inputs` (those that are not empty), which it would replace.
void check_output(const std::filesystem::path& output, std::initializer_list<std::filesystem::path> inputs);

// A file written piece by piece under a temporary name in the same folder, which is made where there is none;
// commit() flushes it to the disk, renames it into place and flushes the folder. It has the rights of the
// file that it replaces. Nobody can foretell the temporary name, nor is what has it ever followed. Destroyed
// without commit(), it leaves nothing behind. Behind a symbolic link the file that it names is replaced; what
// is no file (a device, a pipe) is written to as it comes. Errors name the path and the reason (a full disk,
// a missing permission).
class AtomicFile {
  public:
    explicit AtomicFile(std::filesystem::path path);
    ~AtomicFile();
    AtomicFile(const AtomicFile&) = delete;
    AtomicFile& operator=(const AtomicFile&) = delete;

    void write(const void* data, size_t size);
    void write(std::string_view text) { write(text.data(), text.size()); }
    void commit();
    bool commit_new();  // false: another one is there, and stays

  private:
    std::filesystem::path path_, temporary_;  // the latter empty where there is none
    int descriptor_ = -1;
    std::string buffer_;
    void flush();
    void write_through(const char* data, size_t size);
    bool finish(bool spare);
};

// A read-only memory map of a whole file; an empty file maps to no bytes. Where another program cuts the
// file, or the disk fails, what is read of the lost part is zeros, and check() says so; or, where nobody will
// ask, the process ends with an error.
enum class WhenCut : bool { end_process, zeros };
class MappedFile {
  public:
    explicit MappedFile(const std::filesystem::path& path, WhenCut when_cut = WhenCut::end_process);
    ~MappedFile();
    MappedFile(const MappedFile&) = delete;
    MappedFile& operator=(const MappedFile&) = delete;
    std::span<const std::byte> bytes() const { return {data_, size_}; }
    void check() const;  // Error when a part was lost

  private:
    friend class PartReader;
    const std::filesystem::path path_;
    int descriptor_ = -1;
    const std::byte* data_ = nullptr;
    size_t size_ = 0;
    int watched_ = -1;
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
