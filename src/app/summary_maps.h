// What `inspect` says of files of maps.
#pragma once

#include <filesystem>

#include "app/facts.h"

namespace osu {

// Each says what the file is and adds its summary; Error when it is damaged.
void summarize_beatmap(const std::filesystem::path& path, Facts& facts);
void summarize_osz(const std::filesystem::path& path, Facts& facts);
void summarize_database(const std::filesystem::path& path, Facts& facts);  // osu!.db or collection.db
void summarize_index(const std::filesystem::path& path, Facts& facts);     // pickle or JSON
void summarize_dataset(const std::filesystem::path& folder, Facts& facts);

}  // namespace osu
