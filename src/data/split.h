// Held-out maps for validation.
#pragma once

#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "data/label_index.h"
#include "data/packed_dataset.h"

namespace osu {

struct Split {
    std::vector<uint32_t> train, validation;  // indices into the dataset
};

// Which mappers are held out: those whose hash is listed, and about `share` of all by their hash and `seed`.
struct HeldOut {
    double share = 0;  // in [0, 1)
    uint64_t seed = 0;
    std::set<std::string> mappers;  // mapper_hash()
    bool any() const { return share > 0 || !mappers.empty(); }
};

// The first 16 hex digits of the SHA-256 of the name in lower case.
std::string mapper_hash(std::string_view creator);

// A list of hashes, one a line; what follows the hash on a line, and lines that begin with #, are comments.
std::set<std::string> read_held_out(const std::filesystem::path& file);

// Whether the list names the mapper of any map of the dataset; the share does not count.
bool lists_any(const HeldOut& held_out, const PackedDataset& dataset);

// Whether a map was held out, by what is known of it.
bool is_held_out(const HeldOut& held_out, const LabelEntry& map);

// All maps of a mapper go to one side, and with them all maps of a set; maps of no known mapper go by the ID
// of their set (their artist and title where they have none). A side depends on these names alone, so it
// stays when the dataset grows.
Split split_held_out(const PackedDataset& dataset, const HeldOut& held_out);

}  // namespace osu
