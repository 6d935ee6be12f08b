// Any bytes as DEFLATE: unpacked or refused, and the same a second time.
#include "beatmap/inflate.h"

#include <cstdint>
#include <string>

#include "base/error.h"

namespace {

// Nothing where it is refused; a thousand times its bytes is all that a megabyte of zeros packs to.
bool unpacked(std::span<const std::byte> packed, std::string& content) {
    constexpr size_t most = size_t{1} << 22;
    try {
        osu::inflate(packed, [&](std::string_view piece) {
            content += piece;
            if (content.size() > most) osu::fail("enough");
        });
        return true;
    } catch (const osu::Error&) {
        return false;
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const auto packed = std::as_bytes(std::span(data, size));
    std::string first, second;
    const bool whole = unpacked(packed, first);
    if (whole != unpacked(packed, second) || first != second) __builtin_trap();
    return 0;
}
