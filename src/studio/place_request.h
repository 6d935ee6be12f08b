// What a place is asked for: which objects, how many takes, in what style.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "beatmap/beatmap.h"

namespace osu::studio {

struct StyleChoice {
    std::string mapper;
    std::optional<int64_t> id;  // a beatmap's
    bool like_this_map = false;
    bool none() const { return mapper.empty() && !id && !like_this_map; }
};

constexpr int default_count = 8;

struct PlaceRequest {
    std::vector<uint32_t> objects;  // in order, each once
    int count = default_count;
    std::optional<uint64_t> seed;
    StyleChoice style;
    std::optional<double> cfg_scale;
    double strength = 1;
    std::string base;  // the take that the strength starts from; empty: from what the map is now
    bool keep_spacing = true, keep_structure = true;
    std::optional<int> steps;
    bool fast = false;
    nlohmann::json as_given;  // for the takes' list, and for another round
};

// Refusal where it makes no sense for this map.
PlaceRequest read_place_request(const nlohmann::json& json, const Beatmap& map);

// Object indices of a request's array: sorted, each once. Refusal for one that the map does not have.
std::vector<uint32_t> read_objects(const nlohmann::json& json, size_t object_count);

// A member of a JSON object, or `otherwise` where it is missing or null; Refusal where it is of another type.
template <class Value>
Value member(const nlohmann::json& json, const char* name, Value otherwise) {
    const auto found = json.find(name);
    if (found == json.end() || found->is_null()) return otherwise;
    try {
        if constexpr (std::is_same_v<Value, bool>)
            if (!found->is_boolean()) fail("\"{}\" is neither true nor false", name);
        if constexpr (std::is_integral_v<Value> && !std::is_same_v<Value, bool>)
            if (!found->is_number_integer()) fail("\"{}\" is no whole number", name);
        return found->get<Value>();
    } catch (const nlohmann::json::exception&) {
        fail("\"{}\" has the wrong type", name);
    }
}

}  // namespace osu::studio
