#include "data/split.h"

#include <string_view>

#include "base/error.h"
#include "base/random.h"

namespace osu {

namespace {

uint64_t fnv1a(std::string_view text, uint64_t hash = 0xcbf29ce484222325u) {
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
    return hash;
}

uint64_t set_key(const DatasetMap& map) {
    if (map.set_id > 0) return static_cast<uint64_t>(map.set_id);
    return fnv1a(map.title, fnv1a(map.artist)) | uint64_t{1} << 63;
}

}  // namespace

Split split_by_set(const PackedDataset& dataset, double share, uint64_t seed) {
    if (!(share >= 0 && share < 1))
        fail("the share of held-out sets must be at least 0 and below 1, not {}", share);
    Split split;
    for (uint32_t i = 0; i < dataset.size(); ++i) {
        const bool held_out = Philox(seed, set_key(dataset.map(i))).uniform() < share;
        (held_out ? split.validation : split.train).push_back(i);
    }
    return split;
}

}  // namespace osu
