// What `inspect` prints: a line a fact, the name of the fact first.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/core.h>

namespace osu {

// Names come from other people's files: a control character (an escape sequence of the terminal) becomes '?'.
std::string printable(std::string_view text);

std::string joined(const std::vector<std::string>& parts);  // with commas

template <class... Args>
void print_fact(std::string_view name, fmt::format_string<Args...> text, Args&&... args) {
    fmt::print("{:<13} {}\n", name, printable(fmt::format(text, std::forward<Args>(args)...)));
}

// Each says what the file is and prints its summary; Error when it is damaged.
void summarize_checkpoint(const std::filesystem::path& path);  // also other .safetensors and packed datasets
void verify_checkpoint_file(const std::filesystem::path& path);  // Error when it is damaged
void summarize_beatmap(const std::filesystem::path& path);
void summarize_osz(const std::filesystem::path& path);
void summarize_database(const std::filesystem::path& path);  // osu!.db or collection.db
void summarize_index(const std::filesystem::path& path);     // pickle or JSON
void summarize_dataset(const std::filesystem::path& folder);

}  // namespace osu
