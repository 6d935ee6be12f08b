#include "beatmap/collection_db.h"

#include "base/error.h"
#include "base/file.h"
#include "beatmap/binary_reader.h"

namespace osu {

CollectionDatabase parse_collection_database(std::span<const std::byte> bytes, Damaged damaged) {
    BinaryReader in(bytes);
    CollectionDatabase database;
    database.version = in.value<int32_t>();
    database.collection_count = in.value<int32_t>();
    if (!in.ok() || database.collection_count < 0 || database.version < 20070000 ||
        database.version > 21000000)
        fail("this is no collection.db");
    size_t maps = 0;
    bool empty_before = false;
    for (int32_t i = 0; in.ok() && i < database.collection_count; ++i) {
        Collection collection;
        collection.name = in.string();
        const auto declared = in.value<int32_t>();
        // Zeros read as collections without a name and without maps: there may be one such.
        const bool empty = declared == 0 && collection.name.empty();
        if (declared < 0 || (empty && empty_before)) in.refuse();
        empty_before |= empty;
        for (int32_t k = 0; in.ok() && k < declared; ++k) {
            std::string md5 = in.string();
            if (!md5.empty()) collection.md5.push_back(std::move(md5));
        }
        maps += collection.md5.size();
        if (in.ok() || !collection.md5.empty()) database.collections.push_back(std::move(collection));
    }
    database.bytes_left = in.left();
    if (in.ok()) return database;
    database.damage =
        fmt::format("the file is cut or damaged at byte {}: {} maps of {} of {} collections can be read",
                    in.position(), maps, database.collections.size(), database.collection_count);
    if (damaged == Damaged::refused) fail("{}", database.damage);
    return database;
}

CollectionDatabase read_collection_database(const std::filesystem::path& path, Damaged damaged) {
    const MappedFile file(path);
    try {
        return parse_collection_database(file.bytes(), damaged);
    } catch (const Error& error) {
        throw Error(fmt::format("cannot read {}: {}", path.string(), error.what()), error.hint());
    }
}

}  // namespace osu
