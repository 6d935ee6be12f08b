// The checksum of zip archives and of checkpoints: CRC-32 of ISO 3309, as zlib's crc32().
#pragma once

#include <cstddef>
#include <cstdint>

namespace osu {

// Goes on from the sum of the bytes before; 0 of none.
uint32_t crc32(uint32_t sum, const void* data, size_t size);

}  // namespace osu
