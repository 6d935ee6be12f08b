#include "data/writer_lock.h"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

namespace osu {

namespace fs = std::filesystem;

WriterLock::WriterLock(const fs::path& written, WhenHeld when_held) {
    if (!fs::is_directory(written)) {
        file_ = fs::weakly_canonical(written).string() + ".lock";
        std::error_code shown_by_open;
        fs::create_directories(file_.parent_path(), shown_by_open);
    }
    do {
        if (descriptor_ >= 0) ::close(descriptor_);
        descriptor_ = file_.empty() ? ::open(written.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
                                    : ::open(file_.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);
        if (descriptor_ < 0) fail("cannot write {}: {}", written.string(), std::strerror(errno));
        take(written, when_held);
    } while (!is_there());
}

void WriterLock::take(const fs::path& written, WhenHeld when_held) {
    // A file system that knows no locks is no reason not to go on.
    if (::flock(descriptor_, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) return;
    if (when_held == WhenHeld::fail) {
        ::close(descriptor_);
        fail(Hint{"run again when it is done"}, "another process writes to {}", written.string());
    }
    if (when_held == WhenHeld::wait)
        fmt::print(stderr, "note: waiting for another process that writes to {}\n", written.string());
    while (::flock(descriptor_, LOCK_EX) != 0 && errno == EINTR) continue;
}

WriterLock::~WriterLock() {
    if (!file_.empty()) ::unlink(file_.c_str());
    ::close(descriptor_);
}

// False where its last owner removed the file after it was opened here.
bool WriterLock::is_there() const {
    struct stat opened = {}, named = {};
    return file_.empty() || (::fstat(descriptor_, &opened) == 0 && ::stat(file_.c_str(), &named) == 0 &&
                             opened.st_dev == named.st_dev && opened.st_ino == named.st_ino);
}

}  // namespace osu
