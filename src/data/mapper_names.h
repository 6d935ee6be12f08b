// Whose a difficulty is: what its name and its set's mapper say together.
#pragma once

#include <string>
#include <string_view>

namespace osu {

// Made by this mapper: the whole set, or as a difficulty named for them. In a set of theirs "Somebody's
// Insane" is not theirs; what is named Hitsounds or Collab is no single mapper's.
bool is_by_mapper(std::string_view creator, std::string_view version, std::string_view mapper);

// Whose a difficulty is by its name: "Ann's Hard" and "Zz' Hard" give what stands before the apostrophe,
// "Hard de Ann" what stands behind; empty where it names nobody.
struct NamedMapper {
    std::string before_apostrophe, behind_de;
};
NamedMapper named_mapper(std::string_view version);
// Of no single mapper: what is named Hitsounds or Collab.
bool is_of_nobody(std::string_view version);

}  // namespace osu
