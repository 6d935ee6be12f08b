#include "studio/shape.h"

#include <cmath>
#include <numeric>
#include <utility>

#include <nlohmann/json.hpp>

#include "beatmap/game_positions.h"
#include "beatmap/slider_path.h"

namespace osu::studio {

namespace {

constexpr size_t most_points = 4000;  // of a path that anybody could play; only broken maps have more

// px from a point to a piece of a line.
float distance(Vec2 point, Vec2 from, Vec2 to) {
    const Vec2 along = to - from, off = point - from;
    const float square = along.x * along.x + along.y * along.y;
    const float share = square > 0 ? (off.x * along.x + off.y * along.y) / square : 0;
    return length(off - along * std::fmin(1, std::fmax(0, share)));
}

ObjectShape shape_of(const Beatmap& map, const HitObject& object, SliderPath& path) {
    ObjectShape shape{object.position, {}, {}};
    if (object.kind != ObjectKind::slider) return shape;
    path.assign(map, object);
    shape.path = simplified(path.points(), exact_path);
    if (shape.path.empty()) shape.path.push_back(object.position);
    return shape;
}

double hundredths(float value) {
    return std::round(double{value} * 100) / 100 + 0.0;  // no −0
}

nlohmann::json pair(Vec2 point) {
    return {hundredths(point.x), hundredths(point.y)};
}

}  // namespace

// Douglas and Peucker's: of each piece the farthest point is kept, until none is far.
std::vector<Vec2> simplified(std::span<const Vec2> path, float tolerance) {
    std::vector<Vec2> points(path.begin(), path.end());
    if (const size_t stride = points.size() / most_points; stride > 1) {
        for (size_t i = 0; i * stride < points.size(); ++i) points[i] = path[i * stride];
        points.resize((points.size() + stride - 1) / stride);
        points.back() = path.back();
    }
    if (points.size() < 3) return points;
    std::vector<uint8_t> kept(points.size());
    kept.front() = kept.back() = 1;
    std::vector<std::pair<size_t, size_t>> pieces{{0, points.size() - 1}};
    while (!pieces.empty()) {
        const auto [from, to] = pieces.back();
        pieces.pop_back();
        size_t farthest = from;
        float most = tolerance;
        for (size_t i = from + 1; i < to; ++i)
            if (const float off = distance(points[i], points[from], points[to]); off > most)
                most = off, farthest = i;
        if (farthest == from) continue;
        kept[farthest] = 1;
        pieces.push_back({from, farthest});
        pieces.push_back({farthest, to});
    }
    size_t count = 0;
    for (size_t i = 0; i < points.size(); ++i)
        if (kept[i]) points[count++] = points[i];
    points.resize(count);
    return points;
}

std::vector<ObjectShape> shapes_of(const Beatmap& map) {
    std::vector<ObjectShape> shapes(map.objects.size());
    std::vector<uint32_t> all(map.objects.size());
    std::iota(all.begin(), all.end(), 0u);
    update_shapes(map, all, shapes);
    return shapes;
}

void update_shapes(const Beatmap& map, std::span<const uint32_t> objects, std::vector<ObjectShape>& shapes) {
    SliderPath path;
    for (const uint32_t i : objects) shapes[i] = shape_of(map, map.objects[i], path);
    const std::vector<Vec2> stacks = stack_offsets(map);
    for (size_t i = 0; i < shapes.size(); ++i) shapes[i].stack = stacks[i];
}

nlohmann::json to_json(const ObjectShape& shape) {
    nlohmann::json json{{"x", hundredths(shape.position.x)},
                        {"y", hundredths(shape.position.y)},
                        {"stack", pair(shape.stack)}};
    if (shape.path.empty()) return json;
    nlohmann::json path = nlohmann::json::array();
    for (const Vec2 point : shape.path) {
        path.push_back(hundredths(point.x));
        path.push_back(hundredths(point.y));
    }
    json["path"] = std::move(path);
    json["end"] = pair(shape.path.back());
    return json;
}

}  // namespace osu::studio
