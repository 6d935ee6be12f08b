// Any bytes as osu!.db and as collection.db: read, or refused with an Error.
#include "beatmap/osu_db.h"

#include <cstdlib>

#include "base/error.h"
#include "beatmap/collection_db.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace osu;
    const auto bytes = std::as_bytes(std::span(data, size));
    try {
        const OsuDatabase database = parse_osu_database(bytes, Damaged::kept);
        const auto declared = static_cast<size_t>(database.beatmap_count);
        if (database.damage.empty() != (database.beatmaps.size() == declared) && database.damage.empty())
            std::abort();
    } catch (const Error&) {
    }
    try {
        parse_collection_database(bytes, Damaged::kept);
    } catch (const Error&) {
    }
    return 0;
}
