#include "evaluation/style.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "sequence/sequence_path.h"

namespace osu {

namespace {

constexpr double prior = 30;     // choices of all mappers, added to a mapper's own of each row
constexpr double unseen = 0.5;   // added to each cell of those of all
constexpr float least_step = 2;  // px: less has no direction

enum Choice : uint8_t { turn, place, direction, shape, entering, leaving, orientation };
struct Family {
    size_t rows, cells;
};
constexpr Family families[] = {{flow_kinds * 3, angle_bins}, {2, 12}, {2, 6}, {3, 6}, {1, 6}, {1, 6}, {1, 6}};

// How many of the steps the value has reached.
size_t level(double value, std::initializer_list<double> steps) {
    return static_cast<size_t>(
        std::count_if(steps.begin(), steps.end(), [=](double step) { return value >= step; }));
}

class Counter {
  public:
    Counter() {
        for (const Family& family : families) {
            first_.push_back(counts_.size());
            counts_.resize(counts_.size() + family.rows * family.cells);
        }
    }

    void add(Choice choice, size_t row, size_t cell) {
        counts_[first_[choice] + row * families[choice].cells + cell] += 1;
    }
    // From along x to along y; a mirrored map has the same.
    void add_direction(Choice choice, size_t row, Vec2 step) {
        if (length(step) < least_step) return;
        add_angle(choice, row, std::atan2(std::abs(step.y), std::abs(step.x)) / (std::numbers::pi / 2));
    }
    // From straight on to straight back.
    void add_bend(Choice choice, Vec2 from, Vec2 to) {
        if (length(from) < least_step || length(to) < least_step) return;
        const float cosine = (from.x * to.x + from.y * to.y) / (length(from) * length(to));
        add_angle(choice, 0, std::acos(std::clamp(cosine, -1.0f, 1.0f)) / std::numbers::pi);
    }
    StyleCounts counts() { return std::move(counts_); }

  private:
    std::vector<size_t> first_;  // cell of each family
    StyleCounts counts_;
    void add_angle(Choice choice, size_t row, double share) {
        const size_t cells = families[choice].cells;
        add(choice, row, std::min(cells - 1, static_cast<size_t>(share * static_cast<double>(cells))));
    }
};

void count_places(const Datapoints& map, const Plan& plan, std::span<const Vec2> position, Counter& out) {
    for (size_t i = 0; i < plan.objects.size(); ++i) {
        const PlannedObject& object = plan.objects[i];
        if (object.kind == ObjectKind::spinner) continue;
        const Vec2 at = position[object.first], off = at - playfield_size * 0.5f;
        const size_t column = level(std::abs(off.x), {64, 128, 192}), row = level(std::abs(off.y), {64, 128});
        out.add(place, object.kind == ObjectKind::slider, 3 * column + row);
        if (i == 0 || plan.objects[i - 1].kind == ObjectKind::spinner) continue;
        const uint32_t from = plan.objects[i - 1].leave;
        const bool far = length(map.position[object.first] - map.position[from]) > 2 * circle_radius;
        out.add_direction(direction, far, at - position[from]);
    }
}

void count_sliders(const Datapoints& map, const Plan& plan, std::span<const Vec2> position, Counter& out) {
    SliderPath path;
    const auto is_spinner = [&](size_t i) { return plan.objects[i].kind == ObjectKind::spinner; };
    for (size_t i = 0; i < plan.objects.size(); ++i) {
        const PlannedObject& slider = plan.objects[i];
        if (slider.kind != ObjectKind::slider || slider.needed_length < 2 * least_step) continue;
        const size_t count = slider.end - slider.first;
        assign_path(path, map.type.subspan(slider.first, count), position.subspan(slider.first, count),
                    slider.needed_length);
        if (!(path.length() > 0)) continue;
        const Vec2 head = path.position_at(0), end = path.position_at(1);
        out.add(shape, level(slider.needed_length, {80, 160}),
                level(length(end - head) / path.length(), {0.5, 0.75, 0.9, 0.97, 0.995}));
        out.add_direction(orientation, 0, end - head);
        if (i > 0 && !is_spinner(i - 1))
            out.add_bend(entering, head - position[plan.objects[i - 1].leave], path.position_at(0.2) - head);
        if (slider.leave != slider.first && i + 1 < plan.objects.size() && !is_spinner(i + 1))
            out.add_bend(leaving, end - path.position_at(0.8), position[plan.objects[i + 1].first] - end);
    }
}

StyleCounts& operator+=(StyleCounts& a, const StyleCounts& b) {
    for (size_t i = 0; i < a.size(); ++i) a[i] += b[i];
    return a;
}

size_t rank(const std::vector<double>& scores, size_t own) {
    return static_cast<size_t>(
        std::count_if(scores.begin(), scores.end(), [&](double score) { return score >= scores[own]; }) - 1);
}

}  // namespace

StyleCounts count_style(const Datapoints& map, const Plan& plan, std::span<const Vec2> position) {
    Counter out;
    const std::vector<uint8_t> bins = turn_bins(plan, position);
    for (size_t i = 0; i < bins.size(); ++i) {
        if (bins[i] == no_turn) continue;
        const PlannedTurn& at = plan.turns[i];
        const float away = length(map.position[plan.objects[at.object + 1].first] -
                                  map.position[plan.objects[at.object].leave]);
        out.add(turn, 3 * static_cast<size_t>(at.kind) + level(away, {100, 200}), bins[i]);
    }
    count_places(map, plan, position, out);
    count_sliders(map, plan, position, out);
    return out.counts();
}

StyleJudge::StyleJudge(std::vector<RealStyle> maps) : maps_(std::move(maps)) {
    all_.assign(maps_.front().counts.size(), 0);
    for (const RealStyle& map : maps_) {
        if (totals_.size() <= map.mapper) totals_.resize(map.mapper + 1, StyleCounts(all_.size()));
        totals_[map.mapper] += map.counts;
        all_ += map.counts;
    }
}

std::vector<double> StyleJudge::scores(const StyleCounts& map, const RealStyle* left_out) const {
    std::vector<double> out;
    for (size_t mapper = 0; mapper < totals_.size(); ++mapper) {
        const auto forgotten = [&](size_t i) { return left_out ? left_out->counts[i] : 0; };
        const auto own = [&](size_t i) {
            return totals_[mapper][i] - (left_out && left_out->mapper == mapper ? forgotten(i) : 0);
        };
        double score = 0;
        size_t first = 0;
        for (const Family& family : families) {
            for (const size_t end = first + family.rows * family.cells; first < end; first += family.cells) {
                double own_sum = 0, sum = unseen * static_cast<double>(family.cells);
                for (size_t i = first; i < first + family.cells; ++i) {
                    own_sum += own(i);
                    sum += all_[i] - forgotten(i);
                }
                for (size_t i = first; i < first + family.cells; ++i) {
                    const double usual = (all_[i] - forgotten(i) + unseen) / sum;
                    score += map[i] * std::log((own(i) + prior * usual) / (own_sum + prior) / usual);
                }
            }
        }
        out.push_back(score);
    }
    return out;
}

std::vector<size_t> StyleJudge::ranks_of_real() const {
    std::vector<size_t> out;
    for (const RealStyle& map : maps_) out.push_back(rank(scores(map.counts, &map), map.mapper));
    return out;
}

std::vector<size_t> StyleJudge::ranks(std::span<const StyleCounts> placed) const {
    std::vector<std::vector<double>> all;
    std::vector<double> common(mappers());
    for (const StyleCounts& map : placed) {
        all.push_back(scores(map, nullptr));
        for (size_t i = 0; i < common.size(); ++i)
            common[i] += all.back()[i] / static_cast<double>(placed.size());
    }
    std::vector<size_t> out;
    for (size_t mapper = 0; mapper < all.size(); ++mapper) {
        for (size_t i = 0; i < common.size(); ++i) all[mapper][i] -= common[i];
        out.push_back(rank(all[mapper], mapper));
    }
    return out;
}

}  // namespace osu
