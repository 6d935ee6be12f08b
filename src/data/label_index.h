// Which class of a label table is which map: beatmap ID → class index, with the names to search styles by.
// Its JSON stands beside a dataset as beatmap_idx.json and in a checkpoint's metadata; the reference's
// beatmap_idx.pickle is the same without the names.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "beatmap/beatmap.h"

namespace osu {

class PackedDataset;

struct LabelEntry : MapFacts {
    int32_t label = 0;
    bool operator==(const LabelEntry&) const = default;
};

class LabelIndex {
  public:
    LabelIndex() = default;
    explicit LabelIndex(std::vector<LabelEntry> entries);

    const std::vector<LabelEntry>& entries() const { return entries_; }  // by label
    int32_t class_count() const;                                         // 1 + the largest label

    // The class of a beatmap ID, −1 where there is none. Of several maps with one ID the first counts.
    int32_t find(int64_t beatmap_id) const;
    std::vector<int64_t> nearest_ids(int64_t beatmap_id, size_t count) const;  // for messages
    // The classes of the maps of a mapper's sets, others' difficulties in them included; letter case does not
    // count.
    std::vector<int32_t> by_creator(std::string_view name) const;
    // Of each of entries(): who made it, by mappers_of().
    std::vector<std::string> mappers() const;
    // The classes of the maps that a mapper made, by mappers(); of one who made none of them alone, those of
    // the sets.
    std::vector<int32_t> by_mapper(std::string_view name) const;
    // Mappers whose names are near to one that is not there, the nearest first; for messages.
    std::vector<std::string> nearest_creators(std::string_view name, size_t count) const;
    // What beatmap_idx.pickle holds; maps without an ID are left out.
    std::map<int64_t, int64_t> by_beatmap_id() const;

    std::string to_json() const;

  private:
    std::vector<LabelEntry> entries_;
    std::map<int64_t, int64_t> by_id_;
};

// Who made each map, for all that counts or finds styles by mapper: whom the difficulty's name names ("X's
// Insane"), else whose set it is. One spelling a mapper, whatever the letter case; empty where nobody is
// known, and for what is no single mapper's (collabs).
std::vector<std::string> mappers_of(std::span<const LabelEntry* const> entries);

LabelIndex label_index(const PackedDataset& dataset);
// Our JSON, a JSON object {"beatmap ID": class}, or a pickle: told by the content.
LabelIndex parse_label_index(std::string_view content);
LabelIndex read_label_index(const std::filesystem::path& file);  // an Error names the file

}  // namespace osu
