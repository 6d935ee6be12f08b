#include "studio/takes.h"

namespace osu::studio {

using nlohmann::json;

namespace {

const char* name(TakeState state) {
    switch (state) {
        case TakeState::waiting: return "waiting";
        case TakeState::running: return "running";
        default: return "done";
    }
}

}  // namespace

json by_object(std::span<const uint32_t> objects, std::span<const ObjectShape> shapes) {
    json by = json::object();
    for (size_t i = 0; i < shapes.size() && i < objects.size(); ++i)
        by[std::to_string(objects[i])] = to_json(shapes[i]);
    return by;
}

json to_json(const Take& take, std::span<const uint32_t> objects, bool with_shapes) {
    json one{{"id", take.id}, {"seed", take.seed}, {"state", name(take.state)}};
    if (with_shapes) one["shapes"] = by_object(objects, take.shapes);
    return one;
}

json to_json(const TakeSet& set, bool with_shapes) {
    json takes = json::array();
    for (const Take& take : set.takes) takes.push_back(to_json(take, set.objects, with_shapes));
    return {{"id", set.id},           {"objects", set.objects},    {"from", set.from}, {"to", set.to},
            {"request", set.request}, {"takes", std::move(takes)}, {"done", set.done}};
}

std::string set_of_take(const std::string& take) {
    return take.substr(0, take.find('.'));
}

}  // namespace osu::studio
