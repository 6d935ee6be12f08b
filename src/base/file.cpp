#include "base/file.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <random>
#include <set>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

namespace osu {

namespace fs = std::filesystem;

namespace {

class Descriptor {
  public:
    explicit Descriptor(const fs::path& path)
        : value(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC)) {
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

fs::path folder_of(const fs::path& path) {
    return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

// Temporary names end so, behind 16 hexadecimal digits that nobody can foretell.
constexpr std::string_view temporary_end = ".part", hexadecimal = "0123456789abcdef";
constexpr size_t random_digits = 16;

bool is_temporary_name(std::string_view name) {
    if (!name.ends_with(temporary_end)) return false;
    name.remove_suffix(temporary_end.size());
    if (name.size() < random_digits + 2 || name[name.size() - random_digits - 1] != '.') return false;
    return name.substr(name.size() - random_digits).find_first_not_of(hexadecimal) == std::string_view::npos;
}

fs::path temporary_name(const fs::path& path) {
    std::random_device random;
    uint64_t number = random();
    number = number << 32 | random();
    constexpr size_t most = 200;  // of 255 bytes that a name may have
    std::string name = path.filename().string();
    if (name.size() > most) {
        size_t end = most;
        while (end > 0 && (static_cast<unsigned char>(name[end]) & 0xC0) == 0x80) --end;  // whole letters
        name.resize(end);
    }
    return path.parent_path() / fmt::format("{}.{:016x}{}", name, number, temporary_end);
}

bool is_named(int descriptor) {
    struct stat status {};
    return ::fstat(descriptor, &status) == 0 && status.st_nlink > 0;
}

// A new file beside `path` that its process holds a lock on, by which others see that it lives: process IDs
// mean nothing where containers share a volume. −1 with errno where it cannot be made.
int make_temporary(const fs::path& path, mode_t mode, fs::path& name) {
    for (int attempt = 0; attempt < 100; ++attempt) {
        name = temporary_name(path);
        const int descriptor =
            ::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
        if (descriptor < 0 && errno == EEXIST) continue;
        if (descriptor < 0) return -1;
        ::flock(descriptor, LOCK_EX);
        if (is_named(descriptor)) return descriptor;
        ::close(descriptor);  // it was taken for an abandoned one before it had its lock
    }
    errno = EEXIST;
    return -1;
}

// A folder a process: what is left there by others does not grow while it runs.
void remove_abandoned_once(const fs::path& folder) {
    static std::mutex mutex;
    static std::set<std::string> done;
    {
        const std::lock_guard lock(mutex);
        if (!done.insert(fs::absolute(folder).lexically_normal().string()).second) return;
    }
    remove_abandoned_files(folder);
}

// −1 with errno where it fails; `spare`: EEXIST where a file has that name.
int rename_file(const fs::path& from, const fs::path& to, bool spare) {
    if (!spare) return ::rename(from.c_str(), to.c_str());
#ifdef RENAME_NOREPLACE
    const int status = ::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE);
    if (status == 0 || errno != EINVAL) return status;  // a file system without that flag
#endif
    errno = EEXIST;
    return fs::exists(to) ? -1 : ::rename(from.c_str(), to.c_str());
}

// So that the names in it outlive a power failure. Where a folder cannot be opened or synced, all was done.
void sync_folder(const fs::path& folder) {
    const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return;
    ::fsync(descriptor);
    ::close(descriptor);
}

}  // namespace

void remove_abandoned_files(const fs::path& folder) {
    std::error_code problem;
    std::vector<fs::path> found;
    for (fs::directory_iterator walk(folder, problem), end; !problem && walk != end; walk.increment(problem))
        if (is_temporary_name(walk->path().filename().string())) found.push_back(walk->path());
    for (const fs::path& path : found) {
        const int descriptor = ::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        if (descriptor < 0) continue;
        struct stat status {};
        const bool dead = ::fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode) &&
                          status.st_uid == ::geteuid() && ::flock(descriptor, LOCK_EX | LOCK_NB) == 0;
        if (dead) ::unlink(path.c_str());
        ::close(descriptor);
    }
}

std::string read_file(const fs::path& path, uint64_t limit) {
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

std::string why_unreadable(const std::filesystem::path& folder) {
    return ::access(folder.c_str(), R_OK | X_OK) == 0 ? "" : std::strerror(errno);
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

namespace {

void refuse_output(const fs::path& output, const fs::path& where, int reason) {
    fail("cannot write {}: {}: {}", output.string(), where.string(), std::strerror(reason));
}

// Of the folder `there`, which is to get the parts of `output` that lie behind it.
void check_name_lengths(const fs::path& output, const fs::path& there) {
    const long name_limit = ::pathconf(there.c_str(), _PC_NAME_MAX);
    const long path_limit = ::pathconf(there.c_str(), _PC_PATH_MAX);
    const fs::path missing = fs::absolute(output).lexically_relative(there);
    for (const fs::path& part : missing)
        if (name_limit > 0 && part.string().size() > static_cast<size_t>(name_limit))
            refuse_output(output, part, ENAMETOOLONG);
    if (path_limit > 0 && output.string().size() >= static_cast<size_t>(path_limit))
        refuse_output(output, there, ENAMETOOLONG);
}

}  // namespace

void check_output(const fs::path& output, std::initializer_list<fs::path> inputs) {
    std::error_code problem;
    for (const fs::path& input : inputs)
        if (!input.empty() && fs::equivalent(output, input, problem))
            fail(Hint{"give the result another name"}, "{} is read, and would be lost if it was written to",
                 output.string());
    if (fs::is_directory(output, problem)) fail("cannot write {}: it is a folder", output.string());
    fs::path there = fs::absolute(output);
    while (!fs::exists(there, problem) && there != there.parent_path()) there = there.parent_path();
    if (::access(there.c_str(), W_OK) != 0) refuse_output(output, there, errno);
    if (there != fs::absolute(output)) {
        if (!fs::is_directory(there, problem))
            fail("cannot write {}: {} is a file", output.string(), there.string());
        return check_name_lengths(output, there);
    }
    // The new file is made beside the old one, wherever that really is.
    const fs::path folder = folder_of(fs::weakly_canonical(there, problem));
    if (fs::is_regular_file(there, problem) && ::access(folder.c_str(), W_OK) != 0)
        refuse_output(output, folder, errno);
}

AtomicFile::AtomicFile(fs::path path) : path_(std::move(path)) {
    std::error_code problem;
    if (fs::is_symlink(path_, problem)) path_ = fs::weakly_canonical(path_);
    struct stat there {};
    const bool exists = ::stat(path_.c_str(), &there) == 0;
    if (exists && !S_ISREG(there.st_mode)) {
        descriptor_ = ::open(path_.c_str(), O_WRONLY | O_CLOEXEC);
        if (descriptor_ < 0) fail("cannot write {}: {}", path_.string(), std::strerror(errno));
        return;
    }
    if (exists && ::access(path_.c_str(), W_OK) != 0)
        fail("cannot write {}: {}", path_.string(), std::strerror(errno));
    if (path_.has_parent_path()) fs::create_directories(path_.parent_path(), problem);
    remove_abandoned_once(folder_of(path_));
    descriptor_ = make_temporary(path_, exists ? there.st_mode & 0777 : 0644, temporary_);
    if (descriptor_ < 0) fail("cannot write {}: {}", path_.string(), std::strerror(errno));
    if (exists) ::fchmod(descriptor_, there.st_mode & 0777);  // whatever the umask is: it stays private
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
    finish(false);
}

bool AtomicFile::commit_new() {
    return finish(true);
}

// False: a file is there, which is spared.
bool AtomicFile::finish(bool spare) {
    flush();
    if (!temporary_.empty() && ::fsync(descriptor_) != 0)
        fail("cannot write {}: {}", path_.string(), std::strerror(errno));
    if (temporary_.empty()) {
        if (::close(std::exchange(descriptor_, -1)) == 0) return true;
        fail("cannot write {}: {}", path_.string(), std::strerror(errno));
    }
    // The lock is held until it has its name.
    const int status = rename_file(temporary_, path_, spare);
    const int reason = errno;
    if (status != 0) ::unlink(temporary_.c_str());
    const int closed = ::close(std::exchange(descriptor_, -1));
    if (status == 0 && closed != 0) fail("cannot write {}: {}", path_.string(), std::strerror(errno));
    if (status == 0) {
        sync_folder(folder_of(path_));
        return true;
    }
    if (reason == EEXIST && spare) return false;
    fail("cannot write {}: {}", path_.string(), std::strerror(reason));
}

}  // namespace osu
