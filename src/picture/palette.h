// The few colours that show many: a GIF has 256. Chosen from the pixels themselves, so flat grounds and
// gradients come out without dithering.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "beatmap/beatmap.h"

namespace osu {

class ColourCount {
  public:
    ColourCount() : bins_(bin_count) {}
    void add(std::span<const uint32_t> pixels);  // 0x00RRGGBB

    // At most `size` colours: median cut, always the box with the largest squared error next, cut at its
    // mean.
    std::vector<Colour> palette(size_t size) const;

  private:
    friend class PaletteIndex;
    static constexpr size_t bin_count = 1 << 15;  // five bits of red, green, blue
    static size_t bin_of(uint32_t pixel) {
        return (pixel >> 9 & 0x7c00) | (pixel >> 6 & 0x3e0) | (pixel >> 3 & 0x1f);
    }
    struct Bin {
        uint64_t count = 0;
        std::array<uint64_t, 3> sum{};
    };
    std::vector<Bin> bins_;
};

// The nearest colour of a palette for every pixel that was counted.
class PaletteIndex {
  public:
    PaletteIndex(const ColourCount& counted, std::span<const Colour> palette);
    uint8_t operator[](uint32_t pixel) const { return nearest_[ColourCount::bin_of(pixel)]; }

  private:
    std::vector<uint8_t> nearest_;
};

}  // namespace osu
