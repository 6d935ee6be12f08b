// Memory of the CPU backend: zeroed arenas on huge pages, and scratch that grows and is kept.
#pragma once

#include <cstddef>
#include <memory>

namespace osu::cpu {

// 64-byte aligned and zeroed; pages that nobody touches cost nothing.
std::shared_ptr<void> allocate_zeroed(size_t bytes);

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
