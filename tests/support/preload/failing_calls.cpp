// A library to preload (LD_PRELOAD) before the program: counts the calls that write, sync and rename files,
// and lets one of them fail, or the process die in it. Its environment:
//     FAILING_CALLS_LIST   a file that gets a letter a call at the end: w a write, s a sync, r a rename
//     FAILING_CALLS_AT     the number of the call that fails, from 1; none without it
//     FAILING_CALLS_KILL   set: the process is killed there, of a write with half of it done
// A write fails as on a full disk, a sync as on a broken one, a rename as without the right to.
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

namespace {

std::atomic<long> calls{0};
char kinds[1 << 16];

long failing_call() {
    static const long number = [] {
        const char* text = std::getenv("FAILING_CALLS_AT");
        return text ? std::atol(text) : -1;
    }();
    return number;
}

bool kills() {
    return std::getenv("FAILING_CALLS_KILL") != nullptr;
}

[[noreturn]] void die() {
    ::kill(::getpid(), SIGKILL);
    for (;;) ::pause();
}

// Messages are not counted: the terminal, a pipe, what a shell has opened.
bool is_file(int descriptor) {
    struct stat status {};
    return descriptor > 2 && ::fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
}

// Whether this call is the one.
bool is_due(char kind) {
    const long number = ++calls;
    if (number <= static_cast<long>(sizeof kinds)) kinds[number - 1] = kind;
    return number == failing_call();
}

int refuse(int reason) {
    if (kills()) die();
    errno = reason;
    return -1;
}

template <class Function>
Function* original(const char* name) {
    return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

struct AtTheEnd {
    ~AtTheEnd() {
        const char* name = std::getenv("FAILING_CALLS_LIST");
        if (!name) return;
        const int file = ::open(name, O_WRONLY | O_CREAT | O_TRUNC, 0644);
        const auto count = static_cast<size_t>(calls.load());
        ::syscall(SYS_write, file, kinds, count < sizeof kinds ? count : sizeof kinds);
        ::close(file);
    }
} at_the_end;

}  // namespace

extern "C" {

ssize_t write(int descriptor, const void* data, size_t size) {
    if (is_file(descriptor) && is_due('w')) {
        if (kills()) ::syscall(SYS_write, descriptor, data, size / 2);
        return refuse(ENOSPC);
    }
    return ::syscall(SYS_write, descriptor, data, size);
}

ssize_t writev(int descriptor, const struct iovec* parts, int count) {
    if (is_file(descriptor) && is_due('w')) return refuse(ENOSPC);
    return ::syscall(SYS_writev, descriptor, parts, count);
}

ssize_t sendfile(int to, int from, off_t* offset, size_t size) {
    if (is_file(to) && is_due('w')) return refuse(ENOSPC);
    static auto* const next = original<ssize_t(int, int, off_t*, size_t)>("sendfile");
    return next(to, from, offset, size);
}

ssize_t copy_file_range(int from, off64_t* from_at, int to, off64_t* to_at, size_t size, unsigned flags) {
    if (is_file(to) && is_due('w')) return refuse(ENOSPC);
    return ::syscall(SYS_copy_file_range, from, from_at, to, to_at, size, flags);
}

int fsync(int descriptor) {
    if (is_due('s')) return refuse(EIO);
    return static_cast<int>(::syscall(SYS_fsync, descriptor));
}

int syncfs(int descriptor) noexcept {
    if (is_due('s')) return refuse(EIO);
    return static_cast<int>(::syscall(SYS_syncfs, descriptor));
}

int rename(const char* from, const char* to) noexcept {
    if (is_due('r')) return refuse(EACCES);
    return static_cast<int>(::syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0));
}

int renameat2(int from_folder, const char* from, int to_folder, const char* to, unsigned flags) noexcept {
    if (is_due('r')) return refuse(EACCES);
    return static_cast<int>(::syscall(SYS_renameat2, from_folder, from, to_folder, to, flags));
}

}  // extern "C"
