#include "data/label_index.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include <nlohmann/json.hpp>

#include "archive/pickle.h"
#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "data/mapper_names.h"
#include "data/packed_dataset.h"

namespace osu {

namespace {

using Json = nlohmann::ordered_json;

int32_t checked_label(int64_t label) {
    if (label < 0 || label >= std::numeric_limits<int32_t>::max())
        fail("a label index with the class {}", label);
    return static_cast<int32_t>(label);
}

// 1.9, 1e30 and what is no number at all are refused, not converted.
int64_t whole_number(const Json& value, const char* what) {
    const bool fits =
        value.is_number_integer() && (!value.is_number_unsigned() || value.get<uint64_t>() <= INT64_MAX);
    if (!fits) fail("a label index with the {} {}", what, value.dump().substr(0, 40));
    return value.get<int64_t>();
}

int64_t whole_number(const Json& map, const char* key, int64_t otherwise) {
    const auto found = map.find(key);
    return found == map.end() ? otherwise : whole_number(*found, key);
}

LabelIndex from_map(const std::map<int64_t, int64_t>& map) {
    std::vector<LabelEntry> entries;
    for (const auto& [id, label] : map) entries.push_back({{id}, checked_label(label)});
    return LabelIndex(std::move(entries));
}

// A set's maps stand one behind the other, with the same tags as a rule: these are written once.
bool shares_tags(const LabelEntry& before, const LabelEntry& entry) {
    return before.set_id == entry.set_id && before.artist == entry.artist && before.title == entry.title;
}

LabelIndex from_maps(const Json& maps) {
    std::vector<LabelEntry> entries;
    for (const Json& map : maps) {
        const auto text = [&](const char* key) { return map.value(key, ""); };
        LabelEntry entry{{whole_number(map, "beatmap_id", 0), whole_number(map, "set_id", -1),
                          text("creator"), text("artist"), text("title"), text("version"), text("tags")},
                         checked_label(whole_number(map.at("class"), "class"))};
        if (!map.contains("tags") && !entries.empty() && shares_tags(entries.back(), entry))
            entry.tags = entries.back().tags;
        entries.push_back(std::move(entry));
    }
    return LabelIndex(std::move(entries));
}

int64_t beatmap_id_of(const std::string& key) {
    int64_t id = 0;
    const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), id);
    if (error != std::errc() || end != key.data() + key.size())
        fail("a label index with the beatmap ID {}", key);
    return id;
}

using Spellings = std::map<std::string, std::string>;  // of names, by their lower case

// A name of several words may have others before it ("Light Ann's Hard") or behind ("Hard de Ann (x)"): of
// those that somebody has the longest, else all.
std::string mapper_of(const LabelEntry& entry, const Spellings& known) {
    const auto [before, behind] = named_mapper(entry.version);
    for (size_t at = 0; at < before.size();) {
        const auto found = known.find(lower(std::string_view(before).substr(at)));
        if (found != known.end()) return found->second;
        at = std::min(before.find(' ', at), before.size() - 1) + 1;
    }
    if (!before.empty()) return before;
    for (size_t end = behind.size(); end > 0 && end != std::string::npos; end = behind.rfind(' ', end - 1)) {
        const auto found = known.find(lower(std::string_view(behind).substr(0, end)));
        if (found != known.end()) return found->second;
    }
    return entry.creator;  // "Joie de Vivre"
}

// {"maps": […]}, ours, or {"ID": class, …}. The pairs of the latter are taken as they come: an object of the
// JSON library takes eight times their letters, and looks through all of its keys at each new one.
class JsonIndexReader {
  public:
    LabelIndex read(std::string_view content) {
        const auto watch = [this](int depth, Json::parse_event_t event, const Json& value) {
            return take(depth, event, value);
        };
        const Json json = Json::parse(content, watch, false);
        if (!json.is_object()) fail("a label index that is not whole JSON");
        const auto maps = json.find("maps");
        if (maps != json.end() && maps->is_array()) return from_maps(*maps);
        if (!problem_.empty()) fail("{}", problem_);
        return from_map(plain_);
    }

  private:
    static constexpr int deepest = 8;  // ours have three levels; megabytes of brackets would take gigabytes

    std::string key_;
    std::array<size_t, deepest + 2> keys_{};  // of the object that is read, by its depth
    std::map<int64_t, int64_t> plain_;
    std::string problem_;  // of the first pair that is none

    // What is kept for the library's object: all of "maps".
    bool take(int depth, Json::parse_event_t event, const Json& value) {
        constexpr size_t most_keys = 100;  // of a map
        if (depth > deepest) fail("a label index that is nested too deeply");
        if (event == Json::parse_event_t::object_start) keys_[static_cast<size_t>(depth) + 1] = 0;
        if (event == Json::parse_event_t::key && depth > 1 && ++keys_[static_cast<size_t>(depth)] > most_keys)
            fail("a label index with other fields than ours");
        if (depth != 1) return true;
        if (event == Json::parse_event_t::key) {
            key_ = value.get<std::string>();
            return key_ == "maps";
        }
        if (key_ == "maps" && event != Json::parse_event_t::value) return true;
        if (!problem_.empty() || event == Json::parse_event_t::array_end ||
            event == Json::parse_event_t::object_end)
            return true;
        try {
            plain_[beatmap_id_of(key_)] = whole_number(value, "class");
        } catch (const Error& error) {
            problem_ = error.what();
        }
        return true;
    }
};

}  // namespace

LabelIndex::LabelIndex(std::vector<LabelEntry> entries) : entries_(std::move(entries)) {
    std::stable_sort(entries_.begin(), entries_.end(),
                     [](const LabelEntry& a, const LabelEntry& b) { return a.label < b.label; });
    for (const LabelEntry& entry : entries_)
        if (entry.beatmap_id > 0) by_id_.emplace(entry.beatmap_id, entry.label);
}

int32_t LabelIndex::class_count() const {
    return entries_.empty() ? 0 : entries_.back().label + 1;
}

int32_t LabelIndex::find(int64_t beatmap_id) const {
    const auto found = by_id_.find(beatmap_id);
    return found == by_id_.end() ? -1 : static_cast<int32_t>(found->second);
}

std::vector<int64_t> LabelIndex::nearest_ids(int64_t beatmap_id, size_t count) const {
    auto above = by_id_.lower_bound(beatmap_id), below = above;
    std::vector<int64_t> ids;
    while (ids.size() < count && (above != by_id_.end() || below != by_id_.begin())) {
        const bool down =
            above == by_id_.end() ||
            (below != by_id_.begin() && beatmap_id - std::prev(below)->first <= above->first - beatmap_id);
        ids.push_back(down ? (--below)->first : (above++)->first);
    }
    return ids;
}

std::vector<int32_t> LabelIndex::by_creator(std::string_view name) const {
    std::vector<int32_t> labels;
    for (const LabelEntry& entry : entries_)
        if (equal_but_for_case(entry.creator, name)) labels.push_back(entry.label);
    return labels;
}

std::vector<std::string> LabelIndex::mappers() const {
    std::vector<const LabelEntry*> entries;
    for (const LabelEntry& entry : entries_) entries.push_back(&entry);
    return mappers_of(entries);
}

std::vector<int32_t> LabelIndex::by_mapper(std::string_view name) const {
    const std::vector<std::string> of = mappers();
    std::vector<int32_t> labels;
    for (size_t i = 0; i < entries_.size(); ++i)
        if (equal_but_for_case(of[i], name)) labels.push_back(entries_[i].label);
    return labels.empty() ? by_creator(name) : labels;
}

std::vector<std::string> LabelIndex::nearest_creators(std::string_view name, size_t count) const {
    constexpr size_t longest = 64, shortest_part = 3;  // bytes; no mapper has a longer name
    const std::string wanted = lower(name);
    if (wanted.size() > longest) return {};
    std::map<std::string, size_t> away;
    for (const LabelEntry& entry : entries_) {
        if (entry.creator.empty() || away.count(entry.creator)) continue;
        const std::string creator = lower(entry.creator);
        const bool part =
            std::min(wanted.size(), creator.size()) >= shortest_part &&
            (creator.find(wanted) != std::string::npos || wanted.find(creator) != std::string::npos);
        away[entry.creator] = part ? 1 : edit_distance(creator, wanted);
    }
    std::vector<std::pair<size_t, std::string>> order;
    for (const auto& [creator, edits] : away)
        if (edits <= 1 + wanted.size() / 3) order.push_back({edits, creator});
    std::sort(order.begin(), order.end());
    std::vector<std::string> nearest;
    for (size_t i = 0; i < std::min(count, order.size()); ++i) nearest.push_back(order[i].second);
    return nearest;
}

std::map<int64_t, int64_t> LabelIndex::by_beatmap_id() const {
    return by_id_;
}

std::string LabelIndex::to_json() const {
    std::string text = "{\"maps\": [";
    const char* separator = "\n";
    const LabelEntry* before = nullptr;
    for (const LabelEntry& entry : entries_) {
        Json json{{"class", entry.label},     {"beatmap_id", entry.beatmap_id}, {"set_id", entry.set_id},
                  {"creator", entry.creator}, {"artist", entry.artist},         {"title", entry.title},
                  {"version", entry.version}};
        const bool repeated = before && shares_tags(*before, entry);
        if (repeated ? before->tags != entry.tags : !entry.tags.empty()) json["tags"] = entry.tags;
        before = &entry;
        text += separator + json.dump(-1, ' ', false, Json::error_handler_t::replace);
        separator = ",\n";
    }
    return text + "\n]}\n";
}

std::vector<std::string> mappers_of(std::span<const LabelEntry* const> entries) {
    Spellings known;
    for (const LabelEntry* entry : entries)
        if (!entry->creator.empty()) known.emplace(lower(entry->creator), entry->creator);
    std::vector<std::string> mappers;
    mappers.reserve(entries.size());
    Spellings guests = known;
    for (const LabelEntry* entry : entries) {
        std::string name = is_of_nobody(entry->version) ? "" : mapper_of(*entry, known);
        if (!name.empty()) name = guests.emplace(lower(name), name).first->second;
        mappers.push_back(std::move(name));
    }
    return mappers;
}

LabelIndex label_index(const PackedDataset& dataset) {
    std::vector<LabelEntry> entries;
    for (size_t i = 0; i < dataset.size(); ++i) {
        const DatasetMap map = dataset.map(i);
        entries.push_back({map, map.label});
    }
    return LabelIndex(std::move(entries));
}

LabelIndex parse_label_index(std::string_view content) {
    constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
    if (content.starts_with(byte_order_mark)) content.remove_prefix(byte_order_mark.size());
    const size_t first = content.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos || content[first] != '{')
        return from_map(parse_pickled_int_map(content));
    try {
        return JsonIndexReader().read(content);
    } catch (const Json::exception& error) {
        fail("a label index with other fields than ours: {}", error.what());
    }
}

LabelIndex read_label_index(const std::filesystem::path& file) {
    const std::string content = read_file(file);
    try {
        return parse_label_index(content);
    } catch (const Error& error) {
        fail(Hint{error.hint()}, "{}: {}", file.string(), error.what());
    }
}

}  // namespace osu
