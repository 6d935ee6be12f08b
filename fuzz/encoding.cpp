// Any bytes as a name in an archive, and as a text in UTF-16, which comes back byte for byte.
#include "beatmap/encoding.h"

#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace osu;
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    decoded_name(bytes);
    for (const Encoding encoding : {Encoding::utf16_little, Encoding::utf16_big})
        if (to_utf16(from_utf16(bytes, encoding), encoding) != bytes.substr(0, size / 2 * 2))
            __builtin_trap();
    return 0;
}
