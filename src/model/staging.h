// Values of the host that change from call to call, side by side, so that one copy takes them to the device,
// and always to the same place.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "ops/backend.h"

namespace osu {

class Staging {
  public:
    explicit Staging(Backend& backend) : backend_(backend) {}

    template <class T>
    struct Part {
        size_t offset = 0, count = 0;
    };
    // All parts are added before anything is sent.
    template <class T>
    Part<T> add(int64_t count) {
        constexpr size_t alignment = 64;
        const Part<T> part{(host_.size() + alignment - 1) / alignment * alignment,
                           static_cast<size_t>(count)};
        host_.resize(part.offset + part.count * sizeof(T));
        return part;
    }
    template <class T>
    std::span<T> host(Part<T> part) {
        return {reinterpret_cast<T*>(host_.data() + part.offset), part.count};
    }
    template <class T>
    std::span<const T> device(Part<T> part) const {
        return {reinterpret_cast<const T*>(static_cast<const std::byte*>(device_.get()) + part.offset),
                part.count};
    }
    void send() {
        if (!device_) device_ = backend_.allocate(host_.size());
        backend_.upload(device_.get(), host_.data(), host_.size());
    }

  private:
    Backend& backend_;
    std::vector<std::byte> host_;
    std::shared_ptr<void> device_;
};

}  // namespace osu
