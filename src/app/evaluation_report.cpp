// The table and the JSON of an evaluation.
#include "app/evaluation_report.h"

#include <cmath>

#include <fmt/core.h>

namespace osu {

namespace {

using nlohmann::json;

std::string interval(const Figure& figure, FigureUnit unit) {
    if (std::isnan(figure.low)) return "";
    const double scale = unit == FigureUnit::share ? 100 : 1;
    const int digits = unit == FigureUnit::pixels || unit == FigureUnit::degrees ? 1
                       : unit == FigureUnit::share                               ? 2
                                                                                 : 3;
    return fmt::format("{:.{}f} … {:.{}f}", scale * figure.low, digits, scale * figure.high, digits);
}

json number(double value) {
    return std::isnan(value) ? json(nullptr) : json(value);
}

json figures_json(std::span<const FigureKind> kinds, std::span<const Figure> figures, size_t maps) {
    json object, intervals;
    for (size_t k = 0; k < figures.size(); ++k) {
        const Figure& figure = figures[k];
        object[kinds[k].key] = number(figure.value);
        intervals[kinds[k].key] = {number(figure.low), number(figure.high)};
    }
    object["intervals"] = intervals;
    object["maps"] = maps;
    return object;
}

// What a mapper sees, by difficulty: the first contestant beside the real maps.
void print_tiers(const Contestant& placed, const Contestant& real) {
    fmt::print("\n{:<31}", placed.title + " / real maps");
    for (size_t tier = 0; tier < tier_count; ++tier)
        fmt::print(" {:>20}", fmt::format("{} ({})", tier_titles[tier], placed.tier_maps[tier]));
    fmt::print("\n");
    for (size_t k = 0; k < mapper_figure_kinds().size(); ++k) {
        const FigureKind& kind = mapper_figure_kinds()[k];
        fmt::print("{:<31}", kind.label);
        for (size_t tier = 0; tier < tier_count; ++tier)
            fmt::print(" {:>20}", figure_text(placed.tiers[tier][k].value, kind.unit) + " / " +
                                      figure_text(real.tiers[tier][k].value, kind.unit));
        fmt::print("\n");
    }
}

}  // namespace

void print_evaluation(const Evaluation& evaluation) {
    const auto& all = evaluation.contestants;
    fmt::print("\n{:<31}", "");
    for (size_t i = 0; i < all.size(); ++i)
        fmt::print(" {:>12}{}", all[i].title, i ? "" : "  95 % of maps   ");
    fmt::print("\n");
    for (size_t k = 0; k < evaluation.kinds.size(); ++k) {
        const FigureKind& kind = evaluation.kinds[k];
        fmt::print("{:<31}", kind.label);
        for (size_t i = 0; i < all.size(); ++i) {
            fmt::print(" {:>12}", figure_text(all[i].figures[k].value, kind.unit));
            if (i == 0) fmt::print("  {:<15}", interval(all[i].figures[k], kind.unit));
        }
        fmt::print("\n");
    }
    for (const Contestant& contestant : all)
        for (size_t i = 0; i < contestant.told_by.size(); ++i)
            fmt::print("{}{}{}", i ? ", " : "\n" + contestant.title + " told from real maps by: ",
                       contestant.told_by[i], i + 1 == contestant.told_by.size() ? "\n" : "");
    print_tiers(all[0], all[1]);
}

json evaluation_json(const Evaluation& evaluation) {
    json object;
    for (const Contestant& contestant : evaluation.contestants) {
        json& one = object[contestant.key];
        one = figures_json(evaluation.kinds, contestant.figures, contestant.statistics.size());
        one["told_by"] = contestant.told_by;
        for (size_t tier = 0; tier < tier_count; ++tier)
            one["by_difficulty"][tier_keys[tier]] =
                figures_json(mapper_figure_kinds(), contestant.tiers[tier], contestant.tier_maps[tier]);
    }
    return object;
}

}  // namespace osu
