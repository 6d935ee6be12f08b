#include "beatmap/game_positions.h"

#include <algorithm>
#include <cmath>

#include "beatmap/slider_path.h"

namespace osu {
namespace {

constexpr float stack_distance = 3;               // px between objects that stack
constexpr float stack_step = -6.4f;               // px for each height, at scale 1
constexpr double tail_leniency = 36;              // ms
constexpr double tick_length_limit = 1e5;         // px of path that get ticks
constexpr size_t inner_points_per_map = 1 << 20;  // ticks and repeats; bounds a hostile map
constexpr Vec2 playfield_centre{256, 192};

float distance(Vec2 a, Vec2 b) {
    return std::hypot(a.x - b.x, a.y - b.y);
}

struct StackObject {
    ObjectKind kind;
    double start, end;  // ms
    Vec2 position, tail;
    int height = 0;
    bool spinner() const { return kind == ObjectKind::spinner || kind == ObjectKind::hold; }
    bool slider() const { return kind == ObjectKind::slider; }
};
using StackObjects = std::vector<StackObject>;

// Format 6 and later: from the last object back, each one looks for those before it that it covers.
class Stacker {
  public:
    Stacker(StackObjects& objects, float threshold) : objects_(objects), threshold_(threshold) {}

    void run() {
        for (size_t i = objects_.size(); i-- > 1;) {
            if (objects_[i].height != 0 || objects_[i].spinner()) continue;
            objects_[i].slider() ? stack_on_slider(i) : stack_on_circle(i);
        }
    }

  private:
    StackObjects& objects_;
    const float threshold_;  // ms

    void stack_on_circle(const size_t i) {
        size_t top = i;
        for (size_t n = i; n-- > 0;) {
            StackObject& before = objects_[n];
            if (before.spinner()) continue;
            // Whole milliseconds: the older game counts in them.
            if (std::trunc(objects_[top].start) - std::trunc(before.end) > threshold_) break;
            if (before.slider() && distance(before.tail, objects_[top].position) < stack_distance) {
                push_below(n, i, objects_[top].height - before.height + 1);
                break;
            }
            if (distance(before.position, objects_[top].position) < stack_distance) {
                before.height = objects_[top].height + 1;
                top = n;
            }
        }
    }

    // Circles at a slider's end lie below it: they move down and right instead of up and left.
    void push_below(size_t slider, size_t last, int offset) {
        for (size_t j = slider + 1; j <= last; ++j) {
            if (distance(objects_[slider].tail, objects_[j].position) < stack_distance)
                objects_[j].height -= offset;
        }
    }

    void stack_on_slider(size_t top) {
        for (size_t n = top; n-- > 0;) {
            StackObject& before = objects_[n];
            if (before.spinner()) continue;
            if (objects_[top].start - before.start > threshold_) break;
            if (distance(before.tail, objects_[top].position) < stack_distance) {
                before.height = objects_[top].height + 1;
                top = n;
            }
        }
    }
};

// Formats 3 to 5: from the first object on. `tail` is the end of the first span here.
void stack_old(StackObjects& objects, float threshold) {
    for (size_t i = 0; i < objects.size(); ++i) {
        StackObject& current = objects[i];
        if (current.height != 0 && !current.slider()) continue;
        double reach = current.end;
        int below = 0;
        for (size_t j = i + 1; j < objects.size() && objects[j].start - threshold <= reach; ++j) {
            if (distance(objects[j].position, current.position) < stack_distance) {
                ++current.height;
            } else if (distance(objects[j].position, current.tail) < stack_distance) {
                objects[j].height -= ++below;
            } else {
                continue;
            }
            reach = objects[j].start;
        }
    }
}

// px of path between ticks; 0: no ticks.
double tick_distance(const Beatmap& map, const HitObject& slider, double velocity) {
    // A green line whose beat length is NaN means that sliders have no ticks.
    const auto& lines = map.velocity_lines;
    const auto after =
        std::upper_bound(lines.begin(), lines.end(), slider.start_time,
                         [&](double time, uint32_t line) { return time < map.timing_points[line].time; });
    if (after != lines.begin() && std::isnan(map.timing_points[*(after - 1)].beat_length)) return 0;
    const double distance =
        velocity * map.beat_length_at(slider.start_time) / map.difficulty.slider_tick_rate;
    // Before format 8 ticks keep their distance where green lines change the speed.
    return map.format_version < 8 ? distance / slider.slider_velocity : distance;
}

class PointWriter {
  public:
    PointWriter(const Beatmap& map, std::vector<GamePoint>& out) : map_(map), out_(out) {}

    void slider(uint32_t index, Vec2 offset) {
        const HitObject& object = map_.objects[index];
        path_.assign(map_, object);
        const double start = object.start_time, span = object.span_duration,
                     duration = span * object.span_count;
        const double velocity = span > 0 ? path_.length() / span : 0;  // px/ms
        const double length = std::min(tick_length_limit, path_.length());
        const auto put = [&](GamePointKind kind, double time, double progress) {
            out_.push_back({kind, index, time, time, path_.position_at(progress) + offset});
        };
        put(GamePointKind::slider_head, start, 0);
        const double step = std::min(tick_distance(map_, object, velocity), length),
                     end = length - 10 * velocity;
        for (int s = 0; s < object.span_count && written_ < inner_points_per_map; ++s) {
            const double span_start = start + s * span;
            ticks_.clear();
            for (double d = step; step > 0 && d < end && written_ < inner_points_per_map;
                 d += step, ++written_) {
                ticks_.push_back(d / length);
            }
            if (s % 2 == 1) std::reverse(ticks_.begin(), ticks_.end());
            for (const double progress : ticks_) {
                put(GamePointKind::slider_tick, span_start + (s % 2 == 1 ? 1 - progress : progress) * span,
                    progress);
            }
            if (s + 1 < object.span_count) {
                put(GamePointKind::slider_repeat, span_start + span, (s + 1) % 2);
                ++written_;
            }
        }
        put(GamePointKind::slider_tail, std::max(start + duration / 2, start + duration - tail_leniency),
            object.span_count % 2);
    }

  private:
    const Beatmap& map_;
    std::vector<GamePoint>& out_;
    SliderPath path_;
    std::vector<double> ticks_;
    size_t written_ = 0;
};

}  // namespace

float circle_scale(const Difficulty& difficulty) {
    // The last factor is the game's own, for circles as old replays saw them.
    const float scale = (1.0f - 0.7f * (std::clamp(difficulty.cs, 0.0f, 10.0f) - 5) / 5) / 2 * 1.00041f;
    return std::max(0.0f, scale);
}

int approach_time(const Difficulty& difficulty) {
    const double ar = std::clamp(difficulty.ar, 0.0f, 10.0f);
    return static_cast<int>(ar > 5 ? 1200 - 750 * (ar - 5) / 5 : 1200 + 600 * (5 - ar) / 5);
}

std::vector<Vec2> stack_offsets(const Beatmap& map) {
    StackObjects objects;
    objects.reserve(map.objects.size());
    SliderPath path;
    const bool old = map.format_version < 6;
    for (const HitObject& object : map.objects) {
        StackObject stacked{object.kind, object.start_time, object.end_time, object.position,
                            object.position};
        if (object.kind == ObjectKind::slider) {
            path.assign(map, object);
            stacked.tail = path.position_at(old || object.span_count % 2 == 1 ? 1 : 0);
        }
        objects.push_back(stacked);
    }
    const auto threshold =
        static_cast<float>(approach_time(map.difficulty) * static_cast<float>(map.stack_leniency));
    if (old) {
        stack_old(objects, threshold);
    } else {
        Stacker(objects, threshold).run();
    }
    std::vector<Vec2> offsets;
    offsets.reserve(objects.size());
    const float scale = circle_scale(map.difficulty);
    for (const StackObject& object : objects) {
        const float offset = static_cast<float>(object.height) * scale * stack_step;
        offsets.push_back({offset, offset});
    }
    return offsets;
}

std::vector<GamePoint> game_points(const Beatmap& map) {
    const std::vector<Vec2> offsets = stack_offsets(map);
    std::vector<GamePoint> points;
    PointWriter writer(map, points);
    for (uint32_t i = 0; i < map.objects.size(); ++i) {
        const HitObject& object = map.objects[i];
        switch (object.kind) {
            case ObjectKind::slider: writer.slider(i, offsets[i]); break;
            case ObjectKind::circle:
                points.push_back({GamePointKind::circle, i, object.start_time, object.start_time,
                                  object.position + offsets[i]});
                break;
            default:
                points.push_back(
                    {GamePointKind::spinner, i, object.start_time, object.end_time, playfield_centre});
        }
    }
    return points;
}

}  // namespace osu
