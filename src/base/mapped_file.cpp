// Files as memory, and what happens when they are cut while they are: the kernel then answers a read with
// SIGBUS.
#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <new>
#include <utility>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/parallel.h"

namespace osu {

namespace fs = std::filesystem;

namespace {

// The maps that there are, where a signal's handler can read them.
struct Watch {
    enum State : int { free, filled_in, used };
    std::atomic<int> state = free;
    std::atomic<bool> cut = false;
    const std::byte* begin;
    size_t size;
    const char* path;
    WhenCut when_cut;
};
Watch watches[256];

void say(const char* text) {
    static_cast<void>(!::write(STDERR_FILENO, text, std::strlen(text)));
}

// Only what a handler may call.
void on_bus_error(int, siginfo_t* info, void*) {
    const auto* const at = static_cast<const std::byte*>(info->si_addr);
    for (Watch& watch : watches) {
        if (watch.state != Watch::used || at < watch.begin || at >= watch.begin + watch.size) continue;
        if (watch.when_cut == WhenCut::end_process) {
            say("error: cannot read ");
            say(watch.path);
            say(": it became shorter while it was used, or the disk fails\n");
            ::_exit(1);
        }
        watch.cut = true;
        const auto page = static_cast<size_t>(::sysconf(_SC_PAGESIZE));
        auto* const start = reinterpret_cast<void*>(reinterpret_cast<uintptr_t>(at) / page * page);  // NOLINT
        if (::mmap(start, page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED)
            return;  // and the read goes on
    }
    std::signal(SIGBUS, SIG_DFL);  // none of ours: it comes again
}

// Where the map stands in the table; −1 when that is full: then nobody watches it.
int watch(const std::byte* begin, size_t size, const char* path, WhenCut when_cut) {
    static const bool installed = [] {
        struct sigaction action {};
        action.sa_sigaction = on_bus_error;
        action.sa_flags = SA_SIGINFO | SA_NODEFER;
        return ::sigaction(SIGBUS, &action, nullptr) == 0;
    }();
    if (!installed) return -1;
    for (size_t i = 0; i < std::size(watches); ++i) {
        Watch& entry = watches[i];
        int expected = Watch::free;
        if (!entry.state.compare_exchange_strong(expected, Watch::filled_in)) continue;
        entry.begin = begin;
        entry.size = size;
        entry.path = path;
        entry.when_cut = when_cut;
        entry.cut = false;
        entry.state = Watch::used;
        return static_cast<int>(i);
    }
    return -1;
}

}  // namespace

MappedFile::MappedFile(const fs::path& path, WhenCut when_cut) : path_(path) {
    // A pipe would be waited for, until somebody writes into it.
    descriptor_ = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (descriptor_ < 0) fail("cannot open {}: {}", path.string(), std::strerror(errno));
    try {
        struct stat status {};
        if (::fstat(descriptor_, &status) != 0)
            fail("cannot read {}: {}", path.string(), std::strerror(errno));
        if (!S_ISREG(status.st_mode)) fail("{} is not a file", path.string());
        size_ = static_cast<size_t>(status.st_size);
        if (size_ == 0) return;
        void* address = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, descriptor_, 0);
        if (address == MAP_FAILED) fail("cannot map {}: {}", path.string(), std::strerror(errno));
        data_ = static_cast<const std::byte*>(address);
        watched_ = watch(data_, size_, path_.c_str(), when_cut);
    } catch (...) {
        ::close(descriptor_);
        throw;
    }
}

void MappedFile::check() const {
    if (watched_ >= 0 && watches[watched_].cut)
        fail("cannot read {}: it became shorter while it was used, or the disk fails", path_.string());
}

MappedFile::~MappedFile() {
    if (watched_ >= 0) watches[watched_].state = Watch::free;
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
