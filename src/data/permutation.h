// A random order of n things without a table: a function from place to thing, one to one.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>

#include "base/random.h"

namespace osu {

// A Feistel network over the pairs (left, right) with left < rows, right < columns, rows · columns barely ≥
// size; results beyond the size are sent through again (cycle walking), which hardly ever happens.
class Permutation {
  public:
    Permutation(uint64_t size, uint64_t seed, uint64_t stream) : size_(size) {
        rows_ = static_cast<uint32_t>(std::sqrt(static_cast<double>(size))) + 1;
        columns_ = static_cast<uint32_t>((size + rows_ - 1) / rows_);
        if (columns_ == 0) columns_ = 1;
        Philox random(seed, stream);
        for (uint64_t& key : keys_) key = uint64_t{random.next_u32()} << 32 | random.next_u32();
    }

    uint64_t operator()(uint64_t place) const {
        do place = scramble(place);
        while (place >= size_);
        return place;
    }

  private:
    uint64_t scramble(uint64_t value) const {
        uint32_t left = static_cast<uint32_t>(value / columns_),
                 right = static_cast<uint32_t>(value % columns_);
        for (size_t round = 0; round < keys_.size(); round += 2) {
            left = (left + mix(right + keys_[round]) % rows_) % rows_;
            right = (right + mix(left + keys_[round + 1]) % columns_) % columns_;
        }
        return uint64_t{left} * columns_ + right;
    }

    // The finaliser of SplitMix64 (Steele et al. 2014), upper bits.
    static uint32_t mix(uint64_t value) {
        value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9u;
        value = (value ^ (value >> 27)) * 0x94d049bb133111ebu;
        return static_cast<uint32_t>(value >> 33);  // 31 bits: a sum with a row number does not overflow
    }

    uint64_t size_;
    uint32_t rows_, columns_;
    std::array<uint64_t, 8> keys_;
};

}  // namespace osu
