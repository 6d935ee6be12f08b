// Takes: other places for a section, made together, and kept or thrown away one by one.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "beatmap/beatmap.h"
#include "studio/shape.h"

namespace osu::studio {

enum class TakeState : uint8_t { waiting, running, done };

struct Take {
    std::string id;
    uint64_t seed = 0;
    TakeState state = TakeState::waiting;
    std::vector<Vec2> positions;      // of the set's datapoints, as a file has them; empty until done
    std::vector<ObjectShape> shapes;  // of the set's objects; empty until somebody looks
};

struct TakeSet {
    std::string id;
    std::vector<uint32_t> objects;
    double from = 0, to = 0;  // ms
    nlohmann::json request;
    std::vector<Take> takes;
    bool done = true;    // nothing is being made of it
    uint64_t moved = 0;  // of the neighbours of what was moved: the serial of that step
};

nlohmann::json to_json(const Take& take, std::span<const uint32_t> objects, bool with_shapes = true);
nlohmann::json to_json(const TakeSet& set, bool with_shapes = true);
std::string set_of_take(const std::string& take);  // "s2" of "s2.3"

// {"12": Shape, …} of these objects; `shapes`: one for each of them.
nlohmann::json by_object(std::span<const uint32_t> objects, std::span<const ObjectShape> shapes);

}  // namespace osu::studio
