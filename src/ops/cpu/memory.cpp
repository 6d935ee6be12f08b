#include "ops/cpu/memory.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

#include <sys/mman.h>

namespace osu::cpu {

namespace {

constexpr size_t huge_page = size_t{2} << 20;

}  // namespace

std::shared_ptr<void> allocate_zeroed(size_t bytes) {
    if (bytes < huge_page) {
        const size_t size = round_up(std::max<size_t>(bytes, 1), 64);
        void* memory = std::aligned_alloc(64, size);
        if (!memory) throw std::bad_alloc();
        std::memset(memory, 0, size);
        return {memory, [](void* p) { std::free(p); }};
    }
    const size_t size = round_up(bytes, huge_page);
    void* memory =
        mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    madvise(memory, size, MADV_HUGEPAGE);  // a wish: where the kernel says no, small pages do
    return {memory, [size](void* p) { munmap(p, size); }};
}

std::shared_ptr<void> Arena::allocate(size_t bytes) {
    constexpr size_t chunk_bytes = 16 * huge_page;
    bytes = round_up(bytes, 64);
    if (bytes > chunk_bytes / 4) return allocate_zeroed(bytes);
    if (used_ + bytes > size_) {
        size_ = chunk_bytes;
        used_ = 0;
        chunk_ = allocate_zeroed(size_);
    }
    used_ += bytes;
    return {chunk_, static_cast<std::byte*>(chunk_.get()) + used_ - bytes};
}

void* Scratch::reserve(size_t bytes) {
    if (bytes > size_) {
        memory_.reset();
        size_ = round_up(bytes + bytes / 4, 4096);
        memory_ = allocate_zeroed(size_);
    }
    return memory_.get();
}

}  // namespace osu::cpu
