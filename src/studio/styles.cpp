#include "studio/styles.h"

#include <algorithm>
#include <map>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "beatmap/numbers.h"
#include "model/label_space.h"

namespace osu::studio {

using nlohmann::json;

namespace {

json to_json(const LabelEntry& entry) {
    return {{"id", entry.beatmap_id},
            {"artist", to_utf8(entry.artist)},
            {"title", to_utf8(entry.title)},
            {"version", to_utf8(entry.version)},
            {"creator", to_utf8(entry.creator)}};
}

bool matches(const LabelEntry& entry, const std::string& mapper, const std::string& text) {
    for (const std::string* part :
         {&mapper, &entry.creator, &entry.artist, &entry.title, &entry.version, &entry.tags})
        if (contains_but_for_case(*part, text)) return true;
    return contains_but_for_case(entry.artist + " - " + entry.title + " [" + entry.version + "]", text) ||
           std::to_string(entry.beatmap_id) == text || std::to_string(entry.set_id) == text;
}

}  // namespace

json search_styles(const Styles& styles, const std::string& text, size_t limit) {
    std::map<std::string, int> counts;
    json maps = json::array();
    const std::vector<std::string> mappers = mappers_of(styles);
    for (size_t i = 0; i < styles.size(); ++i) {
        if (!mappers[i].empty() && contains_but_for_case(mappers[i], text)) ++counts[mappers[i]];
        if (maps.size() < limit && styles[i]->beatmap_id > 0 && matches(*styles[i], mappers[i], text))
            maps.push_back(to_json(*styles[i]));
    }
    std::vector<std::pair<std::string, int>> order(counts.begin(), counts.end());
    std::stable_sort(order.begin(), order.end(),
                     [](const auto& a, const auto& b) { return a.second > b.second; });
    json found = json::array();
    for (size_t i = 0; i < std::min(limit, order.size()); ++i)
        found.push_back({{"name", to_utf8(order[i].first)}, {"count", order[i].second}});
    return {{"mappers", std::move(found)}, {"maps", std::move(maps)}};
}

LikeMaps maps_like(const Styles& styles, const MapFacts& map, size_t limit) {
    LikeMaps like;
    const auto take = [&](auto fits) {
        for (const LabelEntry* entry : styles)
            if (like.maps.size() < limit && fits(*entry) &&
                std::find(like.maps.begin(), like.maps.end(), entry) == like.maps.end())
                like.maps.push_back(entry);
    };
    const auto same = [](const std::string& a, const std::string& b) {
        return !a.empty() && equal_but_for_case(a, b);
    };
    take([&](const LabelEntry& e) { return map.beatmap_id > 0 && e.beatmap_id == map.beatmap_id; });
    like.known = !like.maps.empty();
    take([&](const LabelEntry& e) { return same(e.creator, map.creator); });
    if (like.maps.empty())
        take([&](const LabelEntry& e) { return same(e.artist, map.artist) && same(e.title, map.title); });
    if (like.maps.empty()) take([&](const LabelEntry& e) { return same(e.artist, map.artist); });
    return like;
}

json to_json(const LikeMaps& like) {
    json maps = json::array();
    for (const LabelEntry* entry : like.maps) maps.push_back(to_json(*entry));
    return {{"known", like.known}, {"maps", std::move(maps)}};
}

json style_points(const Styles& styles, const TensorMap& weights) {
    std::vector<int32_t> labels;
    for (const LabelEntry* entry : styles) labels.push_back(entry->label);
    json points = json::array();
    if (labels.size() >= 2) {
        const LabelSpace::Plane plane = LabelSpace(weights, labels).principal_plane();
        for (size_t i = 0; i < labels.size(); ++i)
            points.push_back({{"x", plane.points[i].first},
                              {"y", plane.points[i].second},
                              {"id", styles[i]->beatmap_id},
                              {"mapper", to_utf8(styles[i]->creator)}});
    }
    return {{"points", std::move(points)}};
}

}  // namespace osu::studio
