#include "data/split.h"

#include <sstream>

#include <fmt/core.h>

#include "base/error.h"
#include "base/file.h"
#include "base/random.h"
#include "base/text.h"
#include "data/digest.h"

namespace osu {

namespace {

constexpr size_t hash_digits = 16;

// What decides the side of a map, of a dataset or of an index.
template <class Map>
std::string owner(const Map& map) {
    if (!map.creator.empty()) return map.creator;
    if (map.set_id > 0) return fmt::format("set {}", map.set_id);
    return fmt::format("{} - {}", map.artist, map.title);
}

bool is_out(const HeldOut& held_out, const std::string& owner) {
    const std::string hash = mapper_hash(owner);
    return held_out.mappers.contains(hash) ||
           Philox(held_out.seed, std::stoull(hash, nullptr, 16)).uniform() < held_out.share;
}

}  // namespace

std::string mapper_hash(std::string_view creator) {
    return sha256_of(lower(creator)).substr(0, hash_digits);
}

std::set<std::string> read_held_out(const std::filesystem::path& file) {
    std::istringstream text(read_file(file));
    std::set<std::string> hashes;
    size_t number = 0;
    for (std::string line; std::getline(text, line);) {
        ++number;
        std::istringstream words(line);
        std::string hash;
        if (!(words >> hash) || hash[0] == '#') continue;
        if (hash.size() != hash_digits || hash.find_first_not_of("0123456789abcdef") != std::string::npos)
            fail(Hint{"a line begins with the first 16 hex digits of the SHA-256 of a mapper's name in lower "
                      "case"},
                 "{}, line {}: \"{}\" is no hash", file.string(), number, hash);
        hashes.insert(hash);
    }
    if (hashes.empty()) fail("{} lists nobody", file.string());
    return hashes;
}

bool lists_any(const HeldOut& held_out, const PackedDataset& dataset) {
    for (uint32_t i = 0; i < dataset.size(); ++i)
        if (held_out.mappers.contains(mapper_hash(owner(dataset.map(i))))) return true;
    return false;
}

bool is_held_out(const HeldOut& held_out, const LabelEntry& map) {
    return is_out(held_out, owner(map));
}

Split split_held_out(const PackedDataset& dataset, const HeldOut& held_out) {
    if (!(held_out.share >= 0 && held_out.share < 1))
        fail("the share of held-out mappers must be at least 0 and below 1, not {}", held_out.share);
    Split split;
    for (uint32_t i = 0; i < dataset.size(); ++i) {
        const bool out = is_out(held_out, owner(dataset.map(i)));
        (out ? split.validation : split.train).push_back(i);
    }
    return split;
}

}  // namespace osu
