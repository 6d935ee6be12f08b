#include "sampling/structure.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace osu {

namespace {

constexpr size_t window = 8;          // objects that make a repeat; any longer one is taken whole
constexpr size_t echo = 4;            // objects that are repeated at once
constexpr size_t farthest = 4000;     // objects to look back: no map of people's has more
constexpr double same_time = 16;      // ms
constexpr double longest_gap = 1000;  // ms between objects that belong together
constexpr double repeat_rms = 15;     // px between heads of parts that a mapper made alike
// That a part is tied to: tied to one alone, copies of copies take many rounds to become alike.
constexpr size_t most_earlier_parts = 6;
constexpr double echo_share = 0.12;    // of their extent, the same for parts that follow one another …
constexpr double least_echo = 45;      // px, … and that are as large as this
constexpr double slider_rms = 6;       // px between anchors of sliders of one shape
constexpr double shape_rms = 12;       // px, the same within parts that are alike
constexpr size_t sliders_between = 4;  // objects from a slider to the one that it is like
constexpr int rounds = 8;              // of averaging: copies of copies
constexpr double spot_again = 3000;    // ms until a spot is forgotten
constexpr float spot_within = 1.5f;    // px
// A spot is held where the way back to it is short and not one of a stream: what lies between must close to a
// ring, and streams and repeats lose their shape to long ones.
constexpr size_t spot_objects = 8;
constexpr double stream_gap = 130;  // ms

// What a datapoint is to a rhythm: a new combo is no part of it.
uint8_t kind(uint8_t type) {
    switch (static_cast<PointType>(type)) {
        case PointType::circle_new_combo: return static_cast<uint8_t>(PointType::circle);
        case PointType::slider_head_new_combo: return static_cast<uint8_t>(PointType::slider_head);
        default: return type;
    }
}

struct Centres {
    Vec2 from, to;
};
Centres centres_of(std::span<const Vec2> position, const Structure::Tie& tie) {
    Centres sum{};
    for (const auto& [from, to] : tie.points) {
        sum.from = sum.from + position[from];
        sum.to = sum.to + position[to];
    }
    const float share = 1 / static_cast<float>(tie.points.size());
    return {sum.from * share, sum.to * share};
}

struct Agreement {
    double rms = 0, extent = 0;  // px: what is left between the parts, and how large they are
};

// Fills in the best rotation, or mirroring and rotation.
Agreement align(std::span<const Vec2> position, Structure::Tie& tie) {
    const Centres centre = centres_of(position, tie);
    Procrustes pairs;
    for (const auto& [from, to] : tie.points)
        pairs.add(position[from] - centre.from, position[to] - centre.to);
    tie.rotation = pairs.best(true);
    const auto count = static_cast<double>(tie.points.size());
    return {std::sqrt(pairs.squares_left(tie.rotation) / count),
            std::sqrt(pairs.squares_of_targets() / count)};
}

}  // namespace

Structure::Structure(const Datapoints& map, std::span<const uint8_t> fixed)
    : fixed_(fixed.begin(), fixed.end()),
      position_(map.position.begin(), map.position.end()),
      sum_(map.size()),
      weight_(map.size()) {
    assert(map.position.size() == map.size());
    for (uint32_t i = 0; i < map.size(); i = objects_.back().end) {
        const bool slider = is_slider_head(static_cast<PointType>(map.type[i]));
        objects_.push_back({i, slider ? static_cast<uint32_t>(slider_end(map.type, i)) : i + 1});
    }
    find_repeats(map);
    find_echoes(map);
    find_sliders(map);
    tie_heads();
    tied_.assign(map.size(), 0);
    for (const Tie& tie : ties_)
        for (const auto& [from, to] : tie.points) tied_[from] = tied_[to] = 1;
}

// Whether object b is to the one before it what a is: of its kind, and as long after it. What stays is like
// nothing.
bool Structure::alike(const Datapoints& map, size_t a, size_t b, bool first) const {
    if (stays(a) || stays(b)) return false;
    const auto of_object = [&](size_t i) { return kind(map.type[objects_[i].first]); };
    if (of_object(a) != of_object(b)) return false;
    const auto gap = [&](size_t i) { return map.time[objects_[i].first] - map.time[objects_[i - 1].first]; };
    return first || std::abs(gap(a) - gap(b)) <= same_time;
}

// Two sliders of one shape, by all their datapoints; else none.
Structure::Tie Structure::tie_shapes(const Datapoints& map, const Object& a, const Object& b) const {
    Tie tie;
    if (a.end - a.first != b.end - b.first) return {};
    for (uint32_t k = 0; k < a.end - a.first; ++k) {
        if (kind(map.type[a.first + k]) != kind(map.type[b.first + k])) return {};
        tie.points.push_back({a.first + k, b.first + k});
    }
    return align(map.position, tie).rms <= slider_rms ? tie : Tie{};
}

// Objects from `from` and from `to` on, by their heads; sliders with all their anchors where those agree,
// too. Those that the mapper turned by themselves keep their shape, each about its own centre.
void Structure::tie_parts(const Datapoints& map, size_t from, size_t to, size_t count) {
    Tie tie;
    for (size_t i = 0; i < count; ++i)
        tie.points.push_back({objects_[from + i].first, objects_[to + i].first});
    align(map.position, tie);
    for (size_t i = 0; i < count; ++i) {
        const Object &a = objects_[from + i], &b = objects_[to + i];
        if (a.end - a.first == 1 || a.end - a.first != b.end - b.first) continue;
        bool agree = true;
        for (uint32_t k = 1; agree && k < a.end - a.first; ++k) {
            const Vec2 p = map.position[a.first + k] - map.position[a.first];
            const Vec2 q = map.position[b.first + k] - map.position[b.first];
            agree =
                map.type[a.first + k] == map.type[b.first + k] && length(tie.rotation(p) - q) <= shape_rms;
        }
        for (uint32_t k = 1; agree && k < a.end - a.first; ++k)
            tie.points.push_back({a.first + k, b.first + k});
        if (Tie shapes = agree ? Tie{} : tie_shapes(map, a, b); !shapes.points.empty())
            ties_.push_back(std::move(shapes));
    }
    ties_.push_back(std::move(tie));
}

// Whether the first heads agree at least nearly: without that no longer part will, and most that have the
// same rhythm do not, in a map that has one rhythm alone.
bool Structure::begin_alike(const Datapoints& map, size_t from, size_t to) const {
    Tie heads;
    for (size_t i = 0; i < window; ++i)
        heads.points.push_back({objects_[from + i].first, objects_[to + i].first});
    return align(map.position, heads).rms <= 2 * repeat_rms;
}

// How many objects from `earlier` and from `later` on are alike, at least `window`; else 0.
size_t Structure::repeat_length(const Datapoints& map, size_t earlier, size_t later) const {
    const auto goes_on = [&](size_t length) {
        return earlier + length < later && later + length < objects_.size() &&
               alike(map, earlier + length, later + length, length == 0);
    };
    size_t length = 0;
    while (length < window && goes_on(length)) ++length;
    if (length < window || !begin_alike(map, earlier, later)) return 0;
    while (goes_on(length)) ++length;
    for (; length >= window; length -= std::max<size_t>(1, length / 8)) {
        Tie heads;
        for (size_t i = 0; i < length; ++i)
            heads.points.push_back({objects_[earlier + i].first, objects_[later + i].first});
        if (align(map.position, heads).rms <= repeat_rms) return length;
    }
    return 0;
}

// From the front: each part is tied to the longest that came before it and is like it, of equally long ones
// to the first, so that the copies of a chorus hang together; and to the last few of the others.
void Structure::find_repeats(const Datapoints& map) {
    const size_t count = objects_.size();
    struct Part {
        size_t first, length;
    };
    std::vector<Part> parts;
    for (size_t later = window; later + window <= count;) {
        parts.clear();
        size_t longest = 0;
        for (size_t earlier = later > farthest ? later - farthest : 0; earlier + window <= later; ++earlier)
            if (const size_t length = repeat_length(map, earlier, later); length > 0) {
                if (parts.empty() || length > parts[longest].length) longest = parts.size();
                parts.push_back({earlier, length});
            }
        if (parts.empty()) {
            ++later;
            continue;
        }
        // The next part may begin within this one: eight objects over a seam are alike, too.
        const size_t on = std::max<size_t>(parts[longest].length - (window - 1), 1);
        tie_parts(map, parts[longest].first, later, parts[longest].length);
        parts.erase(parts.begin() + static_cast<ptrdiff_t>(longest));
        const size_t others = std::min(parts.size(), most_earlier_parts - 1);
        for (const Part& part : std::span(parts).last(others)) tie_parts(map, part.first, later, part.length);
        later += on;
    }
}

// Figures that are made again at once.
void Structure::find_echoes(const Datapoints& map) {
    const auto gap = [&](size_t i) {
        return map.time[objects_[i].first] - map.time[objects_[i - 1].end - 1];
    };
    for (size_t to = echo; to + echo <= objects_.size(); ++to) {
        const size_t from = to - echo;
        bool same = gap(to) <= longest_gap;
        for (size_t i = 0; same && i < echo; ++i)
            same = alike(map, from + i, to + i, i == 0) && (i == 0 || gap(to + i) <= longest_gap);
        if (!same) continue;
        Tie heads;
        for (size_t i = 0; i < echo; ++i)
            heads.points.push_back({objects_[from + i].first, objects_[to + i].first});
        const Agreement agreement = align(map.position, heads);
        if (agreement.extent >= least_echo && agreement.rms <= echo_share * agreement.extent)
            tie_parts(map, from, to, echo);
    }
}

void Structure::find_sliders(const Datapoints& map) {
    size_t before = objects_.size();
    for (size_t i = 0; i < objects_.size(); ++i) {
        const Object& slider = objects_[i];
        if (!is_slider_head(static_cast<PointType>(map.type[slider.first]))) continue;
        if (before < i && i - before <= sliders_between && !stays(before) && !stays(i))
            if (Tie tie = tie_shapes(map, objects_[before], slider); !tie.points.empty())
                ties_.push_back(std::move(tie));
        before = i;
    }
}

void Structure::tie_heads() {
    std::vector<uint8_t> head(position_.size());
    for (const Object& object : objects_) head[object.first] = 1;
    for (Tie tie : ties_) {
        std::erase_if(tie.points, [&](const auto& pair) { return !head[pair.first]; });
        if (tie.points.size() > 1) head_ties_.push_back(std::move(tie));
    }
}

std::vector<Folding::Copies> Structure::parts(std::span<const uint32_t> kept) const {
    std::vector<uint32_t> among(position_.size());
    for (uint32_t i = 0; i < kept.size(); ++i) among[kept[i]] = i;
    std::vector<Folding::Copies> parts;
    for (const Tie& tie : head_ties_) {
        const auto [from, to] = tie.points.front();
        parts.push_back({among[from], among[to], static_cast<uint32_t>(tie.points.size())});
    }
    return parts;
}

void Structure::average(const std::vector<Tie>& ties) {
    sum_ = position_;
    std::fill(weight_.begin(), weight_.end(), 1.0f);
    for (const Tie& tie : ties) {
        const Centres centre = centres_of(position_, tie);
        for (const auto& [a, b] : tie.points) {
            sum_[b] = sum_[b] + centre.to + tie.rotation(position_[a] - centre.from);
            sum_[a] = sum_[a] + centre.from + tie.rotation.back(position_[b] - centre.to);
            ++weight_[a];
            ++weight_[b];
        }
    }
    for (size_t i = 0; i < position_.size(); ++i) position_[i] = sum_[i] * (1 / weight_[i]);
}

void Structure::take(std::span<const float> x, std::span<const uint32_t> kept) {
    const size_t count = kept.empty() ? position_.size() : kept.size();
    assert(x.size() == 2 * count);
    for (size_t i = 0; i < count; ++i)
        position_[kept.empty() ? i : kept[i]] = {x[i] * playfield_size.x, x[count + i] * playfield_size.y};
}

void Structure::put(std::span<float> x, std::span<const uint32_t> kept) const {
    const size_t count = x.size() / 2;
    for (size_t i = 0; i < count; ++i) {
        const size_t in_map = kept.empty() ? i : kept[i];
        if (!fixed_.empty() && fixed_[in_map]) continue;
        x[i] = position_[in_map].x / playfield_size.x;
        x[count + i] = position_[in_map].y / playfield_size.y;
    }
}

void Structure::apply(std::span<float> x, std::span<const uint32_t> kept) {
    if (ties_.empty()) return;
    take(x, kept);
    const std::vector<Vec2> before = position_;
    for (int round = 0; round < rounds; ++round) average(ties_);
    for (const Object& object : objects_)
        for (uint32_t i = object.first + 1; i < object.end; ++i)
            if (!tied_[i]) position_[i] = position_[i] + position_[object.first] - before[object.first];
    put(x, kept);
}

void Structure::align_heads(std::span<float> x, std::span<const uint32_t> kept) {
    if (head_ties_.empty()) return;
    take(x, kept);
    for (int round = 0; round < rounds; ++round) average(head_ties_);
    put(x, kept);
}

std::vector<int32_t> shared_spots(const Datapoints& map, std::span<const uint8_t> fixed) {
    std::vector<int32_t> spot(map.size(), -1);
    std::vector<uint32_t> heads;
    for (uint32_t i = 0; i < map.size();) {
        const auto type = static_cast<PointType>(map.type[i]);
        const uint32_t head = i;
        i = is_slider_head(type) ? static_cast<uint32_t>(slider_end(map.type, i)) : i + 1;
        if ((!fixed.empty() && fixed[head]) || type == PointType::spinner_start ||
            type == PointType::spinner_end)
            continue;
        const bool stream = !heads.empty() && map.time[head] - map.time[heads.back()] <= stream_gap;
        const size_t least = heads.size() > spot_objects ? heads.size() - spot_objects : 0;
        for (size_t k = stream ? 0 : heads.size();
             k-- > least && map.time[head] - map.time[heads[k]] <= spot_again;) {
            if (length(map.position[head] - map.position[heads[k]]) > spot_within) continue;
            int32_t& first = spot[heads[k]];
            if (first < 0) first = static_cast<int32_t>(heads[k]);
            spot[head] = first;
            break;
        }
        heads.push_back(head);
    }
    return spot;
}

}  // namespace osu
