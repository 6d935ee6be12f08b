#include "studio/place_request.h"

#include <algorithm>
#include <cmath>

#include "studio/refusal.h"

namespace osu::studio {

using nlohmann::json;

namespace {

// Ten times what long maps have: more would hold all other pages up for minutes, in gigabytes.
constexpr size_t most_objects = 20'000;
constexpr int most_takes = 32, most_steps = 1000;
constexpr double most_guidance = 30;

StyleChoice read_style(const json& style) {
    StyleChoice choice;
    if (style.is_null()) return choice;
    if (!style.is_object()) fail("\"style\" is null, or has a mapper, an id or session:true");
    choice.mapper = member(style, "mapper", std::string());
    if (style.contains("id")) choice.id = member(style, "id", int64_t{0});
    choice.like_this_map = member(style, "session", false);
    if (!choice.mapper.empty() + choice.id.has_value() + choice.like_this_map > 1)
        fail("a style is that of a mapper, of a map, or of this map: not of several");
    return choice;
}

std::vector<uint32_t> objects_between(const json& request, const Beatmap& map) {
    if (!request.contains("from") || !request.contains("to"))
        fail(Hint{"give objects, from and to, or all"}, "what shall be placed?");
    const double from = member(request, "from", 0.0), to = member(request, "to", 0.0);
    std::vector<uint32_t> objects;
    for (uint32_t i = 0; i < map.objects.size(); ++i)
        if (map.objects[i].start_time >= from && map.objects[i].start_time <= to) objects.push_back(i);
    return objects;
}

std::vector<uint32_t> chosen_objects(const json& request, const Beatmap& map) {
    if (request.contains("objects")) return read_objects(request["objects"], map.objects.size());
    if (!member(request, "all", false)) return objects_between(request, map);
    std::vector<uint32_t> all(map.objects.size());
    for (uint32_t i = 0; i < all.size(); ++i) all[i] = i;
    return all;
}

void require(bool holds, const char* what) {
    if (!holds) fail("{}", what);
}

}  // namespace

std::vector<uint32_t> read_objects(const json& list, size_t object_count) {
    if (!list.is_array()) fail("\"objects\" is a list of object indices");
    std::vector<uint32_t> objects;
    for (const json& item : list) {
        if (!item.is_number_unsigned() || item.get<uint64_t>() >= object_count)
            fail(Hint{fmt::format("the map has {} objects, counted from 0", object_count)},
                 "{} is no object of this map", item.dump(-1, ' ', false, json::error_handler_t::replace));
        objects.push_back(item.get<uint32_t>());
    }
    std::sort(objects.begin(), objects.end());
    objects.erase(std::unique(objects.begin(), objects.end()), objects.end());
    return objects;
}

PlaceRequest read_place_request(const json& given, const Beatmap& map) {
    if (!given.is_object()) fail("a place is asked for with a JSON object");
    PlaceRequest request;
    request.objects = chosen_objects(given, map);
    if (request.objects.empty()) fail("no object lies there: nothing would be placed");
    if (request.objects.size() > most_objects)
        refuse(too_large, {"place a section at a time"},
               "{} objects are too many to be placed at once: at most {}", request.objects.size(),
               most_objects);
    request.count = member(given, "count", default_count);
    require(request.count >= 1 && request.count <= most_takes, "\"count\" is from 1 to 32 takes");
    if (given.contains("seed") && !given["seed"].is_null()) {
        const int64_t seed = member(given, "seed", int64_t{0});
        require(seed >= 0, "\"seed\" is a whole number from 0 on");
        request.seed = static_cast<uint64_t>(seed);
    }
    if (given.contains("style")) request.style = read_style(given["style"]);
    if (given.contains("cfgScale") && !given["cfgScale"].is_null()) {
        request.cfg_scale = member(given, "cfgScale", 1.0);
        require(std::abs(*request.cfg_scale) <= most_guidance, "\"cfgScale\" is at most 30");
    }
    request.strength = member(given, "strength", 1.0);
    require(request.strength > 0 && request.strength <= 1, "\"strength\" is above 0, and at most 1");
    request.base = member(given, "base", std::string());
    request.keep_spacing = member(given, "keepSpacing", true);
    request.keep_structure = member(given, "keepStructure", true);
    if (given.contains("steps") && !given["steps"].is_null()) {
        request.steps = member(given, "steps", 0);
        require(*request.steps >= 1 && *request.steps <= most_steps, "\"steps\" is from 1 to 1000");
    }
    request.fast = member(given, "fast", false);
    request.as_given = given;
    request.as_given.erase("objects");
    return request;
}

}  // namespace osu::studio
