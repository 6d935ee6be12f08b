// The table and the JSON of an evaluation.
#include "app/evaluation_report.h"

#include <cmath>

#include <fmt/core.h>

namespace osu {

namespace {

using nlohmann::json;

std::string text(double value, FigureUnit unit) {
    if (std::isnan(value)) return "–";
    switch (unit) {
        case FigureUnit::pixels: return fmt::format("{:.1f} px", value);
        case FigureUnit::share: return fmt::format("{:.2f} %", 100 * value);
        case FigureUnit::ratio:
        case FigureUnit::distance: return fmt::format("{:.3f}", value);
    }
    return {};
}

std::string interval(const Figure& figure, FigureUnit unit) {
    if (std::isnan(figure.low)) return "";
    const double scale = unit == FigureUnit::share ? 100 : 1;
    const int digits = unit == FigureUnit::pixels ? 1 : unit == FigureUnit::share ? 2 : 3;
    return fmt::format("{:.{}f} … {:.{}f}", scale * figure.low, digits, scale * figure.high, digits);
}

json number(double value) {
    return std::isnan(value) ? json(nullptr) : json(value);
}

json figures_json(const Evaluation& evaluation, const Contestant& contestant) {
    json object, intervals;
    for (size_t k = 0; k < contestant.figures.size(); ++k) {
        const Figure& figure = contestant.figures[k];
        object[evaluation.kinds[k].key] = number(figure.value);
        intervals[evaluation.kinds[k].key] = {number(figure.low), number(figure.high)};
    }
    object["intervals"] = intervals;
    object["maps"] = contestant.statistics.size();
    return object;
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
            fmt::print(" {:>12}", text(all[i].figures[k].value, kind.unit));
            if (i == 0) fmt::print("  {:<15}", interval(all[i].figures[k], kind.unit));
        }
        fmt::print("\n");
    }
}

json evaluation_json(const Evaluation& evaluation) {
    json object;
    for (const Contestant& contestant : evaluation.contestants)
        object[contestant.key] = figures_json(evaluation, contestant);
    return object;
}

}  // namespace osu
