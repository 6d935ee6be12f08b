// Any bytes as an archive: listed and read, or refused with an Error.
#include "beatmap/osz.h"

#include <algorithm>

#include "base/error.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace osu;
    try {
        const OszArchive archive(std::as_bytes(std::span(data, size)), "archive");
        archive.maps();
        constexpr size_t limit = 1 << 20;
        for (size_t i = 0; i < std::min<size_t>(archive.entries().size(), 64); ++i) try {
                archive.read(i, limit);
            } catch (const Error&) {
            }
        archive.map("Hard");
    } catch (const Error&) {
    }
    return 0;
}
