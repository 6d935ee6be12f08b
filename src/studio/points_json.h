// Points in JSON, as the journal has them: [x0, y0, x1, y1, …], exact.
#pragma once

#include <span>
#include <vector>

#include <nlohmann/json.hpp>

#include "beatmap/beatmap.h"

namespace osu::studio {

inline nlohmann::json flat(std::span<const Vec2> points) {
    nlohmann::json list = nlohmann::json::array();
    for (const Vec2 p : points) {
        list.push_back(p.x);
        list.push_back(p.y);
    }
    return list;
}

inline std::vector<Vec2> points(const nlohmann::json& list) {
    std::vector<Vec2> points(list.size() / 2);
    for (size_t i = 0; i < points.size(); ++i)
        points[i] = {list.at(2 * i).get<float>(), list.at(2 * i + 1).get<float>()};
    return points;
}

}  // namespace osu::studio
