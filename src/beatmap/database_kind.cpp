#include "beatmap/database_kind.h"

#include <string_view>

#include "beatmap/binary_reader.h"

namespace osu {

namespace {

constexpr int32_t first_version = 20070000, last_version = 21000000;  // days
constexpr int64_t last_tick = 3155378975999999999;                    // of .NET's dates: the year 9999
constexpr size_t longest_player_name = 64;

bool is_digest(std::string_view text) {
    return text.size() == 32 && text.find_first_not_of("0123456789abcdefABCDEF") == text.npos;
}

// A text that is there, or a text that is not; anything else is no text.
bool begins_text(BinaryReader in) {
    const auto tag = in.value<uint8_t>();
    return in.ok() && (tag == 0 || tag == 0x0b);
}

// Whether the account is unlocked, when it will be, the player's name, the number of maps.
bool is_maps(BinaryReader in) {
    if (in.value<uint8_t>() > 1) return false;
    const auto date = in.value<int64_t>();
    if (date < 0 || date > last_tick || !begins_text(in)) return false;
    if (in.string().size() > longest_player_name) return false;
    return in.value<int32_t>() >= 0 && in.ok();
}

// Of every collection its name, a count, the digests of as many maps.
bool is_collections(BinaryReader in, int32_t count) {
    if (count == 0) return in.left() == 0;
    if (!begins_text(in)) return false;
    const std::string name = in.string();
    const auto maps = in.value<int32_t>();
    if (!in.ok()) return !name.empty();  // cut in its first name or behind it
    return maps >= 0 && !(is_digest(name) && !begins_text(in));
}

// Of every map its digest, a count, and scores that begin with the mode and the version of the game.
bool is_scores(BinaryReader in) {
    if (!begins_text(in) || !is_digest(in.string())) return false;
    const auto scores = in.value<int32_t>();
    if (!in.ok() || scores < 0) return false;
    if (scores == 0) return true;
    const auto mode = in.value<uint8_t>();
    const auto version = in.value<int32_t>();
    return in.ok() && mode <= 3 && version >= first_version && version < last_version;
}

// Of every player the ID and the name.
bool is_presence(BinaryReader in) {
    in.skip(4);
    return begins_text(in) && !in.string().empty() && in.ok();
}

}  // namespace

DatabaseKind database_kind(std::span<const std::byte> bytes) {
    BinaryReader in(bytes);
    const auto version = in.value<int32_t>();
    const auto count = in.value<int32_t>();  // of entries; in osu!.db of folders
    if (!in.ok() || count < 0 || version < first_version || version >= last_version)
        return DatabaseKind::unknown;
    if (is_scores(in)) return DatabaseKind::scores;
    if (is_maps(in)) return DatabaseKind::maps;
    if (is_collections(in, count)) return DatabaseKind::collections;
    if (is_presence(in)) return DatabaseKind::presence;
    return DatabaseKind::unknown;
}

}  // namespace osu
