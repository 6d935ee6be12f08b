// Memory of the CPU backend: zeroed arenas on huge pages, and scratch that grows and is kept.
#pragma once

#include <cstddef>
#include <memory>
#include <type_traits>

namespace osu::cpu {

// The next multiple of `unit`.
template <class Int>
constexpr Int round_up(Int n, std::type_identity_t<Int> unit) {
    return (n + unit - 1) / unit * unit;
}

// 64-byte aligned and zeroed; pages that nobody touches cost nothing.
std::shared_ptr<void> allocate_zeroed(size_t bytes);

// The same for many blocks that live about as long: side by side on huge pages, so that little is lost
// between them and few pages have to be faulted in. Memory goes back when the last block of a chunk is gone.
class Arena {
  public:
    std::shared_ptr<void> allocate(size_t bytes);

  private:
    std::shared_ptr<void> chunk_;
    size_t size_ = 0, used_ = 0;
};

// A 64-byte aligned buffer that is enlarged on demand and loses its content then.
class Scratch {
  public:
    template <class T>
    T* get(size_t count) {
        return static_cast<T*>(reserve(count * sizeof(T)));
    }

  private:
    std::shared_ptr<void> memory_;
    size_t size_ = 0;
    void* reserve(size_t bytes);
};

}  // namespace osu::cpu
