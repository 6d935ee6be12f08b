#include "app/styles_list.h"

#include <algorithm>
#include <map>

#include <nlohmann/json.hpp>

#include "app/json_output.h"
#include "base/text.h"
#include "sampling/network.h"

namespace osu {

namespace {

std::string described(const LabelEntry& e) {
    return printable(fmt::format("{:>6} {:>8}  {:<16} {} - {} [{}]", e.label, e.beatmap_id, e.creator,
                                 e.artist, e.title, e.version));
}

size_t shown(const StylesFlags& flags, size_t count) {
    return flags.limit ? std::min(flags.limit, count) : count;
}

void print_rest(const StylesFlags& flags, size_t count) {
    if (shown(flags, count) < count)
        fmt::print("and {} more (--limit 0 shows all)\n", count - shown(flags, count));
}

// `held_out`: of those the network has learnt nothing.
void print_list(const LabelIndex& index, const std::vector<size_t>& chosen, const HeldOut& held_out,
                const StylesFlags& flags) {
    fmt::print("{} of {} styles\n", chosen.size(), index.entries().size());
    fmt::print(" class  beatmap  mapper           map\n");
    for (size_t i = 0; i < shown(flags, chosen.size()); ++i) {
        const LabelEntry& entry = index.entries()[chosen[i]];
        fmt::print("{}{}\n", described(entry), is_held_out(held_out, entry) ? "  (held out)" : "");
    }
    print_rest(flags, chosen.size());
}

struct MapperStyles {
    std::string name;
    size_t maps = 0;
    bool held_out = true;  // all of them
};

// Those with most maps first.
std::vector<MapperStyles> mappers_of(const LabelIndex& index, const std::vector<size_t>& chosen,
                                     const HeldOut& held_out) {
    const std::vector<std::string> names = index.mappers();
    std::map<std::string, MapperStyles> by_name;
    for (const size_t i : chosen) {
        if (names[i].empty()) continue;
        MapperStyles& mapper = by_name[names[i]];
        mapper.name = names[i];
        ++mapper.maps;
        mapper.held_out = mapper.held_out && is_held_out(held_out, index.entries()[i]);
    }
    std::vector<MapperStyles> mappers;
    for (const auto& [name, mapper] : by_name) mappers.push_back(mapper);
    std::stable_sort(mappers.begin(), mappers.end(),
                     [](const MapperStyles& a, const MapperStyles& b) { return a.maps > b.maps; });
    return mappers;
}

void print_mappers(const std::vector<MapperStyles>& mappers, const StylesFlags& flags) {
    fmt::print("{} mappers\n  maps  mapper\n", mappers.size());
    for (size_t i = 0; i < shown(flags, mappers.size()); ++i)
        fmt::print("{:>6}  {}{}\n", mappers[i].maps, printable(mappers[i].name),
                   mappers[i].held_out ? "  (held out)" : "");
    print_rest(flags, mappers.size());
}

nlohmann::json style_json(const LabelEntry& entry, const std::string& mapper) {
    return {{"class", entry.label},   {"beatmap_id", entry.beatmap_id},
            {"set_id", entry.set_id}, {"creator", entry.creator},
            {"mapper", mapper},       {"artist", entry.artist},
            {"title", entry.title},   {"version", entry.version}};
}

nlohmann::json styles_json(const LabelIndex& index, const std::vector<size_t>& chosen,
                           const HeldOut& held_out) {
    const std::vector<std::string> mappers = index.mappers();
    nlohmann::json styles = nlohmann::json::array();
    for (const size_t i : chosen) {
        styles.push_back(style_json(index.entries()[i], mappers[i]));
        styles.back()["held_out"] = is_held_out(held_out, index.entries()[i]);
    }
    return styles;
}

}  // namespace

void print_styles(const LabelIndex& index, const std::vector<size_t>& chosen, const HeldOut& held_out,
                  const StylesFlags& flags) {
    if (!flags.mappers) {
        if (flags.json) return print_json({{"styles", styles_json(index, chosen, held_out)}});
        return print_list(index, chosen, held_out, flags);
    }
    const std::vector<MapperStyles> mappers = mappers_of(index, chosen, held_out);
    if (!flags.json) return print_mappers(mappers, flags);
    nlohmann::json all = nlohmann::json::array();
    for (const MapperStyles& mapper : mappers)
        all.push_back({{"mapper", mapper.name}, {"maps", mapper.maps}, {"held_out", mapper.held_out}});
    print_json({{"mappers", all}});
}

namespace {

// The map that others are compared with, as an index into the entries.
size_t map_of(const LabelIndex& index, int64_t beatmap_id) {
    const int32_t label = class_of(index, beatmap_id);
    const auto is_it = [&](const LabelEntry& entry) { return entry.label == label; };
    const auto& entries = index.entries();
    return static_cast<size_t>(std::find_if(entries.begin(), entries.end(), is_it) - entries.begin());
}

std::vector<size_t> nearest(const LabelSpace& space, size_t self, std::vector<size_t> chosen) {
    std::erase(chosen, self);
    std::vector<std::pair<double, size_t>> order;
    for (const size_t i : chosen) order.emplace_back(space.distance(self, i), i);
    std::stable_sort(order.begin(), order.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    std::transform(order.begin(), order.end(), chosen.begin(), [](const auto& each) { return each.second; });
    return chosen;
}

std::vector<size_t> farthest(const std::vector<double>& spread, std::vector<size_t> chosen) {
    std::stable_sort(chosen.begin(), chosen.end(), [&](size_t a, size_t b) { return spread[a] > spread[b]; });
    return chosen;
}

void print_similar(const LabelIndex& index, const LabelSpace& space, const std::vector<size_t>& chosen,
                   const StylesFlags& flags) {
    const auto& entries = index.entries();
    const size_t self = map_of(index, *flags.similar_to);
    const std::vector<size_t> order = nearest(space, self, chosen);
    fmt::print("nearest to{}\nby the Euclidean distance of label vectors (and the cosine of their angle)\n",
               described(entries[self]));
    fmt::print("distance  cosine   class  beatmap  mapper           map\n");
    for (size_t i = 0; i < shown(flags, order.size()); ++i)
        fmt::print("{:8.4f} {:7.4f}  {}\n", space.distance(self, order[i]), space.cosine(self, order[i]),
                   described(entries[order[i]]));
}

void print_outliers(const LabelIndex& index, const LabelSpace& space, const std::vector<size_t>& chosen,
                    const StylesFlags& flags) {
    const std::vector<double> spread = space.spread();
    const std::vector<size_t> order = farthest(spread, chosen);
    fmt::print(
        "farthest from the others, by the root mean square of Euclidean distances to all label vectors\n");
    fmt::print("distance   class  beatmap  mapper           map\n");
    for (size_t i = 0; i < shown(flags, order.size()); ++i)
        fmt::print("{:8.4f}  {}\n", spread[order[i]], described(index.entries()[order[i]]));
}

nlohmann::json similar_json(const LabelIndex& index, const LabelSpace& space,
                            const std::vector<size_t>& chosen, int64_t beatmap_id) {
    const std::vector<std::string> mappers = index.mappers();
    const size_t self = map_of(index, beatmap_id);
    nlohmann::json styles = nlohmann::json::array();
    for (const size_t i : nearest(space, self, chosen)) {
        styles.push_back(style_json(index.entries()[i], mappers[i]));
        styles.back()["distance"] = space.distance(self, i);
        styles.back()["cosine"] = space.cosine(self, i);
    }
    return {{"to", style_json(index.entries()[self], mappers[self])}, {"styles", styles}};
}

nlohmann::json outliers_json(const LabelIndex& index, const LabelSpace& space,
                             const std::vector<size_t>& chosen) {
    const std::vector<std::string> mappers = index.mappers();
    const std::vector<double> spread = space.spread();
    nlohmann::json styles = nlohmann::json::array();
    for (const size_t i : farthest(spread, chosen)) {
        styles.push_back(style_json(index.entries()[i], mappers[i]));
        styles.back()["distance"] = spread[i];
    }
    return styles;
}

}  // namespace

void print_by_vectors(const LabelIndex& index, const LabelSpace& space, const std::vector<size_t>& chosen,
                      const StylesFlags& flags) {
    if (flags.json) {
        nlohmann::json object;
        if (flags.similar_to) object["similar"] = similar_json(index, space, chosen, *flags.similar_to);
        if (flags.outliers) object["outliers"] = outliers_json(index, space, chosen);
        return print_json(object);
    }
    if (flags.similar_to) print_similar(index, space, chosen, flags);
    if (flags.outliers) print_outliers(index, space, chosen, flags);
}

}  // namespace osu
