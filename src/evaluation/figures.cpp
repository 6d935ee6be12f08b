#include "evaluation/figures.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include <fmt/core.h>

#include "base/parallel.h"
#include "base/random.h"

namespace osu {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double length_tolerance = 0.1;  // of a slider's path

struct Input {
    const Statistics& placed;
    const Statistics& real;
    const FlowHistogram& flow;
};

double quotient(double above, double below) {
    return below > 0 ? above / below : nan;
}

double mean(const std::vector<float>& values) {
    return quotient(std::accumulate(values.begin(), values.end(), 0.0), static_cast<double>(values.size()));
}

double median(std::vector<float> values) {
    if (values.empty()) return nan;
    const auto middle = values.begin() + static_cast<int64_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

double relative_spacing(const Input& in) {
    double error = 0, asked = 0;
    for (const auto& group : in.placed.spacing) {
        error += group.error;
        asked += group.asked;
    }
    return quotient(error, asked);
}

template <PointGroup group>
double group_spacing(const Input& in) {
    const Statistics::Spacing& spacing = in.placed.spacing[static_cast<size_t>(group)];
    return quotient(spacing.error, spacing.points);
}

// Of circles and slider heads.
double plainly_off_share(const Input& in) {
    double off = 0, heads = 0;
    for (const PointGroup group : {PointGroup::circle, PointGroup::head}) {
        const Statistics::Spacing& spacing = in.placed.spacing[static_cast<size_t>(group)];
        off += spacing.off;
        heads += spacing.points;
    }
    return quotient(off, heads);
}

// The share of sliders whose path is [low, high] times what they need.
double slider_share(const Input& in, double low, double high) {
    const auto& lengths = in.placed.slider_lengths;
    const auto fits = [&](float length) { return length >= low && length <= high; };
    return quotient(static_cast<double>(std::count_if(lengths.begin(), lengths.end(), fits)),
                    static_cast<double>(lengths.size()));
}

template <FlowKind kind>
double flow_of_kind(const Input& in) {
    return jensen_shannon_distance(in.placed.flow[static_cast<size_t>(kind)],
                                   in.flow[static_cast<size_t>(kind)]);
}

double overlap(const Statistics& statistics) {
    return quotient(statistics.overlapping, statistics.objects);
}

struct Formula {
    FigureKind kind;
    double (*value)(const Input&);
};

using enum FigureUnit;
const Formula formulas[] = {
    {{"spacing_mean_px", "spacing, mean error", pixels},
     [](const Input& in) { return mean(in.placed.spacing_errors); }},
    {{"spacing_median_px", "spacing, median error", pixels},
     [](const Input& in) { return median(in.placed.spacing_errors); }},
    {{"spacing_off_share", "  objects more than 15 px off", share}, plainly_off_share},
    {{"spacing_relative", "  of the asked spacing", share}, relative_spacing},
    {{"spacing_circle_px", "  circles", pixels}, group_spacing<PointGroup::circle>},
    {{"spacing_head_px", "  slider heads", pixels}, group_spacing<PointGroup::head>},
    {{"spacing_anchor_px", "  slider anchors", pixels}, group_spacing<PointGroup::anchor>},
    {{"spacing_last_anchor_px", "  last anchors", pixels}, group_spacing<PointGroup::last_anchor>},
    {{"spacing_slider_end_px", "  slider ends", pixels}, group_spacing<PointGroup::slider_end>},
    {{"spacing_spinner_px", "  spinners", pixels}, group_spacing<PointGroup::spinner>},
    {{"off_field_share", "objects off the field", share},
     [](const Input& in) { return quotient(in.placed.outside, in.placed.objects); }},
    {{"slider_off_field_share", "slider bodies off the field", share},
     [](const Input& in) { return quotient(in.placed.bodies_outside, in.placed.sliders); }},
    {{"slider_length_ratio", "slider path / needed length", ratio},
     [](const Input& in) { return mean(in.placed.slider_lengths); }},
    {{"slider_length_share", "  within 10 %", share},
     [](const Input& in) { return slider_share(in, 1 - length_tolerance, 1 + length_tolerance); }},
    {{"slider_short_share", "  shorter", share},
     [](const Input& in) { return slider_share(in, 0, 1 - length_tolerance); }},
    {{"slider_end_px", "  end off its path's end", pixels},
     [](const Input& in) { return quotient(in.placed.end_miss, in.placed.sliders); }},
    {{"flow_distance", "flow, distance to real maps", distance},
     [](const Input& in) { return flow_distance(in.placed.flow, in.flow); }},
    {{"flow_stream", "  streams", distance}, flow_of_kind<FlowKind::stream>},
    {{"flow_jump", "  jumps", distance}, flow_of_kind<FlowKind::jump>},
    {{"flow_stack", "  stacks", distance}, flow_of_kind<FlowKind::stack>},
    {{"flow_step", "  all others", distance}, flow_of_kind<FlowKind::step>},
    {{"overlap_share", "objects partly covering another", share},
     [](const Input& in) { return overlap(in.placed); }},
    {{"overlap_excess", "  more than in the real maps", share},
     [](const Input& in) { return overlap(in.placed) - overlap(in.real); }},
    {{"stacked_share", "objects exactly on another", share},
     [](const Input& in) { return quotient(in.placed.stacked, in.placed.objects); }},
};

Statistics sum(std::span<const Statistics> all, std::span<const uint32_t> times) {
    Statistics out;
    for (size_t i = 0; i < all.size(); ++i)
        for (uint32_t n = 0; n < times[i]; ++n) out += all[i];
    return out;
}

std::vector<double> values(const Input& in) {
    std::vector<double> out;
    for (const Formula& formula : formulas) out.push_back(formula.value(in));
    return out;
}

}  // namespace

std::span<const FigureKind> figure_kinds() {
    static const std::vector<FigureKind> kinds = [] {
        std::vector<FigureKind> all;
        for (const Formula& formula : formulas) all.push_back(formula.kind);
        return all;
    }();
    return kinds;
}

std::string figure_text(double value, FigureUnit unit) {
    if (std::isnan(value)) return "–";
    switch (unit) {
        case FigureUnit::pixels: return fmt::format("{:.1f} px", value);
        case FigureUnit::degrees: return fmt::format("{:.1f}°", value);
        case FigureUnit::share: return fmt::format("{:.2f} %", 100 * value);
        case FigureUnit::ratio:
        case FigureUnit::distance: return fmt::format("{:.3f}", value);
    }
    return {};
}

std::vector<uint32_t> resample(size_t count, uint64_t number) {
    Philox random(0, number);
    std::vector<uint32_t> times(count);
    for (size_t i = 0; i < count; ++i) ++times[random.below(count)];
    return times;
}

Figure with_interval(double value, std::vector<double> resampled) {
    std::erase_if(resampled, [](double v) { return std::isnan(v); });
    if (resampled.empty()) return {value, nan, nan};
    std::sort(resampled.begin(), resampled.end());
    // Maps drawn twice make a sample rougher, and distances between distributions larger by that.
    const double sum = std::accumulate(resampled.begin(), resampled.end(), 0.0);
    const double shift = value - sum / static_cast<double>(resampled.size());
    const auto quantile = [&](double share) {
        const double place = share * static_cast<double>(resampled.size() - 1);
        return resampled[static_cast<size_t>(std::lround(place))] + shift;
    };
    // The shift must not carry a share or a distance below nothing.
    const double least = resampled.front() >= 0 ? 0 : -std::numeric_limits<double>::infinity();
    return {value, std::max(quantile(0.025), least), quantile(0.975)};
}

std::vector<Figure> figures(std::span<const Statistics> placed, std::span<const Statistics> real,
                            const FlowHistogram& flow, int resamples) {
    std::vector<std::vector<double>> resampled(static_cast<size_t>(resamples));
    parallel_for(resamples, [&](int64_t i) {
        const auto times = resample(placed.size(), static_cast<uint64_t>(i));
        const Statistics own = sum(placed, times), truth = sum(real, times);
        resampled[static_cast<size_t>(i)] = values({own, truth, flow});
    });
    const std::vector<uint32_t> once(placed.size(), 1);
    const Statistics own = sum(placed, once), truth = sum(real, once);
    const std::vector<double> whole = values({own, truth, flow});
    std::vector<Figure> out;
    for (size_t k = 0; k < whole.size(); ++k) {
        std::vector<double> column;
        for (const auto& row : resampled) column.push_back(row[k]);
        out.push_back(with_interval(whole[k], std::move(column)));
    }
    return out;
}

}  // namespace osu
