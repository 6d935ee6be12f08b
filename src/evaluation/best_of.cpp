#include "evaluation/best_of.h"

#include <cmath>
#include <limits>

namespace osu {

namespace {

struct Objection {
    Mark mark;
    double weight;  // 1: it cannot stay; a half: it may
};
constexpr Objection all_objections[] = {
    {Mark::covered, 1},     {Mark::head_over_body, 1},      {Mark::body_over, 1},
    {Mark::on_edge, 0.5},   {Mark::spot_missed, 0.5},       {Mark::stream_bend_flip, 0.5},
    {Mark::near_edge, 0.5}, {Mark::reverse_spacing_off, 1},
};

}  // namespace

double objections(const Marks& marks) {
    double sum = 0;
    for (const MarksOfObject& object : marks)
        for (const Objection& objection : all_objections)
            if (const float mark = object[static_cast<size_t>(objection.mark)]; !std::isnan(mark))
                sum += objection.weight * mark;
    return marks.empty() ? 0 : 100 * sum / static_cast<double>(marks.size());
}

size_t fewest_objections(const Datapoints& map, double preempt,
                         std::span<const std::vector<Vec2>> placements) {
    const Plan plan = make_plan(map);
    if (preempt <= 0) preempt = usual_preempt(map);
    size_t best = 0;
    double fewest = std::numeric_limits<double>::infinity();
    for (size_t i = 0; i < placements.size(); ++i) {
        const double here = objections(note_marks(map, plan, placements[i], preempt));
        if (here >= fewest) continue;
        fewest = here;
        best = i;
    }
    return best;
}

}  // namespace osu
