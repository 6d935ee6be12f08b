#include "base/file.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <new>
#include <utility>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/parallel.h"

namespace osu {

namespace fs = std::filesystem;

namespace {

class Descriptor {
  public:
    explicit Descriptor(const fs::path& path) : value(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
        if (value < 0) fail("cannot open {}: {}", path.string(), std::strerror(errno));
    }
    ~Descriptor() {
        if (value >= 0) ::close(value);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    int value;
};

size_t size_of_regular_file(const Descriptor& file, const fs::path& path) {
    struct stat status {};
    if (::fstat(file.value, &status) != 0) fail("cannot read {}: {}", path.string(), std::strerror(errno));
    if (!S_ISREG(status.st_mode)) fail("{} is not a file", path.string());
    return static_cast<size_t>(status.st_size);
}

}  // namespace

std::string read_file(const fs::path& path, size_t limit) {
    const Descriptor file(path);
    const size_t size = size_of_regular_file(file, path);
    if (size > limit) fail("{} has {} bytes, more than the {} that can be right", path.string(), size, limit);
    std::string content(size, '\0');
    size_t done = 0;
    while (done < size) {
        const ssize_t count = ::read(file.value, content.data() + done, size - done);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) fail("cannot read {}: {}", path.string(), std::strerror(errno));
        if (count == 0) break;  // cut short while we read
        done += static_cast<size_t>(count);
    }
    content.resize(done);
    return content;
}

void write_file(const fs::path& path, std::string_view content) {
    AtomicFile file(path);
    file.write(content);
    file.commit();
}

bool write_new_file(const fs::path& path, std::string_view content) {
    AtomicFile file(path);
    file.write(content);
    return file.commit_new();
}

void check_output(const fs::path& output, std::initializer_list<fs::path> inputs) {
    std::error_code problem;
    for (const fs::path& input : inputs)
        if (!input.empty() && fs::equivalent(output, input, problem))
            fail(Hint{"give the result another name"}, "{} is read, and would be lost if it was written to",
                 output.string());
    if (fs::is_directory(output, problem)) fail("cannot write {}: it is a folder", output.string());
    fs::path there = fs::absolute(output);
    while (!fs::exists(there, problem) && there != there.parent_path()) there = there.parent_path();
    if (::access(there.c_str(), W_OK) != 0)
        fail("cannot write {}: {}: {}", output.string(), there.string(), std::strerror(errno));
    if (there != fs::absolute(output) && !fs::is_directory(there, problem))
        fail("cannot write {}: {} is a file", output.string(), there.string());
}

AtomicFile::AtomicFile(fs::path path) : path_(std::move(path)) {
    static std::atomic<unsigned> serial{0};
    std::error_code problem;
    if (fs::is_symlink(path_, problem)) path_ = fs::weakly_canonical(path_);
    const fs::file_status there = fs::status(path_, problem);
    int flags = O_WRONLY | O_CLOEXEC;
    if (!fs::exists(there) || fs::is_regular_file(there)) {
        if (fs::exists(there) && ::access(path_.c_str(), W_OK) != 0)
            fail("cannot write {}: {}", path_.string(), std::strerror(errno));
        if (path_.has_parent_path()) fs::create_directories(path_.parent_path(), problem);
        temporary_ = path_;
        temporary_ += fmt::format(".{}.{}.part", ::getpid(), serial++);
        flags |= O_CREAT | O_TRUNC;
    }
    descriptor_ = ::open((temporary_.empty() ? path_ : temporary_).c_str(), flags, 0644);
    if (descriptor_ < 0) fail("cannot write {}: {}", path_.string(), std::strerror(errno));
}

AtomicFile::~AtomicFile() {
    if (descriptor_ < 0) return;
    ::close(descriptor_);
    if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void AtomicFile::write(const void* data, size_t size) {
    constexpr size_t enough = size_t{1} << 20;  // bytes that are worth a system call
    const auto* const bytes = static_cast<const char*>(data);
    if (size < enough) buffer_.append(bytes, size);
    if (size >= enough || buffer_.size() >= enough) flush();
    if (size >= enough) write_through(bytes, size);
}

void AtomicFile::flush() {
    write_through(buffer_.data(), buffer_.size());
    buffer_.clear();
}

void AtomicFile::write_through(const char* data, size_t size) {
    while (size > 0) {
        const ssize_t count = ::write(descriptor_, data, size);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) fail("cannot write {}: {}", path_.string(), std::strerror(errno));
        data += count;
        size -= static_cast<size_t>(count);
    }
}

void AtomicFile::commit() {
    finish(0);
}

bool AtomicFile::commit_new() {
    return finish(RENAME_NOREPLACE);
}

// False: a file is there, which the flags spare.
bool AtomicFile::finish(unsigned rename_flags) {
    flush();
    if (!temporary_.empty() && ::fsync(descriptor_) != 0)
        fail("cannot write {}: {}", path_.string(), std::strerror(errno));
    const int descriptor = std::exchange(descriptor_, -1);
    int status = ::close(descriptor);
    if (temporary_.empty() && status == 0) return true;
    const auto rename = [&](unsigned flags) {
        return ::renameat2(AT_FDCWD, temporary_.c_str(), AT_FDCWD, path_.c_str(), flags);
    };
    if (status == 0) status = rename(rename_flags);
    if (status != 0 && errno == EINVAL && rename_flags != 0) {  // a file system without that flag
        errno = EEXIST;
        status = fs::exists(path_) ? -1 : rename(0);
    }
    if (status == 0) return true;
    const int reason = errno;
    if (!temporary_.empty()) ::unlink(temporary_.c_str());
    if (reason == EEXIST && rename_flags != 0) return false;
    fail("cannot write {}: {}", path_.string(), std::strerror(reason));
}

MappedFile::MappedFile(const fs::path& path) : path_(path) {
    Descriptor file(path);
    size_ = size_of_regular_file(file, path);
    if (size_ > 0) {
        void* address = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, file.value, 0);
        if (address == MAP_FAILED) fail("cannot map {}: {}", path.string(), std::strerror(errno));
        data_ = static_cast<const std::byte*>(address);
    }
    descriptor_ = std::exchange(file.value, -1);
}

MappedFile::~MappedFile() {
    if (data_) ::munmap(const_cast<std::byte*>(data_), size_);
    ::close(descriptor_);
}

const std::byte* PartReader::read(std::span<const std::byte> bytes) {
    if (!file_ || bytes.data() < file_->data_ || bytes.data() + bytes.size() > file_->data_ + file_->size_)
        return bytes.data();
    if (bytes.size() > size_) {
        constexpr size_t unit = size_t{2} << 20;  // a huge page, where the kernel has one
        buffer_.reset();
        size_ = (bytes.size() + unit - 1) / unit * unit;
        void* memory = ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED) throw std::bad_alloc();
        ::madvise(memory, size_, MADV_HUGEPAGE);
        buffer_ = {static_cast<std::byte*>(memory), [size = size_](std::byte* p) { ::munmap(p, size); }};
    }
    constexpr size_t piece = size_t{1} << 20;
    const size_t start = static_cast<size_t>(bytes.data() - file_->data_);
    std::atomic<bool> complete = true;
    parallel_for(static_cast<int64_t>((bytes.size() + piece - 1) / piece), [&](int64_t i) {
        size_t done = static_cast<size_t>(i) * piece;
        const size_t end = std::min(bytes.size(), done + piece);
        while (done < end) {
            const ssize_t count = ::pread(file_->descriptor_, buffer_.get() + done, end - done,
                                          static_cast<off_t>(start + done));
            if (count < 0 && errno == EINTR) continue;
            if (count <= 0) break;
            done += static_cast<size_t>(count);
        }
        if (done < end) complete = false;
    });
    if (!complete) fail("cannot read {}: it became shorter, or the disk fails", file_->path_.string());
    return buffer_.get();
}

}  // namespace osu
