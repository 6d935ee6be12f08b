#include "studio/advice.h"

#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "evaluation/marks.h"

namespace osu::studio {

using nlohmann::json;

namespace {

constexpr float kink = 60;  // degrees: of people's streams one change of turn in fifty is larger

struct Noticed {
    const char* kind;
    std::string text;
};

std::vector<Noticed> notice(const MarksOfObject& marks) {
    const auto of = [&](Mark mark) { return marks[static_cast<size_t>(mark)]; };
    std::vector<Noticed> all;
    if (of(Mark::covered) > 0) all.push_back({"overlap", "lies partly over an object that is still there"});
    if (of(Mark::head_over_body) > 0)
        all.push_back({"body", "lies over the body of a slider that is still there"});
    else if (of(Mark::body_over) > 0)
        all.push_back({"body", "its body lies over an object that is still there"});
    if (of(Mark::on_edge) > 0) all.push_back({"edge", "lies on the edge of the field"});
    if (of(Mark::reverse_spacing_off) > 0)
        all.push_back(
            {"reverseGap", "is not as far from the slider before, which ends at its head, as in the source"});
    if (const float change = of(Mark::stream_turn_change); change > kink)
        all.push_back({"streamKink", fmt::format("a kink in a stream: the turn changes by {:.0f}°", change)});
    return all;
}

}  // namespace

json advice_on(const SourceMap& source, std::span<const Vec2> positions) {
    const Datapoints map = source.datapoints.view();
    const Plan plan = make_plan(map);
    const Marks marks = note_marks(map, plan, positions, map.preempt);
    json items = json::array();
    for (size_t i = 0; i < marks.size(); ++i) {
        const uint32_t object = source.datapoints.sequence().object[plan.objects[i].first];
        for (const Noticed& noticed : notice(marks[i]))
            items.push_back({{"time", plan.objects[i].start},
                             {"objects", {object}},
                             {"kind", noticed.kind},
                             {"text", noticed.text}});
    }
    return {{"items", std::move(items)}};
}

}  // namespace osu::studio
