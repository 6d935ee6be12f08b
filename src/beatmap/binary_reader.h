// Little-endian values of the game's databases, read from memory. Past the end every value is 0 and ok() is
// false.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>

#include "beatmap/numbers.h"

namespace osu {

class BinaryReader {
  public:
    explicit BinaryReader(std::span<const std::byte> bytes) : bytes_(bytes) {}

    bool ok() const { return ok_; }
    size_t position() const { return position_; }
    size_t left() const { return bytes_.size() - position_; }

    template <class T>
    T value() {
        T value{};
        if (const std::byte* from = take(sizeof(T))) std::memcpy(&value, from, sizeof(T));
        return value;
    }
    bool boolean() { return value<uint8_t>() != 0; }
    void skip(size_t size) { take(size); }
    void refuse() { ok_ = false; }

    // A count of items of at least `item_size` bytes: more than the file can hold is refused.
    size_t count(size_t item_size) {
        const auto count = value<int32_t>();
        if (count < 0 || static_cast<size_t>(count) > left() / item_size) ok_ = false;
        return ok_ ? static_cast<size_t>(count) : 0;
    }

    // 0x00, or 0x0B, a ULEB128 length and as many bytes of UTF-8.
    std::string string() {
        const auto tag = value<uint8_t>();
        if (tag == 0) return {};
        uint64_t length = 0;
        for (int shift = 0;; shift += 7) {
            const auto byte = value<uint8_t>();
            if (tag != 0x0b || shift > 28) ok_ = false;
            if (!ok_) return {};
            length |= uint64_t{byte & 0x7fu} << shift;
            if (byte < 0x80) break;
        }
        const std::byte* from = take(length);
        return from ? to_utf8({reinterpret_cast<const char*>(from), static_cast<size_t>(length)})
                    : std::string{};
    }

  private:
    std::span<const std::byte> bytes_;
    size_t position_ = 0;
    bool ok_ = true;

    const std::byte* take(size_t size) {
        if (!ok_ || size > left()) {
            ok_ = false;
            return nullptr;
        }
        position_ += size;
        return bytes_.data() + position_ - size;
    }
};

}  // namespace osu
