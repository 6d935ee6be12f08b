#include "base/crc32.h"

#include <array>
#include <bit>
#include <cstring>

namespace osu {

namespace {

// tables[n][b]: what byte b does to the sum when n bytes of zero follow. Sixteen bytes at once are then
// sixteen look-ups that do not wait for each other.
constexpr size_t width = 16;
using Tables = std::array<std::array<uint32_t, 256>, width>;

constexpr Tables make_tables() {
    Tables tables{};
    for (uint32_t byte = 0; byte < 256; ++byte) {
        uint32_t sum = byte;
        for (int bit = 0; bit < 8; ++bit) sum = sum >> 1 ^ (sum & 1 ? 0xedb88320u : 0u);
        tables[0][byte] = sum;
    }
    for (size_t n = 1; n < width; ++n)
        for (size_t byte = 0; byte < 256; ++byte)
            tables[n][byte] = tables[n - 1][byte] >> 8 ^ tables[0][tables[n - 1][byte] & 255];
    return tables;
}

constexpr Tables tables = make_tables();

}  // namespace

uint32_t crc32(uint32_t sum, const void* data, size_t size) {
    static_assert(std::endian::native == std::endian::little);
    const auto* bytes = static_cast<const unsigned char*>(data);
    sum = ~sum;
    for (; size >= width; size -= width, bytes += width) {
        uint32_t words[width / 4];
        std::memcpy(words, bytes, width);
        words[0] ^= sum;
        sum = 0;
        for (size_t word = 0; word < width / 4; ++word)
            for (size_t byte = 0; byte < 4; ++byte)
                sum ^= tables[width - 1 - 4 * word - byte][words[word] >> (8 * byte) & 255];
    }
    for (; size > 0; --size) sum = sum >> 8 ^ tables[0][(sum ^ *bytes++) & 255];
    return ~sum;
}

}  // namespace osu
