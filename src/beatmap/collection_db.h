// A player's collections of maps, collection.db.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "beatmap/osu_db.h"

namespace osu {

struct Collection {
    std::string name;
    std::vector<std::string> md5;  // of the maps' .osu files
};

struct CollectionDatabase {
    int32_t version = 0;
    int32_t collection_count = 0;  // as the file declares it
    std::vector<Collection> collections;
    size_t bytes_left = 0;  // behind the last value
    std::string damage;     // as in OsuDatabase
};

CollectionDatabase parse_collection_database(std::span<const std::byte> bytes,
                                             Damaged damaged = Damaged::refused);
CollectionDatabase read_collection_database(const std::filesystem::path& path,
                                            Damaged damaged = Damaged::refused);

}  // namespace osu
