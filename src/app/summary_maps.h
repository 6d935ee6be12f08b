// What `inspect` says of files of maps: a line a fact, the name of the fact first.
#pragma once

#include <filesystem>
#include <string_view>

#include <fmt/core.h>

#include "base/text.h"

namespace osu {

template <class... Args>
void print_fact(std::string_view name, fmt::format_string<Args...> text, Args&&... args) {
    fmt::print("{:<13} {}\n", name, printable(fmt::format(text, std::forward<Args>(args)...)));
}

// Each says what the file is and prints its summary; Error when it is damaged.
void summarize_beatmap(const std::filesystem::path& path);
void summarize_osz(const std::filesystem::path& path);
void summarize_database(const std::filesystem::path& path);  // osu!.db or collection.db
void summarize_index(const std::filesystem::path& path);     // pickle or JSON
void summarize_dataset(const std::filesystem::path& folder);

}  // namespace osu
