// Which of the game's databases a file is. They have no mark of their own: all begin with the day of a build
// and a count, and what follows tells them apart, by their first entry and not by whether the rest is whole.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace osu {

enum class DatabaseKind : uint8_t {
    unknown,      // none of these, or not one at all
    maps,         // osu!.db
    collections,  // collection.db
    scores,       // scores.db: a player's own scores
    presence      // presence.db: other players that were seen
};

DatabaseKind database_kind(std::span<const std::byte> bytes);

}  // namespace osu
