// osu-diffusion inspect: says what a file or folder is, going by its content.
#include <cstring>
#include <memory>
#include <span>
#include <string>

#include <CLI/CLI.hpp>

#include "app/summary.h"
#include "app/verbs.h"
#include "archive/checkpoint.h"
#include "base/error.h"
#include "base/file.h"
#include "beatmap/encoding.h"

namespace osu {

namespace {

using Summarize = void (*)(const std::filesystem::path&);

// The first characters that are no space, after a byte order mark.
std::string_view text_start(std::string_view content) {
    if (content.starts_with("\xef\xbb\xbf")) content.remove_prefix(3);
    const size_t first = content.find_first_not_of(" \t\r\n");
    return first == std::string_view::npos ? std::string_view() : content.substr(first);
}

// The game's databases begin with the day of a build, 20130000 or later, as a little-endian number.
bool begins_with_a_day(std::string_view content) {
    if (content.size() < 8) return false;
    uint32_t day = 0;
    std::memcpy(&day, content.data(), sizeof day);
    return day >= 20070000 && day < 21000000;
}

bool has_section_of_a_map(std::string_view text) {
    for (const char* name : {"[General]", "[Metadata]", "[Difficulty]", "[TimingPoints]", "[HitObjects]"})
        if (text.find(name) != std::string_view::npos) return true;
    return false;
}

Summarize summarizer(std::string_view content) {
    if (checkpoint_format(std::as_bytes(std::span(content)))) return summarize_checkpoint;
    if (content.starts_with("PK\x03\x04")) return summarize_osz;
    if (begins_with_a_day(content)) return summarize_database;
    if (content.starts_with('\x80') || content.starts_with("(d")) return summarize_index;  // a pickle
    if (content.starts_with("version https://git-lfs")) return summarize_checkpoint;       // which says so
    if (encoding_of(content) != Encoding::utf8) return summarize_beatmap;  // of all that we read maps alone
    const std::string_view text = text_start(content);
    if (text.starts_with('{')) return summarize_index;
    // A map that begins with something else is told by its sections, as the game does.
    if (text.starts_with("osu file format v") || has_section_of_a_map(content)) return summarize_beatmap;
    return nullptr;
}

// Every byte of a checkpoint; a .pt was looked at when it was read, but for what is no tensor.
void verify_file(const std::filesystem::path& path) {
    std::error_code ignored;
    const bool is_file = std::filesystem::is_regular_file(path, ignored);
    if (!is_file || !checkpoint_format(MappedFile(path).bytes()))
        fail(Hint{"leave --verify out"}, "--verify is for checkpoints, and {} is none", path.string());
    verify_checkpoint_file(path);
}

void run_inspect(const std::filesystem::path& path) {
    if (std::filesystem::is_directory(path)) return summarize_dataset(path);
    Summarize summarize = nullptr;
    try {
        const MappedFile file(path);
        const auto bytes = file.bytes();
        if (bytes.empty()) fail("the file is empty");
        summarize = summarizer({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    } catch (const Error& error) {
        fail(Hint{error.hint()}, "{}: {}", path.string(), error.what());
    }
    if (!summarize)
        fail(Hint{"known are checkpoints, maps, .osz archives, osu!.db, collection.db, datasets, indices of "
                  "beatmaps"},
             "{} is nothing that osu-diffusion knows", path.string());
    summarize(path);
}

}  // namespace

std::string printable(std::string_view text) {
    std::string out(text);
    for (char& letter : out)
        if (static_cast<unsigned char>(letter) < 0x20 || letter == 0x7f) letter = '?';
    return out;
}

std::string joined(const std::vector<std::string>& parts) {
    std::string out;
    for (const std::string& part : parts) out += (out.empty() ? "" : ", ") + part;
    return out;
}

void add_inspect_verb(CLI::App& app) {
    auto path = std::make_shared<std::string>();
    CLI::App* verb = app.add_subcommand(
        "inspect", "Says what a checkpoint, map, .osz, osu!.db, collection.db, dataset or index holds");
    verb->add_option("file", *path, "File or folder")->required();
    auto verify = std::make_shared<bool>(false);
    verb->add_flag("--verify", *verify, "read every byte of a checkpoint, and say whether it is as written");
    verb->callback([path, verify] {
        run_inspect(*path);
        if (*verify) verify_file(*path);
    });
}

}  // namespace osu
