#include "data/split.h"

#include <algorithm>
#include <sstream>

#include <fmt/core.h>
#include <openssl/evp.h>

#include "base/error.h"
#include "base/file.h"
#include "base/random.h"

namespace osu {

namespace {

constexpr size_t hash_digits = 16;

std::string lower(std::string_view text) {
    std::string result(text);
    for (char& c : result)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return result;
}

// What decides the side of a map.
std::string owner(const DatasetMap& map) {
    if (!map.creator.empty()) return map.creator;
    if (map.set_id > 0) return fmt::format("set {}", map.set_id);
    return fmt::format("{} - {}", map.artist, map.title);
}

}  // namespace

std::string mapper_hash(std::string_view creator) {
    const std::string name = lower(creator);
    unsigned char digest[EVP_MAX_MD_SIZE];
    if (EVP_Digest(name.data(), name.size(), digest, nullptr, EVP_sha256(), nullptr) != 1)
        fail("SHA-256 is not available");
    std::string hash;
    for (size_t i = 0; i < hash_digits; ++i)
        hash += "0123456789abcdef"[digest[i / 2] >> (i % 2 == 0 ? 4 : 0) & 15];
    return hash;
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
            fail(Hint{"a line begins with the first 16 hex digits of the SHA-256 of a mapper's name"},
                 "{}, line {}: \"{}\" is no hash", file.string(), number, hash);
        hashes.insert(hash);
    }
    if (hashes.empty()) fail("{} lists nobody", file.string());
    return hashes;
}

Split split_held_out(const PackedDataset& dataset, const HeldOut& held_out) {
    if (!(held_out.share >= 0 && held_out.share < 1))
        fail("the share of held-out mappers must be at least 0 and below 1, not {}", held_out.share);
    Split split;
    for (uint32_t i = 0; i < dataset.size(); ++i) {
        const std::string hash = mapper_hash(owner(dataset.map(i)));
        const uint64_t key = std::stoull(hash, nullptr, 16);
        const bool out =
            held_out.mappers.contains(hash) || Philox(held_out.seed, key).uniform() < held_out.share;
        (out ? split.validation : split.train).push_back(i);
    }
    return split;
}

}  // namespace osu
