#include "evaluation/mapper_figures.h"

#include <cmath>
#include <limits>
#include <numeric>

namespace osu {

namespace {

struct MarkFigure {
    FigureKind kind;
    Mark mark;
};

using enum FigureUnit;
const MarkFigure mark_figures[] = {
    {{"reverse_spacing_off_share", "off after reverse sliders", share}, Mark::reverse_spacing_off},
    {{"covered_share", "heads partly over heads", share}, Mark::covered},
    {{"head_over_body_share", "  over slider bodies", share}, Mark::head_over_body},
    {{"body_over_share", "slider bodies over objects", share}, Mark::body_over},
    {{"edge_share", "heads within 8 px of an edge", share}, Mark::near_edge},
    {{"on_edge_share", "  exactly on it", share}, Mark::on_edge},
    {{"stream_turn_change_deg", "streams, change of turn", degrees}, Mark::stream_turn_change},
    {{"stream_bend_flip_share", "  bends that flip side", share}, Mark::stream_bend_flip},
    {{"symmetry_share", "four jumps mirrored", share}, Mark::mirror},
    {{"point_symmetry_share", "  point-symmetric", share}, Mark::point_mirror},
    {{"equal_angle_share", "jump angles like the one before", share}, Mark::equal_angle},
    {{"parallel_share", "equal sliders parallel", share}, Mark::parallel_slider},
    {{"blanket_share", "curved sliders that blanket", share}, Mark::blanket},
    {{"spot_reuse_share", "heads on an earlier spot", share}, Mark::spot_again},
    {{"near_miss_share", "  beside one by a little", share}, Mark::spot_missed},
    {{"repeat_kept_share", "repeats of the source kept", share}, Mark::repeat_kept},
    {{"repeat_last_share", "four objects repeat the last", share}, Mark::repeats_last_four},
};

double median_change(const MarkSums& sums) {
    const auto& bins = sums.turn_changes;
    double left = std::accumulate(bins.begin(), bins.end(), 0.0) / 2;
    if (!(left > 0)) return std::numeric_limits<double>::quiet_NaN();
    size_t bin = 0;
    while (left > bins[bin]) left -= bins[bin++];
    return (static_cast<double>(bin) + left / bins[bin]) / 2;
}

std::vector<double> values(const MarkSums& sums) {
    std::vector<double> out;
    for (const MarkFigure& figure : mark_figures) {
        const auto mark = static_cast<size_t>(figure.mark);
        out.push_back(figure.mark == Mark::stream_turn_change ? median_change(sums)
                                                              : sums.sum[mark] / sums.objects[mark]);
    }
    return out;
}

}  // namespace

MarkSums& MarkSums::operator+=(const Marks& marks) {
    for (const MarksOfObject& object : marks) {
        for (size_t mark = 0; mark < mark_count; ++mark) {
            if (std::isnan(object[mark])) continue;
            sum[mark] += object[mark];
            objects[mark] += 1;
        }
        const float change = object[static_cast<size_t>(Mark::stream_turn_change)];
        if (!std::isnan(change)) turn_changes[static_cast<size_t>(2 * change)] += 1;
    }
    return *this;
}

MarkSums& MarkSums::operator+=(const MarkSums& other) {
    for (size_t mark = 0; mark < mark_count; ++mark) {
        sum[mark] += other.sum[mark];
        objects[mark] += other.objects[mark];
    }
    for (size_t bin = 0; bin < turn_changes.size(); ++bin) turn_changes[bin] += other.turn_changes[bin];
    return *this;
}

std::span<const FigureKind> mapper_figure_kinds() {
    static const std::vector<FigureKind> kinds = [] {
        std::vector<FigureKind> all;
        for (const MarkFigure& figure : mark_figures) all.push_back(figure.kind);
        return all;
    }();
    return kinds;
}

std::vector<Figure> mapper_figures(std::span<const MarkSums> maps, int resamples) {
    std::vector<std::vector<double>> columns(std::size(mark_figures));
    for (int i = 0; i < resamples; ++i) {
        MarkSums drawn;
        const std::vector<uint32_t> times = resample(maps.size(), static_cast<uint64_t>(i));
        for (size_t map = 0; map < maps.size(); ++map)
            for (uint32_t n = 0; n < times[map]; ++n) drawn += maps[map];
        const std::vector<double> row = values(drawn);
        for (size_t k = 0; k < row.size(); ++k) columns[k].push_back(row[k]);
    }
    MarkSums all;
    for (const MarkSums& map : maps) all += map;
    const std::vector<double> whole = values(all);
    std::vector<Figure> out;
    for (size_t k = 0; k < whole.size(); ++k) out.push_back(with_interval(whole[k], std::move(columns[k])));
    return out;
}

}  // namespace osu
